/** Live things in a run: saved as descriptions, opened again once each before a restored run goes on. */
import {
	CLOSE,
	Continuation,
	createEngine,
	currentEffect,
	decodeLog,
	encode,
	encodeLog,
	MARSHAL,
	type Outcome,
	ResourceError,
	replay,
	resource,
	run,
	UNMARSHAL,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { compile } from '../../support/compile.ts';

const events: string[] = [];
let broken: string | null = null;
let made = 0;

class Connection {
	readonly url: string;
	readonly number = ++made;
	open = true;
	private constructor(url: string) {
		this.url = url;
	}
	static to(url: string): Connection {
		return new Connection(url);
	}
	query(text: string): string {
		if (!this.open) throw new Error('the connection is closed');
		return `${text} at ${this.url}`;
	}
}
resource(Connection, {
	marshal: ({ url }) => ({ url }),
	async unmarshal({ url }: { url: string }) {
		await null;
		if (broken !== null) throw new TypeError(broken);
		events.push(`open ${url}`);
		return Connection.to(url);
	},
	close(connection) {
		connection.open = false;
		events.push(`close ${connection.url}`);
	},
	id: 'test#Connection',
});

class File {
	readonly path: string;
	constructor(path: string) {
		this.path = path;
	}
	static [MARSHAL](file: File) {
		return file.path;
	}
	static [UNMARSHAL](path: string) {
		events.push(`open ${path}`);
		return new File(path);
	}
	static [CLOSE](file: File) {
		events.push(`close ${file.path}`);
	}
}
resource(File);

class Pool {
	readonly to: Connection;
	partner: Pool | null = null;
	constructor(to: Connection) {
		this.to = to;
	}
}
resource(Pool, {
	marshal: ({ to, partner }) => ({ to, partner }),
	unmarshal: async ({ to }: { to: Connection }) => new Pool((to.query('pooled'), to)),
	close: () => events.push('close pool'),
});

const passed: unknown[] = [];
const { exports } = compile(
	`
	import { suspend } from '@perdure/runtime';
	import { ask, check, connect, fail, Pool, File, key } from '#world';
	export async function twice(url) {
		'use durable';
		const c = await connect(url);
		const holders = { first: c, list: [c], map: new Map([['c', c]]) };
		const show = () => c.query('shown');
		const name = await suspend();
		return [holders.first === c, holders.list[0] === c, holders.map.get('c') === c, c.query(name), show(), await ask(c, 'asked')];
	}
	export async function files() {
		'use durable';
		const [a, b] = [new File('a'), new File('b')];
		await suspend();
		return [a.path, b.path, a instanceof File];
	}
	export async function failing(url) {
		'use durable';
		const c = await connect(url);
		await suspend();
		await fail(c);
	}
	export async function keyed(url) {
		'use durable';
		const c = await connect(url);
		await suspend();
		return [c.url, await key()];
	}
	export async function pools(url) {
		'use durable';
		const [a, b] = [new Pool(await connect(url)), new Pool(await connect('other'))];
		const again = [a.to];
		const tied = await suspend();
		if (tied) a.partner = b, b.partner = a;
		if (tied) await suspend();
		return [a.to === again[0], a.to.query('asked'), b.to.query('asked')];
	}
	export async function checks(url) {
		'use durable';
		await suspend();
		const c = await connect(url);
		check(c);
		return await ask(c, 'checked');
	}
	export async function given(c) {
		'use durable';
		await suspend();
		return c.query('given');
	}
`,
	{
		'#world': {
			File,
			Pool,
			connect: async (url: string) => Connection.to(url),
			key: async () => currentEffect().key,
			check: (c: Connection) => {
				if (broken !== null) throw new RangeError(c.query(broken));
			},
			ask: async (c: Connection, text: string) => {
				passed.push(c);
				return c.query(text);
			},
			fail: async (c: Connection) => {
				throw new RangeError(c.query('failed'));
			},
		},
	},
) as { exports: Record<string, any> };

afterEach(() => {
	events.length = 0;
	passed.length = 0;
	broken = null;
});

async function suspended(outcome: Promise<Outcome<unknown>>): Promise<Continuation<unknown>> {
	const found = await outcome;
	if (found.status !== 'suspended') throw new Error(`${found.status} ${String((found as { error?: unknown }).error)}`);
	return found.continuation;
}

const ANSWERED = [true, true, true, 'hello at db', 'shown at db', 'asked at db'];

describe('a continuation', () => {
	it('opens it once, for all who hold it, and closes it when the run is over', async () => {
		const c = await suspended(run(exports['twice'], ['db']));
		const restored = Continuation.fromBytes(c.toBytes());
		expect(events).toEqual([]);
		expect(await restored.resume('hello')).toMatchObject({ status: 'completed', value: ANSWERED });
		expect(events).toEqual(['open db', 'close db']);
	});

	it('each copy has one of its own', async () => {
		const c = Continuation.fromBytes((await suspended(run(exports['twice'], ['db']))).toBytes());
		await Promise.all([c.resume('hello'), c.resume('hello')]);
		expect(events.filter((event) => event === 'open db')).toHaveLength(2);
		expect(passed[0]).not.toBe(passed[1]);
	});

	it('looking at it, its bytes and its forks open nothing', async () => {
		const c = Continuation.fromBytes((await suspended(run(exports['twice'], ['db']))).toBytes());
		expect(c.inspect().fibers[0]!.frames[0]!.locals).toMatchObject({ c: { description: { url: 'db' } } });
		const again = Continuation.fromBytes(c.fork().toBytes());
		expect(again.suspensions).toHaveLength(1);
		expect(events).toEqual([]);
		expect(await again.resume('hello')).toMatchObject({ value: ANSWERED });
	});

	it('one that is described by others is opened after them', async () => {
		const parked = await suspended(run(exports.pools!, ['db']));
		const stored = Continuation.fromBytes(parked.toBytes());
		expect(await stored.resume()).toMatchObject({ value: [true, 'asked at db', 'asked at other'] });
		expect(events.filter((event) => event.startsWith('open')).sort()).toEqual(['open db', 'open other']);
		expect(events.filter((event) => event === 'close pool')).toHaveLength(2);
	});

	it('those that are described by each other cannot be opened', async () => {
		const parked = await suspended(run(exports.pools!, ['db']));
		const tied = await suspended(parked.resume(true));
		events.length = 0;
		const outcome = await Continuation.fromBytes(tied.toBytes()).resume();
		expect(outcome).toMatchObject({ status: 'failed', error: { code: 'PD6008', resource: 'Pool' } });
		expect(events).toEqual(['open db', 'open other', 'close db', 'close other']);
	});

	it('by static methods, two of one class', async () => {
		const c = Continuation.fromBytes((await suspended(run(exports['files'], []))).toBytes());
		expect(await c.resume()).toMatchObject({ value: ['a', 'b', true] });
		expect(events.toSorted()).toEqual(['close a', 'close b', 'open a', 'open b']);
	});

	it('one that cannot be opened fails the run, which can be tried again, from its bytes too', async () => {
		const c = Continuation.fromBytes((await suspended(run(exports['twice'], ['db']))).toBytes());
		broken = 'no route';
		const failed = await c.resume('hello');
		if (failed.status !== 'failed') throw new Error(failed.status);
		expect(ResourceError.is(failed.error)).toBe(true);
		expect(failed.error).toMatchObject({
			resource: 'test#Connection',
			problem: 'no route',
			cause: expect.any(TypeError),
		});
		const stored = Continuation.fromBytes<unknown>(failed.continuation.toBytes());
		expect(await stored.retry()).toMatchObject({ status: 'failed', error: { problem: 'no route' } });
		expect(events).toEqual([]);
		broken = null;
		expect(await failed.continuation.retry()).toMatchObject({ value: ANSWERED });
		expect(await stored.retry()).toMatchObject({ value: ANSWERED });
		expect(await c.resume('hello')).toMatchObject({ value: ANSWERED });
	});

	it('a retry answers under the keys of the first attempt', async () => {
		const c = Continuation.fromBytes((await suspended(run(exports['keyed'], ['db']))).toBytes());
		broken = 'no route';
		const failed = await c.resume('hello');
		if (failed.status !== 'failed') throw new Error(failed.status);
		broken = null;
		const first = await c.resume('hello');
		expect(await failed.continuation.retry()).toMatchObject({ value: (first as { value: unknown }).value });
		expect(await c.resume('another')).not.toMatchObject({ value: (first as { value: unknown }).value });
	});

	it('one that only goes on is tried again as it stood', async () => {
		const c = Continuation.fromBytes((await suspended(run(exports['twice'], ['db']))).toBytes());
		broken = 'no route';
		const failed = await c.continue();
		if (failed.status !== 'failed') throw new Error(failed.status);
		broken = null;
		const open = await suspended(failed.continuation.retry());
		expect(await open.resume('hello')).toMatchObject({ value: ANSWERED });
	});

	it('it is closed when the run fails, too', async () => {
		const c = Continuation.fromBytes((await suspended(run(exports['failing'], ['db']))).toBytes());
		expect(await c.resume()).toMatchObject({
			status: 'failed',
			error: expect.objectContaining({ message: 'failed at db' }),
		});
		expect(events).toEqual(['open db', 'close db']);
	});

	it('what an effect gave that began the failing turn is open in a retry of its bytes, and closed after it', async () => {
		const parked = await suspended(run(exports.checks!, ['db']));
		broken = 'checked';
		const failed = await parked.resume();
		if (failed.status !== 'failed') throw new Error(failed.status);
		const { continuation } = failed;
		const stored = Continuation.fromBytes(continuation.toBytes());
		expect(await stored.retry()).toMatchObject({ status: 'failed', error: { code: 'PD6008' } });
		broken = null;
		events.length = 0;
		expect(await stored.retry()).toMatchObject({ status: 'completed', value: 'checked at db' });
		expect(events).toEqual(['open db', 'close db']);
	});

	it('a log that was saved is replayed with what effects gave open', async () => {
		const parked = await suspended(run(exports.twice!, ['db'], { log: 'all' }));
		const done = await parked.resume('hello', { log: 'all' });
		events.length = 0;
		const log = decodeLog(encodeLog(done.log));
		expect(await replay(exports.twice!, ['db'], log)).toMatchObject({ status: 'completed', value: ANSWERED });
		expect(events).toEqual(['open db', 'close db']);
		broken = 'refused';
		await expect(replay(exports.twice!, ['db'], log)).rejects.toMatchObject({ code: 'PD6008' });
	});

	it('an argument that is live is passed as it is', async () => {
		const connection = Connection.to('mine');
		const c = await suspended(run(exports['given'], [connection]));
		expect(await c.resume()).toMatchObject({ value: 'given at mine' });
		expect(events).toEqual(['open mine', 'close mine']);
		expect(connection.open).toBe(true);
	});
});

describe('an engine', () => {
	it('another engine opens it before the run goes on, once', async () => {
		const store = memory();
		const first = createEngine({ store });
		const { id } = await first.start(exports['twice'], ['db']);
		await first.get(id).next();
		expect(events).toEqual([]);
		await first.close();
		// It stayed warm there: what the run goes on with elsewhere was let go of.
		expect(events).toEqual(['close db']);
		const second = createEngine({ store });
		await second.get(id).resume('hello');
		expect(await second.get(id).result()).toEqual(ANSWERED);
		expect(events).toEqual(['close db', 'open db', 'close db']);
		await second.close();
	});

	it('while it stays in one process it is the same one', async () => {
		const engine = createEngine({ store: memory() });
		const handle = await engine.start(exports['twice'], ['db']);
		await handle.next();
		await handle.resume('hello');
		expect(await handle.result()).toEqual(ANSWERED);
		expect(events).toEqual([]);
		await engine.close();
	});

	it('an argument of a start is described, and opened where the run begins', async () => {
		const engine = createEngine({ store: memory() });
		const handle = await engine.start(exports['given'], [Connection.to('far')]);
		await handle.next();
		expect(events).toEqual(['open far']);
		await handle.resume();
		expect(await handle.result()).toBe('given at far');
		expect(events).toEqual(['open far', 'close far']);
		await engine.close();
	});
});

it('outside runs it cannot be saved, and a class needs both halves', () => {
	expect(() => encode({ connection: Connection.to('x') })).toThrow(/Connection/);
	expect(() => resource(class Half {}, { marshal: () => 1 } as never)).toThrow(/unmarshal/);
});

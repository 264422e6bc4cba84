/** Resources of an engine's runs: opened before the run goes on, a failure that can be tried again, let go of once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine, ResourceError, type RunHandle, resource, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { load } from '../runtime/run/program.ts';
import { SOON } from '../support/soon.ts';

/** What happened to which connection. */
const events: string[] = [];
let number = 0;

class Connection {
	readonly url: string;
	readonly number = ++number;
	constructor(url: string) {
		this.url = url;
	}
}

type Unmarshal = (url: string) => unknown;
const opens: Unmarshal = async (url) => new Connection(url);
let unmarshal: Unmarshal = opens;

resource(Connection, {
	marshal({ url }) {
		if (url === 'indescribable') throw new RangeError('no words');
		return url;
	},
	unmarshal(url: string) {
		events.push(`open ${url}`);
		return unmarshal(url) as Connection;
	},
	close({ url, number }) {
		events.push(`close ${url} ${number}`);
	},
	id: 'test/engine#Connection',
	timeout: 150,
});

let release: (() => void) | null = null;
let checked = 0;

const functions = load(
	`
	import { receive, sleep, start, suspend } from '@perdure/runtime';
	import { check, connect, hold, rows, use } from 'world';
	export async function waits(url) { "use durable";
		const c = await connect(url);
		const again = { c };
		const answer = await suspend();
		return [again.c === c, c.url, answer];
	}
	export async function given(c) { "use durable";
		return c.url;
	}
	export async function holds(url) { "use durable";
		const c = await connect(url);
		await suspend();
		await hold();
		return c.url;
	}
	export async function large(url) { "use durable";
		const c = await connect(url);
		const list = await rows();
		for (let i = 0; i < 3; i++) { await suspend(i); list.push(i); }
		return [c.url, list.length];
	}
	export async function pays(url) { "use durable";
		const c = await connect(url);
		const answer = await suspend();
		if (answer < 0) throw new RangeError('negative at ' + c.url);
		return answer;
	}
	export async function answered() { "use durable";
		const c = await suspend();
		await use(c);
		return [c.url, (await receive('m')).url];
	}
	export async function gives(url) { "use durable"; return await connect(url); }
	export async function throwsIt(url) { "use durable"; const c = await connect(url); throw Object.assign(new Error('no'), { c }); }
	export async function hears() { "use durable";
		const given = await start(gives, ['db']);
		const c = await given.result();
		const thrown = await start(throwsIt, ['other']);
		try { await thrown.result(); } catch (e) { return [await use(c), await use(e.c)]; }
	}
	export async function checks(url) { "use durable";
		await suspend();
		const c = await connect(url);
		check(c);
		return await use(c);
	}`,
	{
		connect: async (url: string) => new Connection(url),
		hold: () => new Promise<void>((resolve) => (release = resolve)),
		use: async (c: Connection) => {
			if (!(c instanceof Connection)) throw new TypeError('no connection');
			return c.url;
		},
		check: (c: unknown) => {
			if (!(c instanceof Connection)) throw new TypeError('no connection');
			if (++checked === 1) throw new RangeError('not yet');
		},
		rows: async () => Array.from({ length: 2000 }, (_, i) => ({ i, text: 'a row of some length' })),
	},
) as Record<string, (...args: unknown[]) => Promise<unknown>>;
const { waits, given, holds, large, pays, answered, hears, checks } = functions;

const folder = mkdtempSync(join(tmpdir(), 'perdure-resources-'));
let files = 0;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const closes = () => events.filter((event) => event.startsWith('close'));

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(join(folder, `${files++}.db`))],
] as [string, () => Store][])('on %s', (_, make) => {
	let store: Store;
	let engine: Engine;
	const open = () => createEngine({ store, functions: [functions] });

	beforeEach(() => {
		store = make();
		engine = open();
		events.length = 0;
		number = 0;
		unmarshal = opens;
		release = null;
		checked = 0;
	});
	afterEach(() => engine.close({ grace: 0 }));

	/** Another process: what was warm is not there any more. */
	async function restarted(handle: RunHandle<unknown>): Promise<RunHandle<unknown>> {
		await engine.close({ grace: 0 });
		events.length = 0;
		engine = open();
		return engine.get(handle.id);
	}

	async function parked(fn: (...args: unknown[]) => Promise<unknown>): Promise<RunHandle<unknown>> {
		const handle = await engine.start(fn, ['db']);
		await handle.next();
		return restarted(handle);
	}

	const refusing: Unmarshal = async () => {
		throw Object.assign(new TypeError('no route'), { socket: new WeakMap() });
	};

	it('one that cannot be opened fails the run with its name; a retry opens it again, and what was answered meanwhile counts', async () => {
		let handle = await parked(waits!);
		unmarshal = refusing;
		await handle.resume('yes');
		const failed = await handle.settled();
		expect(failed).toMatchObject({ status: 'failed' });
		const { error } = failed as { error: ResourceError };
		expect(ResourceError.is(error)).toBe(true);
		expect(error).toMatchObject({ code: 'PD6008', resource: 'test/engine#Connection', problem: 'no route' });
		expect(error.cause).toMatchObject({ name: 'TypeError', message: 'no route' });

		handle = await restarted(handle);
		await handle.retry();
		await expect(handle.result()).rejects.toThrow("'test/engine#Connection' could not be opened again: no route");
		expect(events).toEqual(['open db']);

		handle = await restarted(handle);
		unmarshal = opens;
		await handle.retry();
		expect(await handle.result()).toEqual([true, 'db', 'yes']);
		expect(events).toEqual(['open db', 'close db 2']);
	});

	it('of a run that has not begun', async () => {
		unmarshal = refusing;
		const first = await engine.start(given!, [new Connection('far')]);
		await expect(first.result()).rejects.toThrow('no route');
		expect((await first.describe()).status).toBe('failed');
		expect(await first.inspect()).toMatchObject({ functionId: first.id && expect.any(String) });
		const handle = await restarted(first);
		unmarshal = opens;
		await handle.retry();
		expect(await handle.result()).toBe('far');
	});

	it('in a retry of a run that had failed by an answer: the answer is delivered once it can be opened', async () => {
		let handle = await parked(pays!);
		await handle.resume(-1);
		await expect(handle.result()).rejects.toThrow('negative');
		handle = await restarted(handle);
		unmarshal = refusing;
		await handle.retry();
		await expect(handle.result()).rejects.toThrow('no route');
		handle = await restarted(handle);
		unmarshal = opens;
		await handle.retry();
		await expect(handle.result()).rejects.toThrow('negative at db');
	});

	it('in the cancellation of a run that had failed: it is cancelled once it can be opened', async () => {
		let handle = await parked(pays!);
		await handle.resume(-1);
		await expect(handle.result()).rejects.toThrow('negative');
		handle = await restarted(handle);
		unmarshal = refusing;
		await handle.cancel('enough');
		await expect
			.poll(async () => String(((await handle.settled()) as { error?: unknown }).error))
			.toContain('no route');
		handle = await restarted(handle);
		unmarshal = opens;
		await handle.retry();
		await expect.poll(() => handle.status()).toBe('cancelled');
		expect(await handle.settled()).toMatchObject({ reason: 'enough' });
	});

	it('what comes with an answer or a message is opened before the run takes it, and closed when that is over', async () => {
		const handle = await engine.start(answered!, []);
		await handle.next();
		await handle.resume(new Connection('db'));
		await handle.send('m', new Connection('other'));
		expect(await handle.result()).toEqual(['db', 'other']);
		expect(events.sort()).toEqual(['close db 3', 'close other 4', 'open db', 'open other']);
	});

	it('one that comes with an answer and cannot be opened fails the run, and the answer is there for a retry', async () => {
		const handle = await engine.start(answered!, []);
		await handle.next();
		unmarshal = async () => {
			throw new Error('refused');
		};
		await handle.resume(new Connection('db'));
		expect(await handle.settled()).toMatchObject({ status: 'failed', error: { code: 'PD6008' } });
		unmarshal = opens;
		await handle.retry();
		await handle.send('m', new Connection('other'));
		expect(await handle.result()).toEqual(['db', 'other']);
	});

	it('what a child returns, or throws, is opened for the run that hears of it', async () => {
		expect(await (await engine.start(hears!, [])).result()).toEqual(['db', 'other']);
	});

	it('what an effect gave that began the failing turn is open again in a retry', async () => {
		const handle = await engine.start(checks!, ['db']);
		await handle.next();
		await handle.resume();
		expect(await handle.settled()).toMatchObject({ status: 'failed', error: { message: 'not yet' } });
		const again = await restarted(handle);
		await again.retry();
		expect(await again.result()).toBe('db');
		expect(events).toEqual(['open db', expect.stringMatching(/^close db/)]);
	});

	it('of a fork, by itself: the run that it is of is as it was', async () => {
		const handle = await parked(waits!);
		unmarshal = refusing;
		const fork = await handle.fork();
		await fork.resume('fork').catch(() => {});
		await expect(fork.result()).rejects.toThrow('no route');
		unmarshal = opens;
		await handle.resume('own');
		expect(await handle.result()).toEqual([true, 'db', 'own']);
		await fork.retry();
		await fork.resume('fork').catch(() => {});
		expect(await fork.result()).toEqual([true, 'db', 'fork']);
	});

	it.each([
		['throws at once', () => { throw new RangeError('at once'); }, 'at once'], // biome-ignore format: one a line
		['throws no error', () => Promise.reject('a text'), 'a text'], // biome-ignore format: one a line
		['gives nothing', () => undefined, "unmarshal gave no instance of 'test/engine#Connection'"],
		['gives something else', () => ({ url: 'db' }), "unmarshal gave no instance of 'test/engine#Connection'"],
		['never settles', () => new Promise(() => {}), 'unmarshal had not settled after 150 ms'],
	] as [string, Unmarshal, string][])('one whose unmarshal %s', async (_, how, problem) => {
		const handle = await parked(waits!);
		unmarshal = how;
		await handle.resume('yes');
		await expect(handle.result(SOON)).rejects.toMatchObject({ code: 'PD6008', problem });
		unmarshal = opens;
		await handle.retry();
		expect(await handle.result()).toEqual([true, 'db', 'yes']);
	});

	it('one that is opened too late is closed', async () => {
		const handle = await parked(waits!);
		let late = (_: unknown) => {};
		unmarshal = () => new Promise((resolve) => (late = resolve));
		await handle.resume('yes');
		await handle.settled();
		late(new Connection('late'));
		await expect.poll(closes).toEqual(['close late 2']);
	});

	it('a worker that closes waits for none that hangs, and the run goes on elsewhere', async () => {
		let handle = await parked(waits!);
		let late = (_: unknown) => {};
		unmarshal = () => new Promise((resolve) => (late = resolve));
		await handle.resume('yes');
		await expect.poll(() => events).toEqual(['open db']);
		const before = performance.now();
		await engine.close({ grace: 0 });
		expect(performance.now() - before).toBeLessThan(140);
		late(new Connection('late'));
		await expect.poll(closes).toEqual(['close late 2']);
		unmarshal = opens;
		handle = await restarted(handle);
		expect(await handle.result()).toEqual([true, 'db', 'yes']);
	});

	it.each([0, 1000])('is let go of once when its worker closes, with a grace of %i ms', async (grace) => {
		const handle = await parked(holds!);
		await handle.resume();
		await expect.poll(() => events).toEqual(['open db']);
		await expect.poll(() => release).not.toBe(null);
		const closing = engine.close({ grace });
		if (grace > 0) release!();
		await closing;
		expect(closes()).toEqual(['close db 2']);
	});

	it('is let go of once when its run is cancelled', async () => {
		const handle = await parked(waits!);
		await handle.cancel();
		expect(await handle.settled()).toMatchObject({ status: 'cancelled' });
		await engine.close({ grace: 0 });
		expect(closes()).toEqual(['close db 2']);
	});

	it('is let go of once when its run fails', async () => {
		const handle = await parked(pays!);
		await handle.resume(-1);
		await handle.settled();
		await engine.close({ grace: 0 });
		expect(closes()).toEqual(['close db 2']);
	});

	it('one that cannot describe itself fails the run where it is held, and is in the log as what cannot be saved', async () => {
		const handle = await engine.start(waits!, ['indescribable']);
		const failed = await handle.settled(SOON);
		expect(failed).toMatchObject({
			status: 'failed',
			error: { code: 'PD3001', path: 'c', message: expect.stringContaining('no words') },
		});
		expect(failed.log.find(({ name }) => name === 'connect')).toMatchObject({
			state: 'executed',
			args: ['indescribable'],
			outcome: { unsaveable: true },
		});
	});

	it('that the program has made is let go of when the run leaves memory, however little of a large state was written last', async () => {
		const handle = await engine.start(large!, ['db']);
		for (let i = 0; i < 2; i++) {
			const open = await handle.next();
			if (open.status !== 'suspended') throw new Error(open.status);
			await handle.resume(undefined, { suspension: open.id });
		}
		await handle.next();
		await engine.close({ grace: 0 });
		expect(closes()).toEqual(['close db 1']);
		engine = open();
		const next = engine.get(handle.id);
		await next.resume();
		expect(await next.result()).toEqual(['db', 2003]);
		await engine.close({ grace: 0 });
		expect(closes()).toEqual(['close db 1', 'close db 2']);
	});
});

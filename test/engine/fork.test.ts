/** Runs that begin where another one stands: `handle.fork`, and `fork` of what an outcome shows. */
import {
	Continuation,
	createEngine,
	currentEffect,
	type Engine,
	effect,
	keyring,
	type RunHandle,
	resource,
	type Store,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shared } from '../../packages/runtime/src/registry/shared.ts';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import { FaultyStore } from './faulty-store.ts';

const performed: { run: string; label: string; key: string; attempt: number }[] = [];
/** While set, effects do not end. */
let held: Promise<void> | null = null;
let declined = false;
let opens = true;

async function act(label: string): Promise<string> {
	const { runId, key, attempt } = currentEffect();
	performed.push({ run: runId, label, key, attempt });
	await held;
	if (declined) throw new RangeError('declined');
	return label;
}

class Line {
	readonly to: string;
	constructor(to: string) {
		this.to = to;
	}
}
resource(Line, {
	marshal: ({ to }) => to,
	unmarshal: async (to: string) => {
		if (!opens) throw new Error('no carrier');
		return new Line(to);
	},
	id: 'test#Line',
});

const { exports } = compile(
	`import { emit, receive, setProgress, sleep, start, suspend } from '@perdure/runtime'; import { act, once, Line } from 'world';
	async function step(n) { "use durable"; const x = await act('step ' + n); return [x, await suspend({ step: n })]; }
	export async function main(list) { "use durable";
		await act('begun');
		setProgress('half');
		list.push(await step(1));
		await emit('between');
		list.push(await step(2));
		return [list, await receive('m')];
	}
	export async function acts() { "use durable"; return [await act('one'), await act('two')]; }
	export async function careful() { "use durable"; return await once('careful'); }
	export async function naps() { "use durable"; await sleep(20); return 'awake'; }
	export async function child() { "use durable"; return await suspend('child'); }
	export async function parent(id) { "use durable"; const c = await start(child, [], { id }); await suspend('parent'); return await Promise.all([c.result(), act('beside')]); }
	export async function tidy() { "use durable"; try { await suspend('?'); } finally { await act('clean'); } return [await receive('m'), await receive('m')]; }
	export async function lined() { "use durable"; const line = new Line('x'); return [await suspend('?'), await act(line.to)]; }`,
	{ world: { act, Line, once: effect(act, { interrupted: 'throw' }) } },
);
type Main = (...args: unknown[]) => Promise<unknown>;
const { main, acts, careful, naps, child, parent, tidy, lined } = exports as Record<string, Main>;

const engines: Engine[] = [];
function engineOn(store: Store, o: { worker?: boolean; keys?: boolean } = {}): Engine {
	const keys = o.keys ? { keyring: keyring({ current: 'k', keys: { k: new Uint8Array(32).fill(7) } }) } : {};
	const engine = createEngine({ store, worker: o.worker ?? true, log: 'all', ...keys });
	engines.push(engine);
	return engine;
}
beforeEach(() => {
	performed.length = 0;
	held = null;
	declined = false;
	opens = true;
});
afterEach(async () => {
	await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
});

const suspended = async (handle: RunHandle<unknown>) => {
	const outcome = await handle.next(SOON);
	if (outcome.status !== 'suspended') throw new Error(outcome.status);
	return outcome;
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const begun = async (count: number) => {
	while (performed.length < count) await pause(1);
};
const keysOf = (run: string) => performed.filter((one) => one.run === run).map(({ key }) => key);

describe.each([
	['memory', () => memory(), false],
	['sqlite', () => sqlite(':memory:'), false],
	['sqlite, sealed', () => sqlite(':memory:'), true],
] as [string, () => Store, boolean][])('on %s', (_, make, keys) => {
	it('goes its own way from where the other stands, and the other its own', async () => {
		const engine = engineOn(make(), { keys });
		const one = await engine.start(main!, [['list']], { id: 'one', tags: { of: 'me' } });
		const asked = await suspended(one);
		const two = await one.fork({ id: 'two' });
		expect(two.id).toBe('two');
		expect(await two.describe()).toMatchObject({
			functionId: (await one.describe()).functionId,
			progress: 'half',
			waitingFor: [{ kind: 'suspend', value: { step: 1 } }],
		});
		const again = await suspended(two);
		expect(again.value).toEqual({ step: 1 });
		expect(again.id).not.toBe(asked.id);
		await two.resume('B', { suspension: again.id });
		await one.resume('A', { suspension: asked.id });
		for (const handle of [one, two]) {
			expect((await suspended(handle)).value).toEqual({ step: 2 });
			await handle.resume(handle.id);
			await handle.send('m', `to ${handle.id}`);
		}
		expect(await one.result()).toEqual([['list', ['step 1', 'A'], ['step 2', 'one']], 'to one']);
		expect(await two.result()).toEqual([['list', ['step 1', 'B'], ['step 2', 'two']], 'to two']);
		// What was done before is not done again; the rest has keys of its own.
		expect(performed.map(({ run, label }) => `${run} ${label}`).sort()).toEqual([
			'one begun',
			'one step 1',
			'one step 2',
			'two step 2',
		]);
		const shape = async (handle: RunHandle<unknown>) =>
			(await handle.log()).map(({ seq, name, state }) => ({ seq, name, state }));
		expect(await shape(two)).toEqual(await shape(one));
		const listed: string[] = [];
		for await (const { id } of engine.list({ tags: { of: 'me' } })) listed.push(id);
		expect(listed).toEqual(['one', 'two']);
	});

	it('can be answered at once, before a worker has seen it', async () => {
		const store = make();
		const engine = engineOn(store, { keys });
		const one = await engine.start(main!, [[]], { id: 'one' });
		await suspended(one);
		await engine.close();
		const client = engineOn(store, { keys, worker: false });
		const two = await client.get('one').fork({ id: 'two' });
		await two.resume('early');
		await expect(two.resume('other')).rejects.toMatchObject({ name: 'NotSuspendedError' });
		engineOn(store, { keys });
		expect((await suspended(two)).value).toEqual({ step: 2 });
	});

	it('issues what was in flight there, under keys of its own and as a first attempt', async () => {
		for (const fn of [acts!, careful!]) {
			let release = () => {};
			held = new Promise((resolve) => (release = resolve));
			performed.length = 0;
			const engine = engineOn(make(), { keys });
			const one = await engine.start(fn, [], { id: 'one' });
			await begun(1);
			await one.fork({ id: 'two' });
			await begun(2);
			expect(performed).toMatchObject([
				{ run: 'one', attempt: 1 },
				{ run: 'two', attempt: 1 },
			]);
			expect(new Set(performed.map(({ key }) => key)).size).toBe(2);
			release();
			expect(await engine.get('two').result(SOON)).toEqual(await one.result(SOON));
			expect(new Set([...keysOf('one'), ...keysOf('two')]).size).toBe(performed.length);
		}
	});

	it('of a run that has not begun is one that begins; of one that sleeps, sleeps', async () => {
		const store = make();
		const client = engineOn(store, { keys, worker: false });
		const later = await client.start(acts!, [], { startAt: '1 hour' });
		const now = await later.fork();
		const engine = engineOn(store, { keys });
		expect(await now.result(SOON)).toEqual(['one', 'two']);
		expect(await later.status()).toBe('pending');
		const sleeper = await engine.start(naps!, []);
		expect(await (await sleeper.fork()).result(SOON)).toBe('awake');
	});

	it('of a run that failed stands before the turn that failed', async () => {
		const engine = engineOn(make(), { keys });
		declined = true;
		const one = await engine.start(acts!, [], { id: 'one' });
		expect(await one.settled(SOON)).toMatchObject({ status: 'failed' });
		declined = false;
		const two = await one.fork({ id: 'two' });
		expect(await two.result(SOON)).toEqual(['one', 'two']);
		expect(await one.status()).toBe('failed');
		await one.retry();
		expect(await one.result(SOON)).toEqual(['one', 'two']);
	});

	it('of a run that failed again and again stands before all of that, and its own turns count on', async () => {
		const store = make();
		const engine = engineOn(store, { keys });
		declined = true;
		const one = await engine.start(acts!, [], { id: 'one' });
		await one.settled(SOON);
		await one.retry();
		await one.settled(SOON);
		const client = await store.open({ moved() {}, mail() {}, due() {}, emitted() {} });
		const { turn } = (await client.read('one'))!;
		const two = await one.fork({ id: 'two' });
		await two.settled(SOON);
		// It goes on in one turn and fails in another, after the one before the failing turn.
		expect((await client.read('two'))!.turn).toBe(turn + 1);
		await client.close();
		declined = false;
		await two.retry();
		expect(await two.result(SOON)).toEqual(['one', 'two']);
	});

	it('fails and is tried again like any run, in its first turn too', async () => {
		const engine = engineOn(make(), { keys });
		const one = await engine.start(acts!, []);
		let release = () => {};
		held = new Promise((resolve) => (release = resolve));
		await begun(1);
		declined = true;
		const two = await one.fork({ id: 'two' });
		await begun(2);
		release();
		expect(await two.settled(SOON)).toMatchObject({ status: 'failed', error: { message: 'declined' } });
		held = null;
		declined = false;
		await two.retry();
		expect(await two.result(SOON)).toEqual(['one', 'two']);
		expect(performed.filter(({ run, label }) => run === 'two' && label === 'one')).toMatchObject([
			{ attempt: 1 },
			{ attempt: 2 },
		]);
		expect(new Set(keysOf('two').slice(0, 2)).size).toBe(1);
	});

	it('awaits the same children', async () => {
		const engine = engineOn(make(), { keys });
		const one = await engine.start(parent!, ['kid'], { id: 'one' });
		await suspended(one);
		await one.resume(1);
		while ((await one.describe()).waitingFor[0]?.kind !== 'child') await pause(1);
		const two = await one.fork();
		await suspended(engine.get('kid'));
		await engine.get('kid').resume('grown');
		expect(await one.result(SOON)).toEqual(['grown', 'beside']);
		expect(await two.result(SOON)).toEqual(['grown', 'beside']);
	});

	it('is cancelled with its clean-up, and gets its messages, before a worker has seen it', async () => {
		const store = make();
		const engine = engineOn(store, { keys });
		const one = await engine.start(tidy!, [], { id: 'one' });
		await suspended(one);
		await engine.close();
		const client = engineOn(store, { keys, worker: false });
		const two = await client.get('one').fork({ id: 'two' });
		const three = await client.get('one').fork({ id: 'three' });
		await two.send('m', 1);
		await two.cancel('enough');
		await three.send('m', 1);
		await three.send('m', 2);
		await three.resume('go');
		engineOn(store, { keys });
		expect(await two.settled(SOON)).toMatchObject({ status: 'cancelled', reason: 'enough' });
		expect(keysOf('two')).toHaveLength(1);
		expect((await two.log()).slice(1)).toMatchObject([
			{ kind: 'cancel' },
			{ name: 'act', state: 'executed' },
			{ kind: 'receive', args: [1], state: 'discarded' },
		]);
		expect(await three.result(SOON)).toEqual([1, 2]);
		expect(await client.get('one').status()).toBe('waiting');
	});

	it('under one id is one run, however far the other has come; another is a conflict; what is over has nothing to go on from', async () => {
		const engine = engineOn(make(), { keys });
		const one = await engine.start(main!, [[]], { id: 'one' });
		const { id } = await suspended(one);
		await Promise.all([one.fork({ id: 'two' }), one.fork({ id: 'two' })]);
		await expect(one.fork({ id: 'one' })).rejects.toMatchObject({ name: 'RunConflictError' });
		await one.resume(1, { suspension: id });
		await suspended(one);
		const again = await one.fork({ id: 'two' });
		expect((await suspended(again)).value).toEqual({ step: 1 });
		await expect(again.fork({ id: 'one' })).rejects.toMatchObject({ name: 'RunConflictError' });
		await one.cancel();
		await one.settled();
		expect((await one.fork({ id: 'two' })).id).toBe('two');
		await expect(one.fork()).rejects.toMatchObject({
			name: 'UnsupportedError',
			message: expect.stringContaining('over'),
		});
		await expect(engine.get('nobody').fork()).rejects.toMatchObject({ name: 'RunNotFoundError' });
	});

	it('opens its resources, and can be tried again where one cannot be opened', async () => {
		const engine = engineOn(make(), { keys });
		const one = await engine.start(lined!, []);
		await suspended(one);
		opens = false;
		const two = await one.fork();
		expect(await two.settled(SOON)).toMatchObject({ status: 'failed' });
		opens = true;
		await two.retry();
		await suspended(two);
		await two.resume('yes');
		expect(await two.result(SOON)).toEqual(['yes', 'x']);
	});

	it('survives each write that its worker dies after', async () => {
		for (let at = 1; at < 8; at++) {
			const inner = make();
			const first = engineOn(inner, { keys });
			const one = await first.start(main!, [[]], { id: 'one' });
			await suspended(one);
			await first.close();
			const client = engineOn(inner, { keys, worker: false });
			const two = await client.get('one').fork({ id: 'two' });
			await two.resume('B');
			const store = new FaultyStore(inner, 'crash after', at);
			const crashed = new Promise<void>((resolve) => (store.onCrash = resolve));
			engineOn(store, { keys });
			await Promise.race([crashed, suspended(two)]);
			engineOn(inner, { keys });
			expect((await suspended(two)).value, `write ${at}`).toEqual({ step: 2 });
			await two.resume('C');
			await two.send('m', 'end');
			expect(await two.result(SOON)).toEqual([
				[
					['step 1', 'B'],
					['step 2', 'C'],
				],
				'end',
			]);
			expect(new Set(keysOf('two')).size).toBe(1);
			performed.length = 0;
			await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
		}
	});

	it('of what an outcome shows is a continuation that no engine drives', async () => {
		const engine = engineOn(make(), { keys });
		const one = await engine.start(main!, [['list']], { id: 'one' });
		const { continuation } = await suspended(one);
		const copy = continuation.fork();
		expect(copy).toBeInstanceOf(Continuation);
		expect(copy.schemaId).toBe(continuation.schemaId);
		expect(copy.log).toEqual(continuation.log);
		// Its keys are its own before anything is said to it.
		expect(copy.suspensions).toMatchObject([{ value: { step: 1 } }]);
		expect(copy.suspensions[0]!.id).not.toBe(continuation.suspensions[0]!.id);
		const next = await Continuation.fromBytes(copy.toBytes({ log: true })).resume('elsewhere');
		if (next.status !== 'suspended') throw new Error(next.status);
		expect(next.value).toEqual({ step: 2 });
		await expect(continuation.retry()).rejects.toMatchObject({ name: 'OwnedByEngineError' });
		await one.resume('here');
		await suspended(one);
		expect(new Set(performed.map(({ key }) => key)).size).toBe(performed.length);
	});
});

it('is refused to an engine that cannot unseal what it would copy', async () => {
	const store = memory();
	const client = engineOn(store, { keys: true, worker: false });
	await client.start(acts!, [], { id: 'one' });
	const bare = engineOn(store, { worker: false });
	await expect(bare.get('one').fork({ id: 'two' })).rejects.toMatchObject({ name: 'SealError' });
	await expect(bare.get('two').status()).rejects.toMatchObject({ name: 'RunNotFoundError' });
});

it('has the log of the turn that it stands after, though the other goes on meanwhile', async () => {
	const inner = memory();
	let moveOn: (() => Promise<unknown>) | null = null;
	const store: Store = {
		async open(listener) {
			const session = await inner.open(listener);
			const { log } = session;
			session.log = async (id) => {
				const move = moveOn;
				moveOn = null;
				await move?.();
				return log(id);
			};
			return session;
		},
	};
	const one = await engineOn(inner).start(main!, [[]], { id: 'one' });
	await suspended(one);
	const client = engineOn(store, { worker: false });
	moveOn = async () => {
		await one.resume('meanwhile');
		await suspended(one);
	};
	const two = await client.get('one').fork();
	expect((await suspended(two)).value).toEqual({ step: 2 });
	expect((await two.log()).map(({ seq, state }) => [seq, state])).toEqual(
		(await one.log()).map(({ seq, state }) => [seq, state]),
	);
});

it('needs no code of the run where it is asked for', async () => {
	const store = memory();
	const engine = engineOn(store);
	const { functionId } = await (await engine.start(child!, [], { id: 'one' })).describe();
	await suspended(engine.get('one'));
	await engine.close();
	// As in a process that has not loaded it: there is no function of that id.
	const known = shared.functions.get(functionId)!;
	shared.functions.delete(functionId);
	try {
		const client = engineOn(store, { worker: false });
		await (await client.get('one').fork({ id: 'two' })).resume('yes');
	} finally {
		shared.functions.set(functionId, known);
	}
	expect(await engineOn(store).get('two').result(SOON)).toBe('yes');
});

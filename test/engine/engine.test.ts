/** What the engine's API does (design: "Engine"), the same on each store. */
import { createEngine, type Engine, type EngineOptions, functionRef, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import * as programs from './programs.ts';
import { ask, collect, failing, loop, nap, resetWorld, tidy, unsaveable, world } from './programs.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('an engine on %s', (_, make) => {
	let store: Store;
	let engine: Engine;
	const engines: Engine[] = [];
	const open = (o: Partial<EngineOptions> = {}) => {
		const made = createEngine({ store, functions: [programs], ...o });
		engines.push(made);
		return made;
	};

	beforeEach(() => {
		resetWorld();
		store = make();
		engine = open();
	});
	afterEach(async () => {
		await Promise.all(engines.splice(0).map((e) => e.close({ grace: 0 })));
	});

	describe('a run', () => {
		it('goes to its end, with a key for each effect and a readable log', async () => {
			const handle = await engine.start(loop, [3], { id: 'r' });
			expect(await handle.result()).toEqual([0, 2, 4]);
			expect(await handle.status()).toBe('completed');
			const keys = world.performed.map(({ key }) => key);
			expect(new Set(keys).size).toBe(3);
			const log = await handle.log();
			expect(
				log.map(({ seq, kind, name, args, state, outcome }) => ({ seq, kind, name, args, state, outcome })),
			).toEqual(
				[0, 1, 2].map((i) => {
					return { seq: i + 1, kind: 'effect', name: 'work', args: [i], state: 'executed', outcome: { value: i * 2 } };
				}),
			);
			expect(await handle.describe()).toMatchObject({
				functionId: 'test/programs#loop',
				status: 'completed',
				waitingFor: [],
				blocked: null,
				outcome: { status: 'completed', value: [0, 2, 4] },
			});
		});

		it('of many goes to its end', async () => {
			const handles = await Promise.all(Array.from({ length: 200 }, (_, i) => engine.start(loop, [i % 7])));
			const results = await Promise.all(handles.map((handle) => handle.result()));
			results.forEach((result, i) => {
				expect(result).toEqual(Array.from({ length: i % 7 }, (_, n) => n * 2));
			});
			expect(new Set(world.performed.map(({ key }) => key)).size).toBe(world.performed.length);
		});

		it('is the same for the same id, function and arguments, and a conflict otherwise', async () => {
			const first = await engine.start(loop, [2], { id: 'r' });
			await first.result();
			const again = await engine.start(loop, [2], { id: 'r' });
			expect(await again.result()).toEqual([0, 2]);
			expect(world.performed).toHaveLength(2);
			await expect(engine.start(loop, [3], { id: 'r' })).rejects.toThrow(/exists with other arguments/);
			await expect(engine.start(collect, [], { id: 'r' })).rejects.toMatchObject({ code: 'PD10014' });
		});

		it('takes copies of its arguments', async () => {
			const question = { text: 'before' };
			const handle = await engine.start(ask, [question as never]);
			question.text = 'after';
			expect(await handle.next()).toMatchObject({ value: { ask: { text: 'before' } } });
			await expect(engine.start(ask, [(() => {}) as never])).rejects.toMatchObject({
				name: 'NotSerializableError',
			});
		});

		it('fails with what it threw, class and fields, and keeps the state before', async () => {
			const handle = await engine.start(failing, [2], { id: 'r' });
			const error = await handle.result().catch((e: unknown) => e);
			expect(error).toBeInstanceOf(RangeError);
			expect(error).toMatchObject({ message: 'no 2', n: 2 });
			const ended = await handle.settled();
			expect(ended).toMatchObject({ status: 'failed', error: { message: 'no 2' } });
			const inspection = (ended as { continuation: { inspect(): unknown } }).continuation.inspect();
			expect(inspection).toMatchObject({
				status: 'failed',
				fibers: [{ frames: [{ name: 'loop', locals: { n: 2, i: 1 } }, { name: 'failing' }] }],
			});
			expect((await handle.log()).map(({ state }) => state)).toEqual(['executed', 'executed']);
		});

		it('fails when a result that it keeps cannot be saved, and the effect is not issued again', async () => {
			world.work = () => new WeakMap();
			const handle = await engine.start(unsaveable, [], { id: 'r' });
			await expect(handle.result()).rejects.toMatchObject({ name: 'NotSerializableError' });
			await engine.close();
			const again = open().get('r');
			expect(await again.status()).toBe('failed');
			expect(await again.log()).toMatchObject([{ state: 'executed', outcome: { unsaveable: true } }]);
			expect(world.performed).toHaveLength(1);
		});

		it('fails when its state is too large, naming the largest', async () => {
			const small = open({ worker: { stateLimit: 200_000 } });
			await engine.close();
			world.work = (n) => `${n}`.repeat(150_000);
			const handle = await small.start(loop, [3]);
			await expect(handle.result()).rejects.toMatchObject({
				name: 'StateTooLargeError',
				largest: [{ path: 'loop.out' }, { path: 'arguments of work' }, {}, {}],
			});
		});

		it('counts what its effects were handed, by their name', async () => {
			const small = open({ worker: { stateLimit: 100_000 } });
			await engine.close();
			const many = compile(
				`import { work } from 'world';
				export async function main() { "use durable";
					return await Promise.all(Array.from({ length: 3 }, (_, n) => work('x'.repeat(40_000) + n))); }`,
				{ world: { work: programs.work } },
			).exports['main'] as () => Promise<unknown>;
			await expect((await small.start(many, [])).result()).rejects.toMatchObject({
				name: 'StateTooLargeError',
				largest: [{ path: 'arguments of work', bytes: expect.toSatisfy((bytes: number) => bytes > 120_000) }],
			});
		});

		it('shows its progress, its frames and what it waits for', async () => {
			const handle = await engine.start(nap, [60_000]);
			await pause(20);
			const { progress, waitingFor, status } = await handle.describe();
			expect({ progress, status }).toEqual({ progress: 'asleep', status: 'waiting' });
			expect(waitingFor).toMatchObject([{ kind: 'time', until: expect.any(Date) }]);
			const asked = await engine.start(ask, ['name?', 60_000]);
			await asked.next();
			expect((await asked.describe()).waitingFor).toMatchObject([
				{ kind: 'suspend', value: { ask: 'name?' }, until: expect.any(Date) },
			]);
			expect(await asked.inspect()).toMatchObject({
				status: 'waiting',
				fibers: [{ frames: [{ name: 'ask', file: 'test/programs.ts', line: 2, locals: { question: 'name?' } }] }],
				pending: [{ kind: 'suspend', name: 'suspend' }],
			});
		});

		it('sleeps', async () => {
			const began = Date.now();
			const handle = await engine.start(nap, [40]);
			expect(await handle.result()).toBe(true);
			expect(Date.now() - began).toBeGreaterThanOrEqual(40);
			expect((await handle.describe()).progress).toBe('awake');
		});

		it('begins at its time', async () => {
			const handle = await engine.start(loop, [1], { startAt: 60 });
			await pause(10);
			expect(await handle.status()).toBe('pending');
			expect(await handle.result()).toEqual([0]);
		});

		it('has this', async () => {
			const handle = await engine.start(loop, [1], { this: { a: 1 }, id: 'r' });
			await handle.result();
			await expect(engine.start(loop, [1], { this: { a: 2 }, id: 'r' })).rejects.toThrow(/exists/);
		});
	});

	describe('a suspension', () => {
		it('is handed out, and takes its answer', async () => {
			const handle = await engine.start(ask, ['name?']);
			expect(await handle.next()).toMatchObject({
				status: 'suspended',
				value: { ask: 'name?' },
				log: [{ kind: 'suspend', state: 'started' }],
			});
			expect(await handle.status()).toBe('waiting');
			await handle.resume('you');
			expect(await handle.next()).toMatchObject({ status: 'completed', value: 'hello you' });
		});

		it('lets the first answer win; the same one again is acknowledged, another not', async () => {
			const handle = await engine.start(ask, ['name?']);
			const outcome = await handle.next();
			const suspension = (outcome as { id: string }).id;
			const all = await Promise.allSettled(['a', 'b', 'a'].map((answer) => handle.resume(answer, { suspension })));
			expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
			expect(await handle.result()).toBe('hello a');
			await handle.resume('a', { suspension });
			await expect(handle.resume('b', { suspension })).rejects.toMatchObject({ name: 'AlreadyResumedError' });
			await expect(handle.resume('c', { suspension: 'other' })).rejects.toMatchObject({ name: 'NotSuspendedError' });
			await expect(handle.resume('c')).rejects.toMatchObject({ name: 'NotSuspendedError' });
		});

		it('is not handed out again once it is answered', async () => {
			world.work = () => pause(50);
			const handle = await engine.start(ask, ['name?']);
			await handle.next();
			await handle.resume('you');
			expect(await handle.status()).toBe('running');
			expect((await handle.next()).status).toBe('completed');
		});

		it('can be answered by an error', async () => {
			const handle = await engine.start(ask, ['name?']);
			await handle.next();
			await handle.throw(new TypeError('nobody'));
			await expect(handle.result()).rejects.toThrow(TypeError);
		});

		it('times out', async () => {
			const handle = await engine.start(ask, ['name?', 30]);
			await handle.next();
			await expect(handle.result()).rejects.toMatchObject({ name: 'TimeoutError' });
			await expect(handle.resume('late')).rejects.toMatchObject({ name: 'NotSuspendedError' });
		});

		it('comes one after the other from outcomes()', async () => {
			const handle = await engine.start(ask, ['name?']);
			const seen: string[] = [];
			for await (const outcome of handle.outcomes()) {
				seen.push(outcome.status);
				if (outcome.status === 'suspended') await handle.resume('you');
			}
			expect(seen).toEqual(['suspended', 'completed']);
		});

		it("shows a view that does not move the engine's run", async () => {
			const handle = await engine.start(ask, ['name?']);
			const outcome = await handle.next();
			if (outcome.status !== 'suspended') throw new Error();
			const { continuation } = outcome;
			expect(continuation.suspensions).toMatchObject([{ id: outcome.id, value: { ask: 'name?' } }]);
			expect(continuation.inspect().fibers[0]!.frames[0]!.name).toBe('ask');
			for (const method of ['resume', 'throw', 'cancel', 'continue', 'send'] as const) {
				await expect((continuation[method] as () => Promise<unknown>).call(continuation)).rejects.toMatchObject({
					name: 'OwnedByEngineError',
					method,
				});
			}
		});
	});

	describe('messages', () => {
		it('come in order, also those sent before the run asks', async () => {
			world.work = () => pause(20);
			const handle = await engine.start(collect, []);
			await Promise.all([1, 2, 3].map((n) => handle.send('m', n)));
			await handle.send('other', 'unasked');
			await handle.send('m', { four: 4 });
			await handle.send('m', 'end');
			expect(await handle.result()).toEqual([1, 2, 3, { four: 4 }]);
			await expect(handle.send('m', 5)).rejects.toMatchObject({ name: 'NotSuspendedError' });
		});

		it('come once for each id', async () => {
			const handle = await engine.start(collect, []);
			for (let i = 0; i < 3; i++) await handle.send('m', 'paid', { id: 'event-1' });
			await handle.send('m', 'paid', { id: 'event-2' });
			await handle.send('m', 'end');
			expect(await handle.result()).toEqual(['paid', 'paid']);
		});

		it('are what `next` shows a run to wait for when only they can move it on', async () => {
			const handle = await engine.start(collect, []);
			expect(await handle.next()).toMatchObject({ status: 'suspended', value: undefined });
			expect((await handle.describe()).waitingFor).toMatchObject([{ kind: 'receive', name: 'm' }]);
		});
	});

	describe('cancel', () => {
		it('ends a waiting run', async () => {
			const handle = await engine.start(ask, ['name?']);
			await handle.next();
			await handle.cancel('changed my mind');
			expect(await handle.settled()).toMatchObject({ status: 'cancelled', reason: 'changed my mind' });
			await expect(handle.result()).rejects.toMatchObject({ name: 'CancelledError', reason: 'changed my mind' });
			await handle.cancel('again');
			await expect(handle.resume('late')).rejects.toMatchObject({ name: 'NotSuspendedError' });
		});

		it('aborts the effect in flight, waits for it, and runs what cleans up', async () => {
			let aborted = false;
			world.work = (n, signal) => {
				if (n === 99) return 'tidied';
				return new Promise((resolve) => {
					signal.addEventListener('abort', () => {
						aborted = true;
						setTimeout(resolve, 20);
					});
				});
			};
			const handle = await engine.start(tidy, []);
			await pause(20);
			await handle.cancel();
			expect(await handle.settled()).toMatchObject({ status: 'cancelled' });
			expect(aborted).toBe(true);
			expect(world.performed.map(({ argument }) => argument)).toEqual([0, 99]);
		});

		it('leaves an ended run as it is', async () => {
			const handle = await engine.start(loop, [1]);
			await handle.result();
			await handle.cancel();
			expect(await handle.status()).toBe('completed');
		});
	});

	describe('waiting', () => {
		it('has a limit, and can be given up', async () => {
			const handle = await engine.start(ask, ['name?']);
			await expect(handle.settled({ timeout: 20 })).rejects.toMatchObject({ name: 'TimeoutError', timeout: '20 ms' });
			const controller = new AbortController();
			const waiting = handle.result({ signal: controller.signal });
			controller.abort(new Error('enough'));
			await expect(waiting).rejects.toThrow('enough');
			await expect(handle.result({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
			await handle.resume('you');
			expect(await handle.result({ timeout: '5 seconds' })).toBe('hello you');
		});

		it('rejects for a run that is not there', async () => {
			const handle = engine.get('nobody');
			for (const method of ['describe', 'status', 'next', 'settled', 'result', 'log', 'inspect', 'cancel'] as const) {
				await expect(handle[method]()).rejects.toMatchObject({ name: 'RunNotFoundError', runId: 'nobody' });
			}
			await expect(handle.resume(1)).rejects.toMatchObject({ name: 'RunNotFoundError' });
			await expect(handle.send('m')).rejects.toMatchObject({ name: 'RunNotFoundError' });
		});

		it('rejects when the engine is closed', async () => {
			const handle = await engine.start(ask, ['name?']);
			const waiting = handle.result();
			const closed = engine.close();
			await expect(waiting).rejects.toMatchObject({ name: 'EngineClosedError' });
			await closed;
			await expect(engine.start(loop, [1])).rejects.toMatchObject({ name: 'EngineClosedError' });
		});
	});

	describe('engines', () => {
		it('list runs by status, function and tags', async () => {
			await (await engine.start(loop, [0], { id: 'a', tags: { shop: 'north' } })).result();
			await (await engine.start(ask, ['?'], { id: 'b', tags: { shop: 'north', kind: 'x' } })).next();
			await (await engine.start(ask, ['?'], { id: 'c' })).next();
			const ids = async (filter?: Parameters<Engine['list']>[0]) => {
				const found: string[] = [];
				for await (const { id } of engine.list(filter)) found.push(id);
				return found;
			};
			expect(await ids()).toEqual(['a', 'b', 'c']);
			expect(await ids({ status: 'waiting' })).toEqual(['b', 'c']);
			expect(await ids({ status: ['completed', 'failed'] })).toEqual(['a']);
			expect(await ids({ function: ask, tags: { shop: 'north' } })).toEqual(['b']);
			expect(await ids({ function: functionRef('test/programs#loop') })).toEqual(['a']);
		});

		it('without a worker start, answer and read; another drives', async () => {
			await engine.close();
			const client = open({ worker: false });
			const ref = functionRef<typeof ask>('test/programs#ask');
			const handle = await client.start(ref, ['name?'], { id: 'r' });
			await pause(20);
			expect(await handle.status()).toBe('pending');
			open();
			expect(await handle.next(SOON)).toMatchObject({ value: { ask: 'name?' } });
			await client.get(ref, 'r').resume('you');
			expect(await client.get<string>('r').result(SOON)).toBe('hello you');
		});

		it('that close let effects in flight settle, and dispatch nothing more', async () => {
			world.work = async (n) => {
				await pause(30);
				return n;
			};
			await engine.start(loop, [3], { id: 'r' });
			await pause(10);
			await engine.close();
			expect(world.performed).toHaveLength(1);
			const next = open();
			expect(await next.get('r').result()).toEqual([0, 1, 2]);
			expect(world.performed.map(({ argument, attempt }) => `${argument}/${attempt}`)).toEqual(['0/1', '1/1', '2/1']);
		});

		it('that close without grace abort effects in flight; the next one makes another attempt with the same key', async () => {
			let aborted = 0;
			world.work = (_, signal) =>
				new Promise(() => {
					signal.addEventListener('abort', () => aborted++);
				});
			await engine.start(loop, [1], { id: 'r' });
			await pause(10);
			await engine.close({ grace: 0 });
			expect(aborted).toBe(1);
			world.work = (n) => n;
			const next = open();
			expect(await next.get('r').result()).toEqual([0]);
			const [first, second] = world.performed;
			expect(second).toMatchObject({ key: first!.key, attempt: 2 });
		});

		it('go on with what another left: sleeps, questions, messages', async () => {
			await engine.start(nap, [60], { id: 'nap' });
			await (await engine.start(ask, ['?'], { id: 'ask' })).next();
			await engine.start(collect, [], { id: 'collect' });
			await engine.close();
			const next = open();
			await next.get('ask').resume('you');
			await next.get('collect').send('m', 1);
			await next.get('collect').send('m', 'end');
			expect(await next.get('ask').result()).toBe('hello you');
			expect(await next.get('collect').result()).toEqual([1]);
			expect(await next.get('nap').result()).toBe(true);
		});

		it('start a run once from an effect, however often it is attempted', async () => {
			const inner: string[] = [];
			world.work = async (n) => {
				if (n !== 0) return n;
				const handles = [await engine.start(collect, []), await engine.start(collect, [])];
				inner.push(...handles.map(({ id }) => id));
				for (const handle of handles) await handle.send('m', 'hello');
				throw new Error('after all that');
			};
			await (await engine.start(loop, [1], { id: 'outer' })).settled();
			expect(new Set(inner).size).toBe(2);
			for (const id of inner) expect(id).toContain(world.performed[0]!.key);
		});

		it('name a function that was not compiled', () => {
			async function plain() {
				'use durable';
			}
			expect(() => createEngine({ store, functions: [plain] })).toThrow(/not compiled/);
			expect(() => createEngine({ store, functions: [{ plain }] })).toThrow(/not compiled/);
		});
	});
});

/** Events of runs: committed with the turn, consumed at least once, those of one run in order. */
import { createEngine, type Engine, type OutboxEvent, run, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { testRun } from '@perdure/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { FAULTS, FaultyStore } from './faulty-store.ts';

let failing = false;
const world = {
	async work(n: number) {
		return n;
	},
	fails: () => failing,
};

const { counts, fails, strange, many } = compile(
	`import { emit, suspend } from '@perdure/runtime';
	import { work, fails } from '#world';
	export async function counts(name, n) { "use durable";
		for (let i = 0; i < n; i++) { await emit({ name, i }); if (i % 2) await work(i); }
		return n;
	}
	export async function fails2() { "use durable";
		await emit('kept');
		await work(1);
		await emit('discarded');
		if (fails()) throw new Error('no');
		await emit('after');
	}
	export { fails2 as fails };
	export async function strange() { "use durable";
		const event = { list: [1] };
		const done = emit(event);
		event.list.push(2);
		await emit(event);
		await done;
		try { await emit(new WeakMap()); } catch (error) { await emit(error.code); }
		await suspend();
		return await Promise.all([emit('a'), emit('b')]);
	}
	export async function many(n) { "use durable"; for (let i = 0; i < n; i++) await emit(i); await suspend(); for (let i = 0; i < n; i++) await emit(n + i); }`,
	{ '#world': world },
).exports as Record<string, (...args: any[]) => Promise<unknown>>;

const engines: Engine[] = [];
const opened = (engine: Engine) => {
	engines.push(engine);
	return engine;
};
afterEach(async () => {
	failing = false;
	await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

const createAndOpen = (store: Store) => opened(createEngine({ store, log: 'all' }));

/** The next `n` events, not acknowledged. */
async function take(events: AsyncGenerator<OutboxEvent>, n: number): Promise<OutboxEvent[]> {
	const taken: OutboxEvent[] = [];
	while (taken.length < n) taken.push((await events.next()).value as OutboxEvent);
	return taken;
}

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
])('on %s', (_, make) => {
	it('hands out what runs have emitted, in their order, until it is acknowledged', async () => {
		const store = make();
		const engine = opened(createEngine({ store, log: 'all' }));
		const consumer = opened(createEngine({ store, worker: false }));
		await engine.start(counts!, ['a', 4], { id: 'a' });
		const first: unknown[] = [];
		for await (const { runId, seq, event, emittedAt, ack } of consumer.outbox()) {
			first.push([runId, seq, event]);
			expect(emittedAt).toBeInstanceOf(Date);
			if (first.length === 3) break;
			await ack();
		}
		const log = await engine.get('a').log();
		const emits = log.filter(({ kind }) => kind === 'emit');
		expect(emits).toMatchObject(
			[0, 1, 2, 3].map((i) => ({ state: 'executed', args: [{ name: 'a', i }], name: 'emit' })),
		);
		expect(first).toEqual([0, 1, 2].map((i) => ['a', emits[i]!.seq, { name: 'a', i }]));
		const again = await take(engine.outbox(), 2);
		expect(again.map(({ event }) => event)).toEqual([
			{ name: 'a', i: 2 },
			{ name: 'a', i: 3 },
		]);
	});

	it('lets several loops share the work, each run with one of them', async () => {
		const engine = opened(createEngine({ store: make() }));
		const seen: Record<string, unknown[]> = {};
		let left = 60;
		const consume = async () => {
			for await (const { runId, event, ack } of engine.outbox({ batch: 3 })) {
				(seen[runId] ??= []).push((event as { i: number }).i);
				await ack();
				if (--left === 0) await engine.close();
			}
		};
		const loops = [consume(), consume(), consume()];
		for (const id of 'abcdef') await engine.start(counts!, [id, 10], { id });
		await Promise.all(loops);
		for (const id of 'abcdef') expect(seen[id], id).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
	});

	it('refuses to acknowledge what was let go of, and hands it out again', async () => {
		const engine = opened(createEngine({ store: make() }));
		await engine.start(counts!, ['a', 1], { id: 'a' });
		const loop = engine.outbox();
		const [event] = await take(loop, 1);
		await loop.return();
		const [again] = await take(engine.outbox(), 1);
		expect(again).toMatchObject({ runId: event!.runId, seq: event!.seq });
		await expect(event!.ack()).rejects.toMatchObject({ code: 'PD8005' });
		await again!.ack();
		await event!.ack();
	});

	it('lets go of what a loop has that hangs, and not of what one has that goes on (O2)', async () => {
		let now = 0;
		const timers = new Set<{ at: number; fire: () => void }>();
		const clock = {
			now: () => now,
			timer(at: number, fire: () => void) {
				const timer = { at, fire };
				timers.add(timer);
				return () => timers.delete(timer);
			},
		};
		const advance = async (ms: number) => {
			now += ms;
			for (const timer of [...timers].filter(({ at }) => at <= now)) if (timers.delete(timer)) timer.fire();
			await new Promise((resolve) => setTimeout(resolve, 20));
		};
		const engine = opened(createEngine({ store: make(), clock }));
		await engine.start(counts!, ['a', 4], { id: 'a' });
		await (await engine.start(counts!, ['a', 4], { id: 'a' })).result();
		const hangs = engine.outbox({ visibility: '1 minute' });
		const [first, second] = await take(hangs, 2);
		const got: OutboxEvent[] = [];
		const others = engine.outbox();
		const other = others.next().then(({ value }) => got.push(value as OutboxEvent));
		await advance(59_000);
		await first!.ack();
		await advance(59_000);
		const [third] = await take(hangs, 1);
		await advance(59_000);
		expect(got).toEqual([]);
		await advance(1000);
		await other;
		expect(got).toMatchObject([{ runId: 'a', seq: second!.seq }]);
		await expect(third!.ack()).rejects.toMatchObject({ code: 'PD8005' });
		// It goes on, and what it had is not its any more: each event is with the other loop, in order.
		await engine.start(counts!, ['b', 1], { id: 'b' });
		expect(await take(hangs, 1)).toMatchObject([{ runId: 'b' }]);
		expect(await take(others, 2)).toMatchObject([{ seq: third!.seq }, { runId: 'a' }]);
		// What is acknowledged is waited for no more, and neither is a loop that has ended.
		for (const loop of [hangs, others]) await loop.return();
		expect([...timers].filter(({ at }) => at > now + 1000)).toEqual([]);
	});

	it('ends with the engine, and rejects when its signal is aborted', async () => {
		const engine = opened(createEngine({ store: make() }));
		const aborted = new AbortController();
		const rejected = engine.outbox({ signal: aborted.signal }).next();
		const ended = engine.outbox().next();
		aborted.abort(new RangeError('enough'));
		await expect(rejected).rejects.toThrow('enough');
		await engine.close();
		expect(await ended).toEqual({ done: true, value: undefined });
	});

	it('an event that is acknowledged too late for its engine says so, and is handed out again', async () => {
		const store = make();
		const engine = opened(createEngine({ store }));
		await (await engine.start(counts!, ['late', 1])).result();
		const { value } = await engine.outbox().next();
		await engine.close();
		await expect(value!.ack()).rejects.toMatchObject({ name: 'EngineClosedError' });
		const again = await opened(createEngine({ store })).outbox().next();
		expect(again.value).toMatchObject({ seq: value!.seq, event: { name: 'late' } });
	});

	it('discards what a failing turn emitted', async () => {
		failing = true;
		const engine = opened(createEngine({ store: make() }));
		const handle = await engine.start(fails!, [], { id: 'f' });
		expect(await handle.settled()).toMatchObject({ status: 'failed', emitted: [] });
		await engine.start(counts!, ['b', 1], { id: 'g' });
		const events = await take(engine.outbox(), 2);
		expect(events.map(({ event }) => event)).toEqual(['kept', { name: 'b', i: 0 }]);
	});

	describe.each(FAULTS)('each write that is %s', (fault) => {
		it('leaves every event in the outbox once, in order', async () => {
			for (let at = 1; ; at++) if (!(await delivers(at))) return expect(at).toBeGreaterThan(8);
		});

		/** False when there were fewer writes. */
		async function delivers(at: number): Promise<boolean> {
			const inner = make();
			const store = new FaultyStore(inner, fault, at);
			let engine = opened(createEngine({ store, log: 'all' }));
			let crash = () => {};
			const crashed = new Promise<'crashed'>((resolve) => (crash = () => resolve('crashed')));
			store.onCrash = () => crash();
			const delivered: number[] = [];
			const consume = async (from: Engine, ends: (i: number) => boolean, signal?: AbortSignal) => {
				for await (const { event, ack } of from.outbox({ batch: 2, ...(signal && { signal }) })) {
					const { i } = event as { i: number };
					delivered.push(i);
					await ack();
					if (ends(i)) return;
				}
			};
			for (let attempt = 0; attempt < 5 && delivered.at(-1) !== 4; attempt++) {
				const working = (async () => {
					await engine.start(counts!, ['a', 5], { id: 'a' });
					await consume(engine, (i) => i === 4);
				})();
				working.catch(() => {});
				try {
					if ((await Promise.race([working, crashed])) !== 'crashed' || attempt > 0) await working;
					else engine = opened(createEngine({ store: inner }));
				} catch (error) {
					expect(String(error)).toMatch(/injected/);
				}
			}
			// Whether the last acknowledgement was written may be unknown.
			const rest = consume(createAndOpen(inner), () => false, AbortSignal.timeout(50));
			await expect(rest).rejects.toMatchObject({ name: 'TimeoutError' });
			// At least once: an event may come again, but never after a later one, and none is left out.
			expect([...new Set(delivered)], `write ${at}`).toEqual([0, 1, 2, 3, 4]);
			expect(delivered, `write ${at}`).toEqual([...delivered].sort((a, b) => a - b));
			expect(delivered.length, `write ${at}`).toBeLessThanOrEqual(6);
			await engine.close({ grace: 0 });
			return store.struck;
		}
	});
});

describe('without an engine', () => {
	it('is handed out with the outcome, and turn by turn with checkpoints', async () => {
		const turns: (readonly unknown[])[] = [];
		const outcome = await run(counts!, ['a', 4], { onCheckpoint: (_, { emitted }) => void turns.push(emitted) });
		const all = [0, 1, 2, 3].map((i) => ({ name: 'a', i }));
		expect(outcome).toMatchObject({ status: 'completed', emitted: all });
		expect(turns).toEqual([all.slice(0, 2), all.slice(2)]);
	});

	it('tells of each call only what it emitted, and nothing of a turn that failed', async () => {
		const outcome = await run(many!, [2]);
		expect(outcome.emitted).toEqual([0, 1]);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		expect((await outcome.continuation.resume()).emitted).toEqual([2, 3]);
		failing = true;
		expect(await run(fails!, [])).toMatchObject({ status: 'failed', emitted: ['kept'] });
	});

	it('takes events as copies, and refuses what cannot be saved where it is emitted', async () => {
		const outcome = await run(strange!, []);
		expect(outcome.emitted).toEqual([{ list: [1] }, { list: [1, 2] }, 'PD3002']);
		const log = outcome.log.filter(({ kind }) => kind === 'emit');
		expect(log.map(({ site }) => site.at)).toEqual(['subject.ts:17:16', 'subject.ts:19:3', 'subject.ts:21:54']);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		expect(await outcome.continuation.resume()).toMatchObject({ value: [undefined, undefined], emitted: ['a', 'b'] });
	});

	it('is there in tests of users', async () => {
		const test = testRun(counts!, ['a', 3]);
		expect((await test.next()).emitted).toHaveLength(3);
	});

	it('needs a run', async () => {
		const { emit } = await import('@perdure/runtime');
		await expect(emit(1)).rejects.toMatchObject({ code: 'PD10006' });
	});
});

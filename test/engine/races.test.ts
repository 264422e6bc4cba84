/** What happens when two things happen at once. */
import { createEngine, type Engine } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Clock } from '../../packages/runtime/src/ports/clock.ts';
import type { StoreSession } from '../../packages/runtime/src/ports/store.ts';
import { ask, collect, loop, resetWorld, world } from './programs.ts';

/** Time that stands still until it is moved on. */
class TestClock implements Clock {
	#now = 1_000_000;
	#timers: { at: number; fire: () => void }[] = [];

	now(): number {
		return this.#now;
	}

	timer(at: number, fire: () => void): () => void {
		const timer = { at, fire };
		this.#timers.push(timer);
		if (at <= this.#now) setImmediate(() => this.advance(0));
		return () => {
			this.#timers = this.#timers.filter((other) => other !== timer);
		};
	}

	advance(ms: number): void {
		this.#now += ms;
		const due = this.#timers.filter(({ at }) => at <= this.#now);
		this.#timers = this.#timers.filter(({ at }) => at > this.#now);
		for (const { fire } of due) fire();
	}
}

let clock: TestClock;
let engine: Engine;
/** Called before each commit is handed to the store. */
let beforeCommit: (status: string) => Promise<unknown> | undefined;
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
	resetWorld();
	clock = new TestClock();
	beforeCommit = () => undefined;
	const inner = memory({ clock });
	const store = {
		async open(listener: Parameters<typeof inner.open>[0]) {
			const session = await inner.open(listener);
			const commit = session.commit;
			session.commit = async (turn) => {
				await beforeCommit(turn.status);
				return commit(turn);
			};
			return session satisfies StoreSession;
		},
	};
	engine = createEngine({ store, clock });
});
afterEach(async () => {
	const closed = engine.close({ grace: 0 });
	await settle();
	clock.advance(10_000);
	await closed;
});

it('an answer that is committed before its time-out wins, and the turn of the time-out is computed again', async () => {
	const handle = await engine.start(ask, ['name?', 1000]);
	const { id: suspension } = (await handle.next()) as { id: string };
	let answered: Promise<void> | undefined;
	beforeCommit = (status) => {
		if (status !== 'failed' || answered !== undefined) return undefined;
		answered = handle.resume('just in time', { suspension });
		return answered;
	};
	clock.advance(1000);
	expect(await handle.result()).toBe('hello just in time');
	expect(answered).toBeDefined();
});

it('an answer after the time-out was committed is refused', async () => {
	const handle = await engine.start(ask, ['name?', 1000]);
	const { id: suspension } = (await handle.next()) as { id: string };
	clock.advance(1000);
	expect(await handle.settled()).toMatchObject({ status: 'failed', error: { name: 'TimeoutError' } });
	await expect(handle.resume('late', { suspension })).rejects.toMatchObject({ name: 'NotSuspendedError' });
});

it('mail that comes while a run parks wakes it', async () => {
	const handle = await engine.start(collect, []);
	let sent = 0;
	beforeCommit = (status) => (status === 'waiting' && sent < 50 ? handle.send('m', sent++) : undefined);
	await handle.send('m', 'first');
	while (sent < 50) await settle();
	beforeCommit = () => undefined;
	await handle.send('m', 'end');
	expect(await handle.result()).toEqual(['first', ...Array.from({ length: 50 }, (_, i) => i)]);
});

it('a message that comes while the turn is committed in which another ends the run is in the log, left over', async () => {
	const handle = await engine.start(collect, []);
	await handle.next();
	let late: Promise<void> | undefined;
	beforeCommit = (status) => {
		if (status !== 'completed' || late !== undefined) return undefined;
		late = handle.send('m', 'too late');
		return late;
	};
	await Promise.all([handle.send('m', 'end'), handle.send('m', 'behind')]);
	expect(await handle.result()).toEqual([]);
	await late;
	expect((await handle.log()).slice(1)).toMatchObject([
		{ kind: 'receive', name: 'm', args: ['behind'], state: 'discarded' },
		{ kind: 'receive', name: 'm', args: ['too late'], state: 'discarded' },
	]);
});

it('a cancellation that comes while the last turn is committed comes before the end', async () => {
	let done = (_: unknown) => {};
	world.work = () => new Promise((resolve) => (done = resolve));
	const handle = await engine.start(loop, [1]);
	await settle();
	let cancelled: Promise<void> | undefined;
	beforeCommit = (status) => {
		if (status !== 'completed' || cancelled !== undefined) return undefined;
		cancelled = handle.cancel('stop');
		return cancelled;
	};
	done('a');
	expect((await handle.settled()).status).toMatch(/cancelled|completed/);
	expect(cancelled).toBeDefined();
	expect((await handle.log())[0]).toMatchObject({ state: 'executed' });
});

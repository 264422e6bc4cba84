/** What happens when two things happen at once. */
import { createEngine, type Engine } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Clock } from '../../packages/runtime/src/ports/clock.ts';
import type { StoreSession } from '../../packages/runtime/src/ports/store.ts';
import { compile } from '../support/compile.ts';
import { ask, collect, loop, resetWorld, world } from './programs.ts';

const { patient, beside } = compile(
	`import { receive, sleep, suspend } from '@perdure/runtime';
	export async function patient() { "use durable";
		const out = [];
		try { out.push(await suspend('first', { timeout: 1000 })); } catch (error) { out.push(error.name); }
		return [...out, await suspend('second')];
	}
	export async function beside() { "use durable"; return await Promise.all([receive('m'), sleep(1000)]); }`,
).exports as Record<'patient' | 'beside', () => Promise<unknown>>;

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

it('so does one before a time-out that the run would survive', async () => {
	const handle = await engine.start(patient, []);
	const { id: suspension } = (await handle.next()) as { id: string };
	let answered: Promise<void> | undefined;
	beforeCommit = () =>
		(answered ??= clock.now() > 1_000_999 ? handle.resume('just in time', { suspension }) : undefined);
	clock.advance(1000);
	while (answered === undefined) await settle();
	await answered;
	await handle.next();
	await handle.resume('second');
	expect(await handle.result()).toEqual(['just in time', 'second']);
});

it('a run that time moves on too is not handed out at its messages', async () => {
	const handle = await engine.start(beside, []);
	const next = handle.next({ timeout: 500 });
	const refused = expect(next).rejects.toMatchObject({ name: 'TimeoutError' });
	while ((await handle.status()) !== 'waiting') await settle();
	clock.advance(500);
	await refused;
	clock.advance(500);
	expect((await handle.next()).status).toBe('suspended');
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

/** What an engine takes from a store of another kind than those that are here: leases, polling, a server that hangs. */
import { createEngine, currentEffect, type Engine, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreListener, StoreSession } from '../../packages/runtime/src/ports/store.ts';
import { compile } from '../support/compile.ts';

type Main = (...args: any[]) => Promise<any>;

const begun: { readonly n: number; readonly attempt: number; readonly signal: AbortSignal }[] = [];
let gate: Promise<void> = Promise.resolve();
const act = async (n: number) => {
	const { attempt, signal } = currentEffect();
	begun.push({ n, attempt, signal });
	await gate;
	return n;
};
const { two, talks } = compile(
	`import { emit, receive, sleep, start, suspend } from '@perdure/runtime'; import { act } from 'world';
	export async function two() { "use durable"; return [await act(1), await act(2)]; }
	export async function child(n) { "use durable"; await sleep(3); return await act(n); }
	export async function talks() { "use durable";
		const one = await start(child, [7]);
		await emit('begun');
		return [await suspend('?'), await receive('m'), await receive('m'), await one.result()];
	}`,
	{ world: { act } },
).exports as Record<string, Main>;

const engines: Engine[] = [];
const opened = (store: Store, worker = true) => {
	const engine = createEngine({ store, worker });
	engines.push(engine);
	return engine;
};
afterEach(async () => {
	await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
	begun.length = 0;
	gate = Promise.resolve();
});

/** A store whose sessions do some things otherwise. */
function otherwise(
	inner: Store,
	how: (session: StoreSession, listener: StoreListener) => Partial<StoreSession>,
	listenerOf = (listener: StoreListener) => listener,
): Store {
	return {
		async open(listener) {
			const session = await inner.open(listenerOf(listener));
			const own = how(session, listener);
			return new Proxy(session, {
				get(_, name: keyof StoreSession) {
					const found: unknown = name in own ? own[name] : session[name];
					return typeof found === 'function' && !(name in own) ? found.bind(session) : found;
				},
			});
		},
	};
}

const STORES = [
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][];

describe.each(STORES)('leases, on %s', (_, make) => {
	it('a worker that was stopped for longer than its lease begins no effect, and goes on with what it claims anew', async () => {
		let held = true;
		let kept = 0;
		const store = otherwise(make(), (session) => ({
			holds: () => held,
			async commit(turn) {
				const committed = await session.commit(turn);
				// It is stopped here, and others may have the run as it goes on.
				if (turn.turn === 2 && begun.length === 1) held = false;
				return committed;
			},
			async keep(claims) {
				expect(begun.map(({ n }) => n)).toEqual([1]);
				expect(claims).toEqual([]);
				kept++;
				await session.keep(claims);
				held = true;
			},
		}));
		const run = await opened(store).start(two!, []);
		expect(await run.result({ timeout: 5000 })).toEqual([1, 2]);
		expect(begun.map(({ n }) => n)).toEqual([1, 2]);
		expect(kept).toBe(1);
	});

	it("the signals of effects in flight are aborted when it is told, and their outcomes are nobody's", async () => {
		let listener!: StoreListener;
		const store = otherwise(make(), (_session, given) => {
			listener = given;
			return {};
		});
		let open = () => {};
		gate = new Promise((resolve) => (open = resolve));
		const run = await opened(store).start(two!, []);
		await expect.poll(() => begun.length).toBe(1);
		listener.expired!();
		expect(begun[0]!.signal.aborted).toBe(true);
		await expect.poll(() => begun.length).toBe(2);
		expect(begun[1]).toMatchObject({ n: 1, signal: { aborted: false } });
		open();
		expect(await run.result({ timeout: 5000 })).toEqual([1, 2]);
		expect(begun.map(({ n }) => n)).toEqual([1, 1, 2]);
	});
});

describe.each(STORES)('no hints, on %s', (_, make) => {
	it('all that an engine is told of it finds by polling', async () => {
		const inner = make();
		const polls = new Set<ReturnType<typeof setInterval>>();
		const deaf: StoreListener = { moved() {}, mail() {}, due() {}, emitted() {} };
		const held = new Set<string>();
		const store = otherwise(
			inner,
			(session, listener) => {
				const poll = setInterval(() => {
					listener.due();
					listener.moved(null);
					listener.emitted();
					for (const id of held) listener.mail(id);
				}, 5);
				polls.add(poll);
				return {
					async claim(o) {
						const claimed = await session.claim(o);
						for (const { id } of claimed.runs) held.add(id);
						return claimed;
					},
					async start(made) {
						const started = await session.start(made);
						if (started.claimed) held.add(started.run.id);
						return started;
					},
					async close(o) {
						clearInterval(poll);
						await session.close(o);
					},
				};
			},
			() => deaf,
		);
		opened(store);
		const client = opened(store, false);
		const run = await client.start(talks!, []);
		expect(await run.next({ timeout: 5000 })).toMatchObject({ value: '?' });
		for await (const { event, ack } of client.outbox()) {
			expect(event).toBe('begun');
			await ack();
			break;
		}
		await run.send('m', 1);
		await run.resume('yes');
		await run.send('m', 2);
		expect(await run.result({ timeout: 5000 })).toEqual(['yes', 1, 2, 7]);
		const other = await client.start(talks!, []);
		await other.next({ timeout: 5000 });
		await other.cancel('enough');
		expect(await other.settled({ timeout: 5000 })).toMatchObject({ status: 'cancelled' });
	});
});

it('a store that hangs as it is closed holds the engine up for a time only', async () => {
	const timers: { at: number; fire: () => void }[] = [];
	const clock = {
		now: () => 0,
		timer(at: number, fire: () => void) {
			timers.push({ at, fire });
			return () => {};
		},
	};
	const store = otherwise(memory(), () => ({ close: () => new Promise<void>(() => {}) }));
	const engine = createEngine({ store, clock, worker: false });
	await engine
		.get('r')
		.status()
		.catch(() => {});
	let closed = false;
	const closing = engine.close().then(() => (closed = true));
	await expect.poll(() => timers.length).toBe(1);
	expect([closed, timers[0]!.at]).toEqual([false, 5000]);
	timers[0]!.fire();
	await closing;
});

/** Ten thousand effects in one run cost what as many do in many runs: by bytes written and by values looked at. */
import { createEngine, run } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Walk } from '../../packages/runtime/src/codec/walk.ts';
import type { Store, StoreListener, TurnCommit } from '../../packages/runtime/src/ports/store.ts';
import { compile } from '../support/compile.ts';

type Fan = (n: number) => Promise<unknown>;

const issued = new Map<number, number>();
const charge = async (id: number) => {
	issued.set(id, (issued.get(id) ?? 0) + 1);
	return id * 2;
};

const { atOnce, begun, eightAtATime, asleep } = compile(
	`
	import { sleep } from '@perdure/runtime';
	import { charge } from '#world';
	const ids = (n) => Array.from({ length: n }, (_, i) => i);
	export async function atOnce(n) {
		'use durable';
		return await Promise.all(ids(n).map(async (id) => charge(id)));
	}
	export async function begun(n) {
		'use durable';
		return await Promise.all(ids(n).map((id) => charge(id)));
	}
	export async function eightAtATime(n) {
		'use durable';
		const queue = ids(n);
		const paid = [];
		await Promise.all(Array.from({ length: 8 }, async () => { while (queue.length > 0) paid.push(await charge(queue.shift())); }));
		return paid.sort((a, b) => a - b);
	}
	export async function asleep(n) {
		'use durable';
		return await Promise.all(ids(n).map(async (id) => { await sleep(1 + id % 7); return charge(id); }));
	}
`,
	{ '#world': { charge } },
).exports as Record<string, Fan>;

afterEach(() => {
	vi.restoreAllMocks();
	issued.clear();
});

/** Bytes of state and log, and values whose rows were made, of each turn. */
function counting(inner: Store) {
	const turns: { bytes: number; looked: number }[] = [];
	const looked = vi.spyOn(Walk.prototype, 'row');
	const store: Store = {
		async open(listener: StoreListener) {
			const session = await inner.open(listener);
			const { commit } = session;
			session.commit = (turn: TurnCommit) => {
				const { state } = turn;
				const bytes = state === null ? 0 : ('full' in state ? state.full : state.delta).length;
				turns.push({ bytes: bytes + (turn.log?.length ?? 0), looked: looked.mock.calls.length });
				looked.mockClear();
				return commit.call(session, turn);
			};
			return session;
		},
	};
	return { store, turns };
}

async function cost(fan: Fan, n: number): Promise<{ bytes: number; looked: number }> {
	const { store, turns } = counting(memory());
	const engine = createEngine({ store });
	const handle = await engine.start(fan, [n]);
	expect(await handle.result()).toEqual(Array.from({ length: n }, (_, i) => i * 2));
	await engine.close();
	// The first turn begins all of them: it is as large as they are many.
	const later = turns.slice(1);
	vi.restoreAllMocks();
	return {
		bytes: later.reduce((sum, { bytes }) => sum + bytes, 0) / later.length,
		looked: later.reduce((sum, { looked }) => sum + looked, 0) / later.length,
	};
}

describe.each([
	['all at once', atOnce!],
	['begun without await', begun!],
	['eight at a time', eightAtATime!],
	['asleep, then at once', asleep!],
] as const)('%s', (_, fan) => {
	it('a turn writes as little and looks at as little, however many are under way', async () => {
		const few = await cost(fan, 100);
		const many = await cost(fan, 2000);
		expect(many.bytes).toBeLessThan(Math.max(2 * few.bytes, 1000));
		expect(many.looked).toBeLessThan(Math.max(2 * few.looked, 100));
	});
});

it('ten thousand at once, on SQLite, each issued once', async () => {
	const engine = createEngine({ store: sqlite(':memory:') });
	const handle = await engine.start(atOnce!, [10_000]);
	expect(await handle.result()).toHaveLength(10_000);
	await engine.close();
	expect(issued.size).toBe(10_000);
	expect(Math.max(...issued.values())).toBe(1);
});

it('ten thousand in a run without a store, with and without checkpoints', async () => {
	expect(await run(eightAtATime!, [10_000])).toMatchObject({ status: 'completed' });
	let checkpoints = 0;
	const outcome = await run(atOnce!, [10_000], { onCheckpoint: () => void checkpoints++ });
	expect(outcome).toMatchObject({ status: 'completed', value: expect.objectContaining({ length: 10_000 }) });
	expect(checkpoints).toBeGreaterThanOrEqual(10_000);
});

it('what had finished before a death is not issued again', async () => {
	const store = sqlite(':memory:');
	const first = createEngine({ store });
	const handle = await first.start(atOnce!, [500], { id: 'r' });
	while (issued.size < 500) await new Promise((resolve) => setTimeout(resolve, 1));
	await first.close({ grace: 0 });
	const second = createEngine({ store });
	expect(await second.get<unknown[]>(handle.id).result()).toEqual(Array.from({ length: 500 }, (_, i) => i * 2));
	await second.close();
});

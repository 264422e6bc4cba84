/** A store that takes no turn for a long time, and one that does not take a certain turn. */
import { createEngine, type Store, StoreError } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { describe, expect, it } from 'vitest';
import { failure } from '../../packages/runtime/src/store-sqlite/failure.ts';
import { ask, loop, resetWorld, world } from './programs.ts';

/** What waits is over at once: an outage of hours takes a moment. */
const hasty = {
	now: () => Date.now(),
	timer: (_at: number, fire: () => void) => {
		const timer = setTimeout(fire, 1);
		return () => clearTimeout(timer);
	},
};

/** Commits are rejected so often, with this. */
function rejecting(inner: Store, times: number, rejected: { count: number }, error: () => Error): Store {
	return {
		async open(listener) {
			const session = await inner.open(listener);
			const commit = session.commit.bind(session);
			return Object.assign(session, {
				commit: async (turn: Parameters<typeof commit>[0]) => {
					if (rejected.count < times) {
						rejected.count++;
						throw error();
					}
					return commit(turn);
				},
			});
		},
	};
}

const stores: readonly (readonly [string, () => Store])[] = [
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
];

describe.each(stores)('%s', (_, store) => {
	it('that takes no turn for long has every run go on in the end', async () => {
		resetWorld();
		const rejected = { count: 0 };
		const full = () => new StoreError({ problem: 'database or disk is full' });
		await using engine = createEngine({ store: rejecting(store(), 60, rejected, full), clock: hasty });
		const runs = await Promise.all([engine.start(loop, [2]), engine.start(ask, ['name?'])]);
		await runs[1]!.next();
		await runs[1]!.resume('you');
		expect(await Promise.all(runs.map((run) => run.result()))).toEqual([[0, 2], 'hello you']);
		expect(rejected.count).toBe(60);
		expect(world.performed).toHaveLength(3);
	});

	it('that never takes a certain turn has that run blocked, with what it says', async () => {
		resetWorld();
		const rejected = { count: 0 };
		const wrong = () => new StoreError({ problem: 'string or blob too big', refused: true });
		await using engine = createEngine({
			store: rejecting(store(), Number.POSITIVE_INFINITY, rejected, wrong),
			clock: hasty,
		});
		const run = await engine.start(loop, [1]);
		await expect(run.result()).rejects.toMatchObject({ name: 'BlockedError' });
		expect((await run.describe()).blocked).toMatchObject({
			code: StoreError.code,
			message: expect.stringContaining('string or blob too big'),
		});
	});
});

it('tells what SQLite will not take from what it cannot take now', () => {
	const said = (errcode: number) => failure(Object.assign(new Error('said'), { code: 'ERR_SQLITE_ERROR', errcode }));
	for (const later of [5, 10, 13, 13 | (1 << 8), 8, 14, 7]) expect(said(later)).toMatchObject({ refused: false });
	for (const never of [18, 19, 19 | (8 << 8), 20, 25]) expect(said(never)).toMatchObject({ refused: true });
	expect(failure(new TypeError('cannot be bound'))).toMatchObject({ refused: true });
});

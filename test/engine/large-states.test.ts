/** A turn costs what it changes, not what the run holds. */
import { createEngine } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { expect, it } from 'vitest';
import type { StoreListener, TurnCommit } from '../../packages/runtime/src/ports/store.ts';
import { loop, resetWorld, world } from './programs.ts';

it('an append to a large array costs a fraction of the array', async () => {
	resetWorld();
	world.work = (n) => n;
	const inner = memory();
	let turns = 0;
	let state = 0;
	let log = 0;
	const store = {
		async open(listener: StoreListener) {
			const session = await inner.open(listener);
			const { commit } = session;
			session.commit = (turn: TurnCommit) => {
				turns++;
				if (turn.state !== null) state += ('full' in turn.state ? turn.state.full : turn.state.delta).length;
				log += turn.log?.length ?? 0;
				return commit(turn);
			};
			return session;
		},
	};
	const engine = createEngine({ store });
	const appends = 10_000;
	const handle = await engine.start(loop, [appends]);
	expect(await handle.result()).toHaveLength(appends);
	await engine.close();
	// In full it would be 25 kB a turn on average.
	expect((state + log) / turns).toBeLessThan(512);
});

it('a run with a large state goes on from its full state and its changes', async () => {
	resetWorld();
	world.work = async (n) => {
		if (n === 150) await new Promise(() => {});
		return `${n} ${'x'.repeat(200)}`;
	};
	const store = sqlite(':memory:');
	const first = createEngine({ store });
	await first.start(loop, [300], { id: 'r' });
	while (world.performed.length < 151) await new Promise((resolve) => setTimeout(resolve, 5));
	await first.close({ grace: 0 });
	world.work = (n) => `${n} ${'x'.repeat(200)}`;
	const second = createEngine({ store });
	const result = await second.get<string[]>('r').result();
	expect(result.map((line) => Number.parseInt(line, 10))).toEqual(Array.from({ length: 300 }, (_, i) => i));
	expect(world.performed.filter(({ argument }) => argument === 150).map(({ attempt }) => attempt)).toEqual([1, 2]);
	await second.close();
});

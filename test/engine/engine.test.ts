import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../packages/runtime/src/client/engine.ts';
import type { Store } from '../../packages/runtime/src/ports/store.ts';
import * as programs from './programs.ts';
import { ask, loop, resetWorld, world } from './programs.ts';

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('an engine on %s', (_, make) => {
	let store: Store;
	let engine: Engine;
	const engines: Engine[] = [];
	const open = (o: Partial<Parameters<typeof createEngine>[0]> = {}) => {
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

	it('runs a function to its end', async () => {
		const handle = await engine.start(loop, [3], { id: 'r' });
		expect(await handle.result()).toEqual([0, 2, 4]);
		expect(await handle.status()).toBe('completed');
		const keys = world.performed.map(({ key }) => key);
		expect(new Set(keys).size).toBe(3);
		expect(await handle.describe()).toMatchObject({
			status: 'completed',
			outcome: { status: 'completed', value: [0, 2, 4] },
		});
	});

	it('hands a suspension out, and takes its answer', async () => {
		const handle = await engine.start(ask, ['your name?']);
		const outcome = await handle.next();
		expect(outcome).toMatchObject({ status: 'suspended', value: { ask: 'your name?' } });
		await handle.resume('you');
		expect(await handle.result()).toBe('hello you');
	});
});

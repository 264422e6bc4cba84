/** RunOptions.park and onCheckpoint: what is dispatched when (D1, D2). */
import { Continuation, run } from '@perdure/runtime';
import { expect, test, vi } from 'vitest';
import { loadMain } from './program.ts';

const THREE = `
	import { eff } from 'world';
	export async function main() { "use durable"; return [await eff(1), await eff(2), await eff(3)]; }`;

test('aborted from the start: the first turn is computed, nothing dispatched', async () => {
	const eff = vi.fn(async (x: number) => x);
	const outcome = await run(loadMain(THREE, { eff }), [], { park: AbortSignal.abort() });
	expect(outcome.status).toBe('parked');
	expect(eff).not.toHaveBeenCalled();
	if (outcome.status !== 'parked') return;
	expect(await outcome.continuation.continue()).toMatchObject({ status: 'completed', value: [1, 2, 3] });
	expect(eff).toHaveBeenCalledTimes(3);
});

test('effects in flight are awaited, and their outcome is in the parked state', async () => {
	const parking = new AbortController();
	const eff = vi.fn(async (x: number) => {
		if (x === 2) parking.abort();
		await new Promise((r) => setTimeout(r, 5));
		return x;
	});
	const outcome = await run(loadMain(THREE, { eff }), [], { park: parking.signal });
	expect(outcome.status).toBe('parked');
	expect(eff).toHaveBeenCalledTimes(2);
	if (outcome.status !== 'parked') return;
	const restored = Continuation.fromBytes(outcome.continuation.toBytes());
	expect(restored.inspect().pending).toMatchObject([{ kind: 'effect', name: 'eff' }]);
	expect(await restored.continue()).toMatchObject({ value: [1, 2, 3] });
	expect(eff).toHaveBeenCalledTimes(3);
});

test('a sleep is not waited out', async () => {
	const parking = new AbortController();
	const main = loadMain(`
		import { sleep } from '@perdure/runtime';
		export async function main() { "use durable"; await sleep('1 hour'); }`);
	setTimeout(() => parking.abort(), 5);
	const outcome = await run(main, [], { park: parking.signal });
	expect(outcome).toMatchObject({ status: 'parked', continuation: { wakeAt: expect.any(Date) } });
});

test('a run that only waits for an answer is suspended, parking or not', async () => {
	const main = loadMain(`
		import { suspend } from '@perdure/runtime';
		export async function main() { "use durable"; await suspend(1); }`);
	expect(await run(main, [], { park: AbortSignal.abort() })).toMatchObject({ status: 'suspended', value: 1 });
});

test('onCheckpoint comes with each turn, before its effects, and is awaited (D1)', async () => {
	const order: string[] = [];
	const main = loadMain(THREE, { eff: async (x: number) => void order.push(`eff ${x}`) });
	await run(main, [], {
		async onCheckpoint(c, { turn }) {
			order.push(`turn ${turn} begin ${c.inspect().pending.length}`);
			await new Promise((r) => setTimeout(r, 5));
			order.push(`turn ${turn} end`);
		},
	});
	expect(order).toEqual([
		'turn 1 begin 1', 'turn 1 end', 'eff 1',
		'turn 2 begin 1', 'turn 2 end', 'eff 2',
		'turn 3 begin 1', 'turn 3 end', 'eff 3',
	]); // biome-ignore format: a table
});

test.each([
	[
		'throws',
		() => {
			throw new Error('disk full');
		},
	],
	[
		'rejects',
		async () => {
			throw new Error('disk full');
		},
	],
])('if it %s, nothing is dispatched and run rejects (D1)', async (_, onCheckpoint) => {
	const eff = vi.fn(async () => {});
	await expect(run(loadMain(THREE, { eff }), [], { onCheckpoint })).rejects.toThrow('disk full');
	expect(eff).not.toHaveBeenCalled();
});

test('if a later one rejects, what was kept before is enough to go on', async () => {
	const seen: number[] = [];
	const main = loadMain(THREE, { eff: async (x: number) => (seen.push(x), x) });
	let kept!: Uint8Array;
	await expect(
		run(main, [], {
			onCheckpoint(c, { turn }) {
				if (turn === 3) throw new Error('disk full');
				kept = c.toBytes();
			},
		}),
	).rejects.toThrow('disk full');
	expect(seen).toEqual([1, 2]);
	expect(await Continuation.fromBytes(kept).continue()).toMatchObject({ value: [1, 2, 3] });
	// The effect that was in flight is issued again.
	expect(seen).toEqual([1, 2, 2, 3]);
});

test('a continuation handed to onCheckpoint stays as it was while the run goes on', async () => {
	const kept: Continuation<unknown>[] = [];
	const main = loadMain(THREE, { eff: async (x: number) => x * 10 });
	await run(main, [], { onCheckpoint: (c) => void kept.push(c) });
	expect(kept.map((c) => c.log.length)).toEqual([1, 2, 3]);
	for (const c of kept) expect(await c.continue()).toMatchObject({ value: [10, 20, 30] });
});

test('each checkpoint of a run leads to the same end, with the keys of the first time', async () => {
	const keys: string[] = [];
	const { currentEffect } = await import('@perdure/runtime');
	const main = loadMain(THREE, { eff: async (x: number) => (keys.push(`${x} ${currentEffect().key}`), x) });
	const kept: Uint8Array[] = [];
	await run(main, [], { id: 'r', onCheckpoint: (c) => void kept.push(c.toBytes()) });
	const first = [...keys];
	for (const [i, bytes] of kept.entries()) {
		keys.length = 0;
		await Continuation.fromBytes(bytes).continue();
		expect(keys).toEqual(first.slice(i));
	}
});

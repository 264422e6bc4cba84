/** One turn at a time, whatever comes meanwhile (D2). */
import { run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { loadMain } from './program.ts';

const pause = (ms: number) => new Promise<void>((r) => setTimeout(r, ms));

test('outcomes that come while a checkpoint is written queue, in the order they came', async () => {
	const order: string[] = [];
	const main = loadMain(
		`import { eff, call, note } from 'world';
		async function one(x) { "use durable"; note('got ' + await eff(x)); return x; }
		export async function main() { "use durable";
			const all = [call(one, 30), call(one, 10), call(one, 20)];
			const out = []; for (const p of all) out.push(await p);
			return out;
		}`,
		{
			call: (f: (x: number) => unknown, x: number) => f(x),
			note: (s: string) => order.push(s),
			eff: async (ms: number) => {
				await pause(ms);
				order.push(`settled ${ms}`);
				return ms;
			},
		},
	);
	let writing = 0;
	const outcome = await run(main, [], {
		async onCheckpoint(_, { turn }) {
			expect(++writing).toBe(1);
			if (turn > 1) await pause(60);
			writing--;
		},
	});
	expect(outcome).toMatchObject({ status: 'completed', value: [30, 10, 20] });
	expect(order.filter((s) => s.startsWith('got'))).toEqual(['got 10', 'got 20', 'got 30']);
	// The first outcome's turn was being written when the others came.
	expect(order.indexOf('settled 30')).toBeLessThan(order.indexOf('got 20'));
});

test('a result is a copy of what it was when it came, not when its turn came', async () => {
	const results: { n: number }[] = [];
	const main = loadMain(
		`import { eff, call } from 'world';
		async function one(x) { "use durable"; return (await eff(x)).n; }
		export async function main() { "use durable"; const p = call(one, 1); const q = call(one, 2); return [await p, await q]; }`,
		{
			call: (f: (x: number) => unknown, x: number) => f(x),
			eff: async () => {
				const result = { n: 1 };
				results.push(result);
				setTimeout(() => void result.n++, 10);
				return result;
			},
		},
	);
	const outcome = await run(main, [], { onCheckpoint: () => pause(30) });
	expect(outcome).toMatchObject({ value: [1, 1] });
	expect(results.map(({ n }) => n)).toEqual([2, 2]);
});

test('a run inside a turn of another, and inside an effect of another', async () => {
	const inner = loadMain(
		`import { eff } from 'world'; export async function main(x) { "use durable"; return (await eff(x)) + 1; }`,
		{
			eff: async (x: number) => x * 10,
		},
	);
	const outer = loadMain(
		`import { start, nested } from 'world';
		export async function main() { "use durable"; start(1); const a = await nested(2); return a; }`,
		{
			start: (x: number) => void run(inner, [x]),
			nested: async (x: number) => {
				const outcome = await run(inner, [x]);
				return outcome.status === 'completed' ? outcome.value : outcome.status;
			},
		},
	);
	expect(await run(outer, [])).toMatchObject({ value: 21 });
});

test('a loop of many effects: the log of each checkpoint does not cost the whole', async () => {
	const main = loadMain(
		`import { eff } from 'world'; export async function main(n) { "use durable"; let sum = 0; for (let i = 0; i < n; i++) sum += await eff(i); return sum; }`,
		{ eff: async () => 1 },
	);
	let bytes = 0;
	const outcome = await run(main, [20_000], { onCheckpoint: (c) => void (bytes = c.toBytes().length) });
	expect(outcome).toMatchObject({ value: 20_000 });
	expect(bytes).toBeLessThan(2000);
});

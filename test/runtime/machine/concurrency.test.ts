import { Continuation, run } from '@perdure/runtime';
import { begin, bind, call, define, enter, PromiseOf } from '@perdure/runtime/internal';
import { expect, test } from 'vitest';

/* Hand-compiled until the compiler starts things by itself:
async function both(n) {
	"use durable";
	const result = await Promise.all([branch('a', n), branch('b', n), add(n, 1)]);
	return result;
}
async function branch(tag, n) {
	"use durable";
	const x = await add(tag, 1);
	const y = await add(tag, 2);
	return tag + x + y + n;
} */
const calls: string[] = [];

async function add(a: unknown, b: unknown) {
	calls.push(`${a}${b}`);
	return `${a}${b}`;
}

type Any = any;

const branchDef = define({
	abi: 1, id: 'c#branch', name: 'branch', file: 'c.ts', at: [1, 1], hash: '', kind: 'durable',
	slots: ['tag', 'n', 'x'],
	points: [[1, 'b1', 1, 1, [0, 1]], [2, 'b2', 1, 1, [0, 1, 2]]],
	sites: [[0, 'add', () => [undefined, add]], [1, 'add', () => [undefined, add]]],
	step(f: Any, m: Any, v: Any) {
		let tag: Any, n: Any, x: Any;
		switch (f.pc) {
			case 0: [tag, n] = f.s; f.pc = 1; f.s = [tag, n]; return call(f, 0, add, undefined, [tag, 1]);
			case 1: [tag, n] = f.s; if (m) throw v; x = v; f.pc = 2; f.s = [tag, n, x]; return call(f, 1, add, undefined, [tag, 2]);
			default: [tag, n, x] = f.s; if (m) throw v; f.done = true; return tag + x + v + n;
		}
	},
}); // biome-ignore format: as emitted
const branch = bind(function branch() { return enter(branchDef, undefined, arguments); } as Any, branchDef); // biome-ignore format: a wrapper

const bothDef = define({
	abi: 1, id: 'c#both', name: 'both', file: 'c.ts', at: [1, 1], hash: '', kind: 'durable',
	points: [[1, 'p1', 1, 1, []]],
	sites: [
		[['s1', 1, 1], 'branch', () => [undefined, branch]],
		[['s2', 1, 1], 'branch', () => [undefined, branch]],
		[['s3', 1, 1], 'add', () => [undefined, add]],
	],
	step(f: Any, m: Any, v: Any) {
		switch (f.pc) {
			case 0: {
				const [n] = f.s; f.pc = 1; f.s = [];
				return PromiseOf.all([begin(f, 0, branch, undefined, ['a', n]), begin(f, 1, branch, undefined, ['b', n]), begin(f, 2, add, undefined, [n, 1])]);
			}
			default: if (m) throw v; f.done = true; return v;
		}
	},
}); // biome-ignore format: as emitted
const both = bind(function both() { return enter(bothDef, undefined, arguments); } as Any, bothDef) as (n: number) => Promise<string[]>; // biome-ignore format: a wrapper

const expected = ['aa1a27', 'bb1b27', '71'];

test('outside a run', async () => {
	expect(await both(7)).toEqual(expected);
});

test('three branches of a run, each effect once, matched by identity', async () => {
	calls.length = 0;
	expect(await run(both, [7])).toMatchObject({ status: 'completed', value: expected });
	expect(calls.sort()).toEqual(['71', 'a1', 'a2', 'b1', 'b2']);
});

test('restored at every turn', async () => {
	const states: Uint8Array[] = [];
	await run(both, [7], { onCheckpoint: (c) => void states.push(c.toBytes()) });
	expect(states.length).toBe(5);
	for (const bytes of states) {
		expect(await Continuation.fromBytes(bytes).continue()).toMatchObject({ status: 'completed', value: expected });
	}
});

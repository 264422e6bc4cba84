/** Copies at the border (language.md): nothing outside a run aliases its state. */
import { createEngine, run } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { testRun } from '@perdure/testing';
import { expect, test, vi } from 'vitest';
import { ArgumentMutatedError } from '../../../packages/runtime/src/errors/effect.ts';
import { loadMain } from './program.ts';

/** Runs `await eff(x)` with an effect that changes what it is given. */
async function mutating(literal: string, change: (...args: never[]) => void) {
	const main = loadMain(
		`import { eff } from 'world';
		export async function main() { "use durable"; const x = ${literal}; try { return await eff(x, 1); } catch (e) { return e; } }`,
		{
			eff: async (...args: never[]) => {
				change(...args);
				return 'done';
			},
		},
	);
	const outcome = await run(main, []);
	return outcome.status === 'completed' ? outcome.value : outcome;
}

test.each<[string, string, (x: never) => void, string]>([
	['a property', '{ a: { b: 1 } }', (x: { a: { b: number } }) => void x.a.b++, 'arguments[0].a.b'],
	['a new property', '{ a: {} }', (x: { a: { new?: 1 } }) => void (x.a.new = 1), 'arguments[0].a.new'],
	['a deleted one', '{ a: 1, b: 2 }', (x: { a?: number }) => void delete x.a, 'arguments[0].a'],
	['a pushed element', '{ list: [1] }', (x: { list: number[] }) => void x.list.push(2), 'arguments[0].list'],
	['an element', '[1, [2, 3]]', (x: [number, number[]]) => void (x[1][1] = 9), 'arguments[0][1][1]'],
	[
		'an entry of a map',
		'new Map([["k", { n: 1 }]])',
		(x: Map<string, { n: number }>) => void x.get('k')!.n++,
		'arguments[0].get("k").n',
	],
	['a map', 'new Map([["k", 1]])', (x: Map<string, number>) => void x.set('l', 2), 'arguments[0]'],
	['a set', '({ s: new Set([1]) })', (x: { s: Set<number> }) => void x.s.add(2), 'arguments[0].s'],
	['a date', '({ at: new Date(5) })', (x: { at: Date }) => void x.at.setTime(6), 'arguments[0].at'],
	[
		'bytes',
		'({ bytes: new Uint8Array([1, 2]) })',
		(x: { bytes: Uint8Array }) => void (x.bytes[1] = 9),
		'arguments[0].bytes',
	],
	['a key that is no identifier', '({ "a-b": 1 })', (x: { 'a-b': number }) => void x['a-b']++, 'arguments[0]["a-b"]'],
	['a URL', '({ u: new URL("http://x/") })', (x: { u: URL }) => void (x.u.pathname = '/y'), 'arguments[0].u'],
	[
		'the order of keys alone',
		'({ a: 1, b: 2 })',
		(x: { a?: number }) => {
			delete x.a;
			x.a = 1;
		},
		'arguments[0]',
	],
	[
		'who shares what',
		'(() => { const s = {}; return { a: s, b: s }; })()',
		(x: { a: object; b: object }) => void (x.b = {}),
		'arguments[0]',
	],
	[
		'a cycle',
		'(() => { const s = { n: 1 }; s.self = s; return s; })()',
		(x: { n: number }) => void x.n++,
		'arguments[0].n',
	],
])('changing %s is reported with its path', async (_, literal, change, path) => {
	const error = (await mutating(literal, change)) as ArgumentMutatedError;
	expect(ArgumentMutatedError.is(error)).toBe(true);
	expect(error).toMatchObject({ effect: 'eff', path });
	expect(error.point).toMatch(/^subject\.ts:2:\d+$/);
});

test('an effect that only reads, or changes what it made itself, is left alone', async () => {
	expect(
		await mutating('{ a: [new Map([[{}, new Set()]])] }', (x: { a: unknown[] }) => void JSON.stringify([...x.a])),
	).toBe('done');
});

test('an effect that rejects after changing an argument rejects with its own error', async () => {
	const value = await mutating('{ a: 1 }', (x: { a: number }) => {
		x.a++;
		throw new Error('own');
	});
	expect(value).toMatchObject({ message: 'own' });
});

test('in production only small arguments are compared', async () => {
	vi.stubEnv('NODE_ENV', 'production');
	try {
		expect(await mutating('{ a: 1 }', (x: { a: number }) => void x.a++)).toMatchObject({ path: 'arguments[0].a' });
		expect(await mutating('{ a: 1, big: "x".repeat(5000) }', (x: { a: number }) => void x.a++)).toBe('done');
	} finally {
		vi.unstubAllEnvs();
	}
});

test('the run does not see what an effect does to its copy, and each argument keeps its identity among them', async () => {
	const main = loadMain(
		`import { eff } from 'world';
		export async function main() { "use durable"; const x = { n: 1 }; await eff(x, x); return x; }`,
		{
			eff: async (a: { n: number }, b: { n: number }) => {
				expect(a).toBe(b);
				setTimeout(() => void (a.n = 99));
			},
		},
	);
	expect(await run(main, [])).toMatchObject({ status: 'completed', value: { n: 1 } });
});

test('the run changing its object after the call does not change what the effect gets', async () => {
	const seen: unknown[] = [];
	const main = loadMain(
		`import { note, eff } from 'world';
		const shared = { n: 1 };
		export async function main() { "use durable";
			const list = [1];
			for (let i = 0; i < 3; i++) { await eff(list); list.push(i); }
			return list;
		}`,
		{ note() {}, eff: async (list: number[]) => void seen.push([...list]) },
	);
	expect(await run(main, [])).toMatchObject({ value: [1, 0, 1, 2] });
	expect(seen).toEqual([[1], [1, 0], [1, 0, 1]]);
});

test('a result enters as a copy: what the effect keeps of it changes nothing', async () => {
	let kept!: { n: number };
	const main = loadMain(
		`import { eff, later } from 'world';
		export async function main() { "use durable"; const r = await eff(); await later(); return r; }`,
		{
			eff: async () => (kept = { n: 1 }),
			later: async () => void kept.n++,
		},
	);
	expect(await run(main, [])).toMatchObject({ value: { n: 1 } });
	expect(kept.n).toBe(2);
});

test('two results that are one object outside are two inside', async () => {
	const one = { n: 1 };
	const main = loadMain(
		`import { eff } from 'world';
		export async function main() { "use durable"; const a = await eff(); const b = await eff(); a.n++; return [a, b, a === b]; }`,
		{ eff: async () => one },
	);
	expect(await run(main, [])).toMatchObject({ value: [{ n: 2 }, { n: 1 }, false] });
	expect(one.n).toBe(1);
});

test('start arguments and this are copies, shared among themselves', async () => {
	const order = { items: [1] };
	const main = loadMain(
		`
		import { eff } from 'world';
		export async function main(a, b) { "use durable"; a.items.push(2); await eff(); return [a === b, this.order === a, a.items]; }`,
		{
			eff: async () => void order.items.push(99),
		},
	);
	expect(await run(main, [order, order], { this: { order } })).toMatchObject({ value: [true, true, [1, 2]] });
	expect(order.items).toEqual([1, 99]);
});

test('an argument that cannot be saved is refused before anything runs', async () => {
	const eff = vi.fn();
	const main = loadMain(`import { eff } from 'world'; export async function main(a) { "use durable"; eff(); }`, {
		eff,
	});
	await expect(run(main, [1, { a: [() => 0] }])).rejects.toMatchObject({ code: 'PD3009', path: 'args[1].a[0]' });
	await expect(run(main, [], { this: { w: new WeakMap() } })).rejects.toMatchObject({ code: 'PD3009', path: 'this.w' });
	expect(eff).not.toHaveBeenCalled();
});

test('frozen arguments stay frozen', async () => {
	const main = loadMain(
		`import { eff } from 'world';
		export async function main() { "use durable"; return await eff(Object.freeze({ a: Object.freeze([1]) })); }`,
		{ eff: async (x: { a: number[] }) => [Object.isFrozen(x), Object.isFrozen(x.a)] },
	);
	expect(await run(main, [])).toMatchObject({ value: [true, true] });
});

test('arguments are a list, wherever a run is started', async () => {
	const main = loadMain(`import { start } from '@perdure/runtime';
		export async function main(list) { "use durable"; try { return await start(main, list); } catch (error) { return error.message; } }`);
	await using engine = createEngine({ store: memory() });
	for (const none of [undefined, null, 'ab', { length: 0 }, new Set([1])]) {
		const starts = [
			() => run(main, none as never),
			() => engine.start(main, none as never),
			async () => testRun(main, none as never),
		];
		for (const start of starts) await expect(start()).rejects.toThrow(/^the arguments of 'main' are an array/);
		expect(await (await engine.start(main, [none])).result()).toMatch(/^the arguments of '.*main' are an array/);
	}
});

/** What the text of a file shows without types: each error beside the nearest program without it. */
import type { Diagnostic } from '@perdure/abi';
import { transform } from '@perdure/transform';
import { describe, expect, test } from 'vitest';

const HELPERS = `
	import { lookUp } from './elsewhere.ts';
	async function work(x?: unknown) { return x; }
	function make() { return () => 1; }
	function* numbers() { yield 1; }
	async function* pages() { yield 1; }
	class Cart { items = 1 }
	export class Known { items = 1 }
	const tools = { run() { return 1; } };
`;

function diagnose(body: string, more = ''): readonly Diagnostic[] {
	const source = `${HELPERS}${more}\nexport async function main(input: any) {\n"use durable";\n${body}\n}\n`;
	return transform(source, { filename: 'subject.ts' }).diagnostics;
}

const errors = (body: string, more = '') =>
	diagnose(body, more)
		.filter(({ severity }) => severity === 'error')
		.map(({ code, message }) => `${code} ${/'([^']*)'/.exec(message)![1]}`);

const cases: Record<string, readonly (readonly [body: string, found: readonly string[], more?: string])[]> = {
	'a function from outside': [
		['const f = fetch; await work(); f(input);', ['PD3007 f']],
		['const f = structuredClone; f(input); await work();', []],
		['const f = fetch; f(input); await work();', ['PD3010 f']],
		['const f = make(); await work(); f();', ['PD3007 f']],
		['const f = lookUp; await work(); f(1);', []],
		['const f = make; await work(); f();', []],
		['const f = tools.run; await work(); f();', ['PD3007 f']],
		['const { run } = tools; await work(); run();', ['PD3007 run']],
		['const f = make.bind(null); await work(); f();', ['PD3007 f']],
		['const f = () => make(); await work(); f();', []],
		['const f = Math.max; await work(); f(1, 2);', []],
		['const f = input; await work(); f();', []],
		['const f = input ? fetch : lookUp; await work(); f(1);', []],
	],
	'what is assigned later is not what is saved': [
		['let f; await work(); f = fetch; f(input);', []],
		['let f = make(); await work(); f = () => 1; f();', []],
		['const list = []; await work(); list.push(make()); await list.length;', []],
	],
	'an object whose parts may change shows nothing': [
		['const f = tools.run; await work(); f();', [], 'tools.run = lookUp;'],
		['const o = { f: make() }; o.f = () => 1; const f = o.f; await work(); f();', []],
	],
	'a closure over what cannot be saved': [
		['const f = fetch; const g = () => f(input); await work(); g();', ['PD3007 f']],
		['const g = () => fetch(input); await work(); g();', []],
		['const cart = new Cart(); const g = () => cart.items; await work(); g();', ['PD3007 cart']],
		['const g = () => { g(); }; await work(); g();', []],
	],
	'an instance of a class that nothing registers': [
		['const cart = new Cart(); await work(); return cart.items;', ['PD3005 cart']],
		['const cart = new Cart(); await work(cart.items);', []],
		['const cart = new Known(); await work(); return cart.items;', []],
		['const cart = new Cart(); await work(); return cart.items;', [], 'lookUp(Cart);'],
		['class Own { x = 1 } const own = new Own(); await work(); return own.x;', []],
		['const e = new Failed(); await work(); return e;', [], 'class Failed extends Error {}'],
		[
			'const e = new Marked(); await work(); return e;',
			[],
			'class Marked { static [Symbol.for("perdure.serialize")]() {} }',
		],
	],
	'a generator that is not durable': [
		['for (const x of numbers()) await work(x);', ['PD3006 numbers()']],
		['for (const x of numbers()) input.push(x); await work();', []],
		['for (const x of [...numbers()]) await work(x);', []],
		['for await (const x of pages()) input.push(x);', ['PD3006 pages()']],
		['const it = numbers(); await work(); it.next();', ['PD3006 it']],
		['function* own() { yield 1; } for (const x of own()) await work(x);', []],
		['for (const x of counted()) await work(x);', [], 'function* counted() { "use durable"; yield 1; }'],
	],
	'native promises': [
		['const all = [1].map(work); await work(); await Promise.all(all);', ['PD3008 all']],
		['const all = [1].map((x) => work(x)); await work(); await Promise.all(all);', []],
		[
			'const all = [1].map(again); await work(); await Promise.all(all);',
			[],
			'async function again(x: any) { "use durable"; }',
		],
		['const p = work(); await work(); await p;', []],
		['const p = ready; await work(); await p;', ['PD3008 p'], 'const ready = work();'],
		['const p = ready.then(() => 1); await work(); await p;', ['PD3008 p'], 'const ready = work();'],
	],
	'a callee that is not found again': [
		['const f = work; await f(input);', ['PD3010 f']],
		['return (input ? work : fetch)(input);', ['PD3010 (…)']],
		['const f = fetch; return f(input);', ['PD3010 f']],
		['const { promise, resolve } = Promise.withResolvers(); await work(); resolve(1); await promise;', []],
		['const f = async () => work(); await f(); await f();', []],
		['const f = main; await f(input);', []],
		['const step = async (f: any) => await f(1); await step(work);', ['PD3010 f']],
		['const step = async (f: any) => await f(1); await step(work); await step(() => 2);', []],
		['const f = lookUp; await f(input);', []],
	],
};

describe.each(Object.entries(cases))('%s', (_, programs) => {
	for (const [body, found, more] of programs) {
		test(body, () => {
			expect(errors(body, more)).toEqual(found);
		});
	}
});

test('an error leaves its function as it was, and compiles the others', () => {
	const source = `async function work() {}
export async function bad() { "use durable"; const f = fetch; await work(); return [f]; }
export async function good() { "use durable"; await work(); }`;
	const { code, functions, diagnostics } = transform(source, { filename: 'subject.ts' });
	expect(diagnostics.map(({ code: each }) => each)).toEqual(['PD3007']);
	expect(functions.map(({ name }) => name)).toEqual(['good']);
	expect(code).toContain('export async function bad() { "use durable"; const f = fetch; await work(); return [f]; }');
});

describe('fixes', () => {
	/** The source with the only fix applied. */
	function fixed(source: string): string {
		const [{ fix }] = transform(source, { filename: 'subject.ts' }).diagnostics as [Diagnostic];
		expect(fix?.edits).toHaveLength(1);
		const { start, length, text } = fix!.edits[0]!;
		return source.slice(0, start) + text + source.slice(start + length);
	}

	test('a misspelt directive', () => {
		expect(fixed(`async function f() { 'use durble' }`)).toBe(`async function f() { 'use durable' }`);
		expect(fixed(`async function f() { "Use  Durable as x" }`)).toBe(`async function f() { "use durable as x" }`);
		const unclear = transform(`async function f() { "use durable as x y" }`, { filename: 'subject.ts' }).diagnostics;
		expect(unclear.map(({ code, fix }) => [code, fix])).toEqual([['PD1001', undefined]]);
	});

	test('a foreign function that is handed to map by its name', () => {
		const source = `async function load(id) {}
export async function main() { "use durable"; const users = [1].map(load); await load(1); await Promise.all(users); }`;
		expect(fixed(source)).toBe(source.replace('map(load)', 'map(async (item) => load(item))'));
	});
});

describe('what is awaited', () => {
	const awaited: readonly (readonly [body: string, found: readonly string[], more?: string])[] = [
		['await ready;', ['PD3008 ready'], 'const ready = work();'],
		['return ready;', ['PD3008 ready'], 'const ready = work();'],
		['await ready.then(() => 1);', ['PD3008 ready'], 'const ready = work();'],
		['await Promise.all([work(), ready]);', ['PD3008 ready'], 'const ready = work();'],
		['await Promise.all([1, 2].map(work));', ['PD3008 (…).map()']],
		['return Promise.race([1, 2].map(work));', ['PD3008 (…).map()']],
		['await Promise.all([1, 2].map(async (x) => work(x)));', []],
		['const list = [work(1), work(2)]; await Promise.all(list);', []],
		['await work().then(() => 1);', []],
		['await input;', []],
	];
	for (const [body, found, more] of awaited) {
		test(body, () => {
			expect(errors(body, more)).toEqual(found);
		});
	}
});

test('a call of what a call gave is one effect', () => {
	expect(errors('await make()();')).toEqual([]);
	expect(errors('const outer = () => () => work(); await outer()();')).toEqual([]);
});

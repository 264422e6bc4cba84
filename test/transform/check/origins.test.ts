/** Functions, promises and iterators by where they come from, with types: code and the thing that is named. */
import { describe, expect, test } from 'vitest';
import { check } from '../../support/check.ts';

const HELPERS = `import { effect, sleep } from '@perdure/runtime';
import { EventEmitter } from 'node:events';
import { api, lookUp } from './elsewhere.ts';
import { durable, helper, Tool } from './compiled.ts';
import * as steps from './compiled.ts';
const charge = effect(async (n: number) => n);
const cache = new Map<string, Promise<string>>();
const emitter = new EventEmitter();
async function inner(n: number) { return n; }
function* numbers() { yield 1; }
`;
const OTHERS = {
	'elsewhere.ts': `export declare function lookUp(id: string | number): Promise<string>;
export declare const api: { get(id: number): Promise<string>; ready: Promise<void>; pages(): Iterable<number> };`,
	'compiled.ts': `export async function durable(x: number): Promise<number> { "use durable"; return x; }
export function helper(x: number): number { return x; }
export class Tool { static async run(x: number): Promise<number> { "use durable"; return x; } }
export function* counted(): Generator<number> { "use durable"; yield 1; }`,
};

function errors(body: string): string[] {
	const used =
		'void [effect, api, lookUp, durable, helper, Tool, steps, charge, cache, emitter, inner, numbers, sleep];';
	const source = `${HELPERS}\nexport async function main(ids: number[]) {\n"use durable";\n${body}\n}\n${used}\n`;
	return check(source, OTHERS)
		.filter(({ severity }) => severity === 'error')
		.map(({ code, message }) => `${code} ${/'([^']*)'/.exec(message)![1]}`);
}

type Row = readonly [body: string, ...found: string[]];

const cases: Record<string, readonly Row[]> = {
	functions: [
		['const f = helper; await sleep(1); f(1);'],
		['const f = durable; await f(1); await f(2);'],
		['const { durable: f } = steps; await f(1); await f(2);'],
		['const f = Tool.run; await f(1); await f(2);'],
		['const f = lookUp; await sleep(1); f("a");', 'PD3007 f'],
		['const f = lookUp; await f("a");', 'PD3010 f'],
		['const f = api.get; await f(1);', 'PD3010 f'],
		['const f = ids.length ? durable : lookUp; await f(1);', 'PD3010 f'],
		['const f = ids.length ? helper : Math.abs; await sleep(1); f(1);'],
		['const list = [() => 1]; await sleep(1); list[0]!();'],
		['const list = [() => "a", api.get]; await sleep(1); list[0]!(1);', 'PD3007 list[0]'],
		['const o = { run: async () => durable(1) }; await sleep(1); await o.run();'],
		['const o = { run: api.get }; await sleep(1); o.run(1);', 'PD3007 o.run'],
		['const o = { run: () => api.get(1) }; await sleep(1); await o.run();'],
		['const f = helper.bind(null, 1); await sleep(1); f();', 'PD3007 f'],
		['const { resolve, promise } = Promise.withResolvers<number>(); await sleep(1); resolve(1); await promise;'],
	],
	'functions that are put somewhere': [
		[
			'const undo: (() => unknown)[] = []; undo.push(() => lookUp("a")); await sleep(1); for (const u of undo.reverse()) await u();',
		],
		[
			'const undo: (() => unknown)[] = []; undo.push(helper.bind(null, 1)); await sleep(1); undo.pop()!();',
			'PD3007 undo[0]',
		],
		['const by = new Map<string, () => unknown>(); by.set("a", () => 1); await sleep(1); by.get("a")!();'],
		[
			'const by: Record<string, (x: number) => unknown> = { a: durable }; by["b"] = helper; await sleep(1); by["a"]!(1);',
		],
		[
			'const by: Record<string, (x: number) => unknown> = {}; by["b"] = api.get; await sleep(1); by["b"]!(1);',
			'PD3007 by[key]',
		],
	],
	'functions that closures of the run are called with': [
		[
			'const twice = async (f: () => Promise<unknown>) => { await f(); await f(); }; await twice(async () => lookUp("a"));',
		],
		[
			'const twice = async (f: (x: number) => Promise<unknown>) => { await f(1); await f(2); }; await twice(api.get);',
			'PD3010 f',
		],
	],
	promises: [
		['const p = durable(1); await sleep(1); await p;'],
		['const p = lookUp("a"); await sleep(1); await p;'],
		['const p = charge(1); await sleep(1); await p;'],
		['let p: Promise<number> | undefined; if (ids.length) p = durable(1); await sleep(1); if (p) await p;'],
		[
			'const list: Promise<unknown>[] = []; for (const id of ids) list.push(lookUp(id)); await sleep(1); await Promise.all(list);',
		],
		[
			'const by = new Map<number, Promise<number>>(); for (const id of ids) by.set(id, durable(id)); await sleep(1); await by.get(1);',
		],
		['const limited = <T>(p: Promise<T>) => Promise.race([p, sleep(1)]); await limited(durable(1)); await sleep(1);'],
		['await api.ready;', 'PD3008 api.ready'],
		['const p = api.ready; await sleep(1); await p;', 'PD3008 p'],
		['await cache.get("a");', 'PD3008 cache.get()'],
		['await Promise.all([durable(1), api.ready]);', 'PD3008 api.ready'],
		['const ready = () => api.ready; await ready();', 'PD3008 ready()'],
	],
	'promises of lists': [
		['const list = ids.map(durable); await sleep(1); await Promise.all(list);'],
		['const list = ids.map(Tool.run); await sleep(1); await Promise.all(list);'],
		['const list = ids.map(charge); await sleep(1); await Promise.all(list);'],
		['const list = ids.map((id) => lookUp(id)); await sleep(1); await Promise.all(list);'],
		['const list = ids.map(helper); await sleep(1); await Promise.all(list);'],
		['const list = ids.map(lookUp); await sleep(1); await Promise.all(list);', 'PD3008 list[0]'],
		['const list = ids.map(api.get); await sleep(1); await Promise.all(list);', 'PD3008 list[0]'],
		['await Promise.all(ids.map(lookUp));', 'PD3008 ids.map()'],
		['await Promise.all([...ids.map(inner)]);', 'PD3008 ids.map()'],
	],
	resolvers: [
		[
			'const done = new Promise<void>((resolve) => { emitter.once("x", resolve); }); await sleep(1); await done;',
			'PD3008 done',
		],
		[
			'const done = new Promise<void>((resolve) => { emitter.once("x", () => resolve()); }); await done;',
			'PD3008 done',
		],
		['await new Promise<void>((resolve) => emitter.once("x", resolve));'],
		[
			'const { promise, resolve } = Promise.withResolvers<void>(); emitter.once("x", resolve); await promise;',
			'PD3008 promise',
		],
		[
			'let go = () => {}; const open = new Promise<void>((resolve) => { go = resolve; }); await sleep(1); go(); await open;',
		],
	],
	iterators: [
		['for (const [i, id] of ids.entries()) await lookUp(i + id);'],
		['const it = ids.values(); it.next(); await sleep(1); it.next();'],
		['const it = ids[Symbol.iterator](); it.next(); await sleep(1); it.next();'],
		['for (const m of "a1".matchAll(/./g)) await lookUp(m[0]);'],
		['for (const x of ids.values().map((id) => id + 1)) await lookUp(x);'],
		['for (const x of steps.counted()) await lookUp(x);'],
		['function* own() { yield 1; } for (const x of own()) await lookUp(x);'],
		['for (const x of numbers()) await lookUp(x);', 'PD3006 numbers()'],
		['for (const x of api.pages()) await lookUp(x);', 'PD3006 api.pages()'],
		['for (const x of [...api.pages()]) await lookUp(x);'],
	],
};

describe.each(Object.entries(cases))('%s', (_, rows) => {
	for (const [body, ...found] of rows) {
		test(body, () => {
			expect(errors(body)).toEqual(found);
		});
	}
});

test('a list of foreign promises is mended by an arrow of durable code', () => {
	const source = `${HELPERS}\nexport async function main(users: number[]) { "use durable"; await Promise.all(users.map(api.get)); }`;
	const [{ fix, help }] = check(source, OTHERS).filter(({ code }) => code === 'PD3008') as [
		ReturnType<typeof check>[0],
	];
	expect(help).toContain('(user) => api.get(user)');
	expect(fix?.edits.map(({ text }) => text)).toEqual(['async (user) => api.get(user)']);
});

test('what is iterated asynchronously is not to be spread', () => {
	const loop = (items: string) =>
		`${HELPERS}\nexport async function main() { "use durable"; for await (const x of ${items}) { void x; } }\nvoid [pages];`;
	const others = { ...OTHERS, 'pages.ts': 'export declare function pages(): AsyncIterable<number>;' };
	const help = (source: string) => check(source, others).find(({ code }) => code === 'PD3006')!.help;
	expect(help(`import { pages } from './pages.ts';\n${loop('pages()')}`)).toMatch(/^read it inside one effect/);
	expect(help(`async function* pages() { yield 1; }\n${loop('pages()')}`)).toMatch(
		/^begin the body of 'pages' with "use durable"/,
	);
});

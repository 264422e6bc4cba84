/** Warnings: each beside the nearest program that has none, with types and (where syntax is certain) without. */
import type { Diagnostic } from '@perdure/abi';
import { transform } from '@perdure/transform';
import { describe, expect, test } from 'vitest';
import { check } from '../../support/check.ts';

const HELPERS = `import { effect, emit, sleep, start } from '@perdure/runtime';
import { setTimeout as delay } from 'node:timers/promises';
import { lookUp, Money, pMap } from './elsewhere.ts';
async function work(x?: unknown): Promise<any> { return x; }
function plain(x?: unknown) { return x; }
async function each(list: number[], visit: (x: number) => unknown) { for (const x of list) await visit(x); }
async function step(x?: unknown) { "use durable"; return x; }
const charge = effect(work);
class Coupon { code = 'a' }
let count = 0;
`;
const ELSEWHERE = `export declare function lookUp(id: string): Promise<{ id: string }>;
export declare function pMap(list: number[], visit: (x: number) => Promise<unknown>): Promise<unknown[]>;
export class Money { amount = 1 }
`;

const sourceOf = (body: string) =>
	`${HELPERS}\nexport async function main(input: string[]) {\n"use durable";\n${body}\n}\nvoid [emit, delay, lookUp, pMap, Money, plain, each, step, charge, count, sleep, start];\n`;

/** Code, and the text that it is about. */
function warnings(source: string, diagnostics: readonly Diagnostic[]): string[] {
	return diagnostics
		.filter(({ severity }) => severity === 'warning')
		.map(({ code, start, length }) => `${code} ${source.slice(start, start + length).split('\n')[0]}`);
}

type Row = readonly [body: string, found: readonly string[]];

/** Told with types and without. */
const certain: Record<string, readonly Row[]> = {
	PD4001: [
		['await new Promise((r) => setTimeout(r, 10));', ['PD4001 setTimeout']],
		['setTimeout(() => {}, 10);', ['PD4001 setTimeout']],
		['await delay(10);', ['PD4001 delay']],
		['await sleep(10);', []],
		['const setTimeout = (f: () => void, ms: number) => f(); setTimeout(() => {}, 10);', []],
		['await each([1], () => { setTimeout(() => {}, 1); });', []],
	],
	PD4002: [
		['work();', ['PD4002 work()']],
		['step();', ['PD4002 step()']],
		['charge(1);', ['PD4002 charge(1)']],
		['sleep(10);', ['PD4002 sleep(10)']],
		['const p = work(); plain();', ['PD4002 work()']],
		['await work(); plain(); emit(1); start(step, []);', []],
		['const p = step(); await p;', []],
		['void step();', []],
	],
	PD4003: [
		['count += 1;', ['PD4003 count']],
		['count++; count = 3;', ['PD4003 count']],
		['[count] = [1];', ['PD4003 count']],
		['[1].forEach(() => { count = 2; });', ['PD4003 count']],
		['let count = 1; count += 1;', []],
		['return count;', []],
	],
	PD4004: [
		['const x: object = await work(); await work(); return x instanceof Coupon;', ['PD4004 x instanceof Coupon']],
		['const x: object = await work(); return x instanceof Coupon;', []],
		['const x: object = await work(); await work(); return x instanceof Map;', []],
		['class Own {} const x: object = await work(); await work(); return x instanceof Own;', []],
		['try { await work(); } catch (e) { if (e instanceof Coupon) return 1; }', []],
	],
	PD4005: [
		['await each([1], async (x) => { await work(x); });', ['PD4005 async (x) => { await work(x); }']],
		['await each([1], async (x) => work(x));', ['PD4005 async (x) => work(x)']],
		['const visit = async (x: number) => work(x); await each([1], visit);', ['PD4005 visit']],
		['await each([1], async (x) => x);', []],
		['await each([1], (x) => x);', []],
		['await Promise.all([1].map(async (x) => work(x)));', []],
	],
	PD4006: [
		['const p = work(); plain(); await p;', ['PD4006 work()']],
		['void work();', ['PD4006 work()']],
		['await Promise.all(input.map((u) => fetch(u)));', ['PD4006 fetch(u)']],
		['await Promise.all(input.map(async (u) => fetch(u)));', []],
		['await Promise.all([work(), work(1)]);', []],
		['return work();', []],
		['return await fetch("x").then((r) => r.text());', []],
		['const p = charge(1); await p;', []],
		['const p = plain(); return p;', []],
	],
	PD4007: [
		['let n = 0; await Promise.all([each([1], (x) => { n += x; }), work()]);', ['PD4007 (x) => { n += x; }']],
		[
			'const list: number[] = []; await Promise.all([each([1], (x) => list.push(x)), work()]);',
			['PD4007 (x) => list.push(x)'],
		],
		[
			'let n = 0; await Promise.all([1].map(async (y) => { await each([y], (x) => { n += x; }); }));',
			['PD4007 (x) => { n += x; }'],
		],
		['let n = 0; await each([1], (x) => { n += x; });', []],
		['let n = 0; await Promise.all([each([1], (x) => { n += x; })]);', []],
		['await Promise.all([each([1], (x) => { let n = 0; n += x; }), work()]);', []],
		['await Promise.all([1].map(async (y) => { let n = 0; await each([y], (x) => { n += x; }); return n; }));', []],
	],
};

/** Only types tell. */
const typed: Record<string, readonly Row[]> = {
	PD4002: [['lookUp("a");', ['PD4002 lookUp("a")']]],
	PD4004: [['const x: object = await work(); await work(); return x instanceof Money;', ['PD4004 x instanceof Money']]],
	PD4005: [['await pMap([1], async (x) => work(x));', ['PD4005 async (x) => work(x)']]],
	PD4006: [
		['const p = lookUp("a"); plain(); await p;', ['PD4006 lookUp("a")']],
		['await Promise.all(input.map((id) => lookUp(id)));', ['PD4006 lookUp(id)']],
	],
};

const withTypes = (source: string) => warnings(source, check(source, { 'elsewhere.ts': ELSEWHERE }));
const withoutTypes = (source: string) => warnings(source, transform(source, { filename: 'main.ts' }).diagnostics);

describe.each(Object.entries(certain))('%s', (_, rows) => {
	for (const [body, found] of rows) {
		test(body, () => {
			const source = sourceOf(body);
			expect(withoutTypes(source), 'without types').toEqual(found);
			expect(withTypes(source), 'with types').toEqual(found);
		});
	}
});

describe.each(Object.entries(typed))('%s by types', (_, rows) => {
	for (const [body, found] of rows) {
		test(body, () => {
			const source = sourceOf(body);
			expect(withoutTypes(source), 'without types').toEqual([]);
			expect(withTypes(source), 'with types').toEqual(found);
		});
	}
});

describe('sleep in the place of a timer', () => {
	function fixed(source: string): string {
		const { fix } = transform(source, { filename: 'main.ts' }).diagnostics.find(({ code }) => code === 'PD4001')!;
		return [...fix!.edits]
			.sort((a, b) => b.start - a.start)
			.reduce((text, { start, length, text: by }) => text.slice(0, start) + by + text.slice(start + length), source);
	}
	const main = (body: string) => `export async function main(ms) { "use durable"; ${body} }`;

	test('is imported where nothing is yet', () => {
		expect(fixed(main('await new Promise((r) => setTimeout(r, ms * 2));'))).toBe(
			`import { sleep } from '@perdure/runtime';\n${main('await sleep(ms * 2);')}`,
		);
	});

	test('joins what is imported', () => {
		const head = `import { suspend } from '@perdure/runtime';\n`;
		expect(fixed(head + main('await new Promise((r) => { setTimeout(() => r(), 5); }); await suspend();'))).toBe(
			head.replace('suspend }', 'suspend, sleep }') + main('await sleep(5); await suspend();'),
		);
	});

	test('is there already', () => {
		const head = `import { sleep } from '@perdure/runtime';\nimport { setTimeout as wait } from 'node:timers/promises';\n`;
		expect(fixed(head + main('await wait(5); await sleep(1);'))).toBe(head + main('await sleep(5); await sleep(1);'));
	});

	test.each([
		'const sleep = 1; await new Promise((r) => setTimeout(r, ms));',
		'await new Promise((r) => setTimeout(() => r(sum()), ms));',
		'await new Promise((r) => { setTimeout(r, ms); work(); });',
		'setTimeout(() => {}, ms);',
	])('is no certain change: %s', (body) => {
		const found = transform(main(body), { filename: 'main.ts' }).diagnostics.find(({ code }) => code === 'PD4001')!;
		expect(found.fix).toBeUndefined();
	});
});

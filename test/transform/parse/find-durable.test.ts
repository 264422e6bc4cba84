import { describe, expect, it } from 'vitest';
import { findDurableFunctions } from '../../../packages/transform/src/1-parse/find-durable.ts';
import { parse } from '../../../packages/transform/src/1-parse/parse.ts';
import { analyzeScopes } from '../../../packages/transform/src/1-parse/resolve.ts';
import { createSink } from '../../../packages/transform/src/diagnostics/sink.ts';

const D = '"use durable";';

function find(source: string) {
	const file = parse(source, { filename: 'a.ts' });
	const sink = createSink('a.ts');
	const found = findDurableFunctions(file, analyzeScopes(file), sink);
	return { found, codes: sink.diagnostics.map(({ code }) => code) };
}

describe('name paths', () => {
	const cases: [string, string, string | null][] = [
		[`async function f() { ${D} }`, 'f', 'f'],
		[`export default async function () { ${D} }`, 'default', 'default'],
		[`export default async function f() { ${D} }`, 'f', 'f'],
		[`export default async () => { ${D} }`, 'default', 'default'],
		[`const f = async () => { ${D} }`, 'f', 'f'],
		[`const f = async function g() { ${D} }`, 'f', 'g'],
		[`const f = (async () => { ${D} }) as any`, 'f', 'f'],
		[`class A { async m() { ${D} } }`, 'A.m', 'm'],
		[`class A { static async m() { ${D} } }`, 'A.m', 'm'],
		[`class A { async #m() { ${D} } }`, 'A.#m', '#m'],
		[`class A { static m = async () => { ${D} } }`, 'A.m', 'm'],
		[`const o = { p: { async 'q r'() { ${D} } } }`, 'o.p.q r', 'q r'],
		[`const o = { p: async () => { ${D} } }`, 'o.p', 'p'],
		[`exports.f = async () => { ${D} }`, 'exports.f', ''],
		[`export default { async m() { ${D} } }`, 'default.m', 'm'],
		[`class A { async [k]() { "use durable as x" } }`, 'x', null],
		[`wrap(async () => { "use durable as y" })`, 'y', ''],
	];
	for (const [source, path, name] of cases) {
		it(source, () => {
			const { found, codes } = find(source);
			expect(codes).toEqual([]);
			expect(found.map((each) => [each.path, each.name])).toEqual([[path, name]]);
		});
	}
});

describe('what is wrong', () => {
	const cases: [string, string[]][] = [
		[`${D} async function f() {}`, ['PD1001']],
		[`async function f() { g(); "use durable" }`, ['PD1001']],
		[`async function f() { "use strict"; ${D} }`, ['PD1001']],
		[`async function f() { "use Durable" }`, ['PD1001']],
		[`async function f() { "use durrable" }`, ['PD1001']],
		[`async function f() { "use durable as" }`, ['PD1001']],
		[`async function f() { "use client" }`, []],
		[`function f() { ${D} }`, ['PD1002']],
		[`class A { constructor() { ${D} } }`, ['PD1002']],
		[`class A { get x() { ${D} } }`, ['PD1002']],
		[`class A { async m() { ${D} } static async m() { ${D} } }`, ['PD1003']],
		[`async function f() { "use durable as x" } async function g() { "use durable as x" }`, ['PD1003']],
		[`function f(x) { return async () => { ${D} x } }`, ['PD1004']],
		[`for (const x of []) { use(async () => { "use durable as x" }) }`, ['PD1004']],
		[`class A { m = async () => { ${D} } }`, ['PD1004']],
		[`wrap(async () => { ${D} })`, ['PD1005']],
		[`class A { async [k]() { ${D} } }`, ['PD1005']],
	];
	for (const [source, expected] of cases) it(source, () => expect(find(source).codes).toEqual(expected));

	it('leaves the directive of closures alone: they are durable anyway', () => {
		const { found, codes } = find(`async function f() { ${D} await g(async () => { ${D} }) }`);
		expect([found.length, codes]).toEqual([1, []]);
	});
});

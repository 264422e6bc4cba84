/** Sloppy code: what only CommonJS and scripts can do, as written, compiled, and in a run. */

import { run } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { expect, test } from 'vitest';
import { transform } from '../../../packages/transform/src/transform.ts';

const PROGRAMS: Readonly<Record<string, string>> = {
	'functions in blocks write the var of their name': `
		exports.main = async function () { "use durable"; var r = [typeof g]; { r.push(typeof g); function g() { return 1 } g = 2; r.push(typeof g); } r.push(typeof g); await eff('x'); if (r.length) function h() { return 7 } r.push(h()); switch (1) { case 1: function k() { return 'k' } } r.push(k()); try { (function () { r.push(typeof z); { function z() {} } r.push(typeof z) })() } catch (e) {} await eff('y'); return r; };
	`,
	'undeclared names': `
		exports.main = async function () { "use durable"; zz1 = await eff('x', 1); zz1 += 2; const r = zz1; delete globalThis.zz1; return r; };
	`,
	'arguments that nothing writes': `
		exports.main = async function () { "use durable"; return await f(1, 2); };
		async function f(a, b) { "use durable"; await eff('x'); return [arguments.length, arguments[0], ...arguments, Math.max.apply(null, arguments)]; }
	`,
	'of two parameters of one name the last counts': `
		exports.main = async function () { "use durable"; return await f(1, 2); };
		async function f(a, a) { "use durable"; await eff('x', a); return a; }
	`,
	'the name of a function expression cannot be assigned': `
		exports.main = async function () { "use durable"; const f = function q(n) { q = 5; return typeof q + n }; await eff('x'); return f(1) };
	`,
	'a function that is strict by itself': `
		exports.main = async function () { "use durable"; "use strict"; const f = function () { return this === undefined }; await eff('x'); let e1; try { undeclaredX = 1 } catch (e) { e1 = e.name } return [f(), e1] };
	`,
	'delete of a variable': `
		exports.main = async function () { "use durable"; var x = 1; await eff('x'); return [delete x, x, typeof nope] };
	`,
	'var beside function': `
		exports.main = async function () { "use durable"; var f = 1; function f() {} await eff('x', f); var f; var a = a; { var a = 2; } return [f, a] };
	`,
	'of two functions of one name the last counts': `
		exports.main = async function () { "use durable"; await eff('x'); function f() { return 1 } function f() { return 2 } return f() };
	`,
	'a var that is hidden by a catch parameter': `
		exports.main = async function () { "use durable"; try { throw 1 } catch (e) { var e = 2; await eff('e', e) } return [typeof e, e] };
	`,
	'a labelled function': `
		exports.main = async function () { "use durable"; await eff('x'); foo: function ff() { return 3 } return ff() };
	`,
	'functions in blocks of closures': `
		exports.main = async function () { "use durable"; const g = () => { const r = [typeof h]; { function h() { return 1 } const c = () => h; r.push(c()()) } r.push(h()); return r }; await eff('x'); return g() };
	`,
};

interface Loaded {
	readonly main: () => Promise<unknown>;
	readonly trace: string[];
}

function load(code: string): Loaded {
	const trace: string[] = [];
	const eff = async (tag: string, value?: unknown) => {
		trace.push(`${tag} ${JSON.stringify(value)}`);
		return value;
	};
	const module = { exports: {} as { main: () => Promise<unknown> } };
	new Function('require', 'module', 'exports', 'eff', code)(() => internal, module, module.exports, eff);
	return { main: module.exports.main, trace };
}

for (const [title, program] of Object.entries(PROGRAMS)) {
	test(title, async () => {
		const { code, diagnostics } = transform(program, { filename: 'program.cjs', sourceType: 'commonjs' });
		expect(diagnostics).toEqual([]);
		const plain = load(program);
		const expected = [await plain.main(), plain.trace];
		const outside = load(code);
		expect([await outside.main(), outside.trace]).toEqual(expected);
		const inside = load(code);
		const outcome = await run(inside.main, []);
		expect([outcome.status === 'completed' ? outcome.value : outcome, inside.trace]).toEqual(expected);
	});
}

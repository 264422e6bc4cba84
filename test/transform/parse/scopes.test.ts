import { describe, expect, it } from 'vitest';
import { parse } from '../../../packages/transform/src/1-parse/parse.ts';
import { analyzeScopes } from '../../../packages/transform/src/1-parse/resolve.ts';
import type { Binding } from '../../../packages/transform/src/1-parse/scope.ts';

/** Bindings of the functions of a source, by name: of several of one name, the last. */
function bindings(source: string, sourceType: 'module' | 'commonjs' = 'module'): Record<string, Binding> {
	const scopes = analyzeScopes(parse(source, { filename: 'a.tsx', sourceType }));
	return Object.fromEntries([...scopes.declared.values()].map((binding) => [binding.name, binding]));
}

const facts = ({ captured, capturedEarly, reassigned, tdz }: Binding) =>
	Object.entries({ captured, capturedEarly, reassigned, tdz })
		.filter(([, holds]) => holds)
		.map(([fact]) => fact);

describe('what is proven to be initialised', () => {
	const cases: [string, string, string[]][] = [
		['used behind its declaration', 'let x = 1; use(x)', []],
		['used before', 'use(x); let x = 1', ['tdz']],
		['used in its own value', 'let x = x', ['tdz']],
		['captured behind, never changed', 'const x = 1; use(() => x)', ['captured']],
		['captured behind and changed', 'let x = 1; use(() => x); x = 2', ['captured', 'reassigned']],
		['captured by a hoisted function', 'f(); const x = 1; function f() { x }', ['captured', 'capturedEarly', 'tdz']],
		['captured by its own value', 'const x = () => x()', ['captured', 'capturedEarly']],
		['in another case of a switch', 'switch (1) { case 1: let x = 1; case 2: x }', ['tdz']],
		['in the same case', 'switch (1) { case 1: let x = 1; x }', []],
		['in a pattern, behind', 'const { x, y = x } = o', []],
		['in a pattern, before', 'const { y = x, x } = o', ['tdz']],
		['iterated over by itself', 'for (const x of x) ;', ['tdz']],
		['in a body of a loop', 'for (const x of o) use(() => x)', ['captured']],
		['changed by the head of a loop', 'for (let x = 0; ; x++) use(() => x)', ['captured', 'reassigned']],
		['a var with one value, captured behind it', 'var x = 1; use(() => x)', ['captured']],
		['a var with one value, captured before', 'use(() => x); var x = 1', ['captured', 'capturedEarly']],
		['a var in a loop', 'for (;;) { var x = 1; use(() => x) }', ['captured', 'reassigned']],
	];
	for (const [what, body, expected] of cases) {
		it(what, () => {
			expect(facts(bindings(`async function f(o) { ${body} }`)['x']!)).toEqual(expected);
		});
	}

	it('parameters see those before them', () => {
		const { a, b } = bindings('function f(a = b, b = 1) {}');
		expect([facts(a!), facts(b!)]).toEqual([[], ['tdz']]);
	});
});

describe('references', () => {
	const resolve = (source: string, sourceType: 'module' | 'commonjs' = 'module') => {
		const file = parse(source, { filename: 'a.tsx', sourceType });
		const scopes = analyzeScopes(file);
		return [...scopes.references].map(([node, { binding }]) => {
			const name = node.type === 'Identifier' || node.type === 'JSXIdentifier' ? node.name : node.type;
			return `${name}:${binding?.kind ?? 'global'}`;
		});
	};

	it('are none of types', () => {
		expect(resolve('let a: B<C> = d as unknown as E; type F = typeof g; function h(this: X, i?: Y): Z {}')).toEqual([
			'd:global',
		]);
	});

	it('are none of keys and labels', () => {
		expect(resolve('a.b; ({ c: 1, d() {} }); e: for (;;) break e;')).toEqual(['a:global']);
	});

	it('are components, not elements', () => {
		expect(resolve('<A b={c}><d.e /><f /></A>')).toEqual(['A:global', 'c:global', 'd:global', 'A:global']);
	});

	it('are this and arguments of the nearest function that has them', () => {
		const source = 'function f() { return () => [this, arguments] } this;';
		expect(resolve(source)).toEqual(['ThisExpression:this', 'arguments:arguments', 'ThisExpression:global']);
	});

	it('are the name of a class inside it, not outside', () => {
		expect(resolve('class A { m() { A } } A')).toEqual(['A:class-name', 'A:class']);
	});

	it('of a sloppy function in a block are also a var', () => {
		const source = 'function f() { { function g() {} g } g }';
		expect(resolve(source, 'commonjs')).toEqual(['g:function', 'g:var']);
		expect(resolve(source)).toEqual(['g:function', 'g:global']);
	});

	it('of an initialiser may be the catch parameter', () => {
		expect(resolve('function f() { try {} catch (e) { var e = 1 } e }')).toEqual(['e:catch', 'e:var']);
	});
});

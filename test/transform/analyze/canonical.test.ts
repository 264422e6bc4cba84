import { type ParserOptions, parse as parseBabel } from '@babel/parser';
import type * as t from '@babel/types';
import { describe, expect, it } from 'vitest';
import { canonical, canonicalSpans } from '../../../packages/transform/src/3-analyze/canonical.ts';
import { hashText } from '../../../packages/transform/src/3-analyze/hash.ts';

function text(source: string, options: ParserOptions = {}): string {
	const file = parseBabel(source, {
		sourceType: 'module',
		plugins: ['typescript', 'jsx', 'decorators'],
		allowReturnOutsideFunction: true,
		...options,
	});
	return canonical(file.program as unknown as t.Node);
}

describe('the canonical text', () => {
	it('is an S-expression with literals by value', () => {
		expect(text('if (a.b !== 0xff) f?.(`x${y}`, [1, , "q"], { k: -1n });')).toBe(
			'(program [] [(if (binary "!==" (member (id a) "b") (num 255)) (do (chain (call optional (id f) ' +
				'[(template [(chunk "x" "x") (chunk "" "")] [(id y)]) (array [(num 1) - (str "q")]) ' +
				'(object [(property "k" (unary "-" (bigint 1)))])]))) -)])',
		);
	});

	it.each([
		['formatting and comments', 'f( a ,b )', '// c\nf(a, /* d */ b);\n'],
		['parentheses', '(a + (b * c))', 'a + b * c'],
		['quotes and escapes', "f('a\\u0062')", 'f("ab")'],
		['the radix of numbers', 'f(0x10, 1_000, 1.0)', 'f(16, 1000, 1)'],
		['the radix of bigints', 'f(0xffn)', 'f(255n)'],
		['types', 'const x: number = f<string>(y as any)!; type A = 1; interface B {}', 'const x = f(y)'],
		['satisfies, type assertions', 'f(x satisfies Y)', 'f(x)'],
		['types of parameters', 'function f(this: A, a?: B, ...c: D[]): E {}', 'function f(a, ...c) {}'],
		['overloads', 'function f(a: 1): 1; function f(a: any) { return a }', 'function f(a) { return a }'],
		[
			'members that only declare',
			'class A { declare a: 1; private b = 2; [k: string]: any; c?(): 1 }',
			'class A { b = 2 }',
		],
		['type imports', 'import type A from "a"; import { type B, c } from "d"', 'import { c } from "d"'],
		['shorthand properties', 'f({ a, b })', 'f({ a: a, b: b })'],
		['quoted keys', 'f({ "a": 1, 2: 3 })', 'f({ a: 1, "2": 3 })'],
		['the order of flags', 'f(/x/gi)', 'f(/x/ig)'],
		['empty statements', ';;f();;', 'f()'],
		['the directive', 'async function f() { "use durable as x"; g() }', 'async function f() { g() }'],
	])('leaves out %s', (_, one, other) => {
		expect(text(one)).toBe(text(other));
	});

	it.each([
		['a', 'b'],
		['a + b', 'b + a'],
		['a.b', 'a?.b'],
		['(a?.b).c', 'a?.b.c'],
		['a = b', 'a += b'],
		['f(a)', 'new f(a)'],
		['f(a, b)', 'f((a, b))'],
		['++a', 'a++'],
		['let a = 1', 'const a = 1'],
		['f("1")', 'f(1)'],
		['f({ __proto__ })', 'f({ __proto__: __proto__ })'],
		['f({ [a]: 1 })', 'f({ a: 1 })'],
		['if (a) b()', 'if (a) { b() }'],
		['async () => a', '() => a'],
		['function* f() { yield a }', 'function* f() { yield* a }'],
		['for (const a of b);', 'async () => { for await (const a of b); }'],
		['"use strict"; a', 'a'],
		['f`\\n`', 'f`\n`'],
		['class A { static a = 1 }', 'class A { a = 1 }'],
		['class A { constructor(private a) {} }', 'class A { constructor(a) {} }'],
	])('tells %s from %s', (one, other) => {
		expect(text(one)).not.toBe(text(other));
	});

	it('is the same for every shape that a front end gives the tree', () => {
		const source = 'f((a), import("m"), b?.(c))';
		expect(text(source, { createParenthesizedExpressions: true })).toBe(text(source));
		expect(text(source, { createImportExpressions: false } as never)).toBe(
			text(source, { createImportExpressions: true } as never),
		);
	});

	it('does not look at what only a printer wants', () => {
		const file = parseBabel('f(0x10, "a")') as unknown as t.File;
		const bare = JSON.parse(
			JSON.stringify(file.program, (key, value) =>
				['extra', 'start', 'end', 'loc'].includes(key) ? undefined : value,
			),
		);
		expect(canonical(bare)).toBe(canonical(file.program));
	});

	it('says where each node lies in it', () => {
		const file = parseBabel('f((a), b.c)', { createParenthesizedExpressions: true }) as unknown as t.File;
		const { text: whole, spans } = canonicalSpans(file.program);
		const call = (file.program.body[0] as t.ExpressionStatement).expression as t.CallExpression;
		const slice = (node: t.Node) => whole.slice(spans.get(node)!.start, spans.get(node)!.end);
		expect(slice(call.arguments[0]!)).toBe('(id a)');
		expect(slice(call.arguments[1]!)).toBe('(member (id b) "c")');
	});
});

describe('hashes', () => {
	it('are 128 bits of SHA-256 in lower-case base32', () => {
		// ba7816bf8f01cfea414140de5dae2223 (FIPS 180-2, "abc") in base32.
		expect(hashText('abc')).toBe('xj4bnp4pahh6uqkbidpf3lrcem');
		expect(hashText('')).toHaveLength(26);
	});
});

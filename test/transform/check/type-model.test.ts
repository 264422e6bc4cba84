import ts from 'typescript';
import { expect, test } from 'vitest';
import type { Type, TypeProgram, TypeSymbol } from '../../../packages/transform/src/4-check/type-model.ts';
import { fromTypeScript6 } from '../../../packages/transform/src/4-check/typescript-6.ts';
import { pathOf, programOf } from '../../support/program.ts';

interface Asked {
	readonly program: TypeProgram;
	/** The type at the first place where `text` is found behind `after`. A last `,;:]` of `text` is only looked for. */
	type(text: string, after?: string): Type;
	symbol(text: string, after?: string): TypeSymbol | undefined;
}

function ask(main: string, others: Readonly<Record<string, string>> = {}): Asked {
	const program = fromTypeScript6(ts, programOf({ 'main.ts': main, ...others }));
	const file = pathOf('main.ts');
	const spans = (text: string, after = '') => {
		const start = main.indexOf(text, main.indexOf(after));
		expect(start, text).toBeGreaterThanOrEqual(0);
		return [{ start, end: start + text.replace(/[,;:\]]$/, '').length }];
	};
	return {
		program,
		type: (text, after) => program.typesAt(file, spans(text, after))[0]!,
		symbol: (text, after) => program.symbolsAt(file, spans(text, after))[0],
	};
}

test.each([
	['any', 'any'],
	['unknown', 'unknown'],
	['never', 'never'],
	['object', 'non-primitive'],
	['boolean', 'primitive'],
	['void', 'primitive'],
	['symbol', 'primitive'],
	['"a" | 1', 'union'],
	['`a${string}`', 'primitive'],
	['keyof { a: 1; b: 1 }', 'union'],
	['{ a: 1 } & { b: 2 }', 'intersection'],
	['string & { __brand: "x" }', 'intersection'],
	['E', 'primitive'],
	['E.A', 'primitive'],
	['() => void', 'object'],
	['[1, 2]', 'object'],
	['{ [k: string]: Date }', 'object'],
])('the kind of %s is %s', (type, kind) => {
	const { type: typeAt } = ask(`enum E { A, B }\ndeclare const it: ${type};\nexport const out = it;`);
	expect(typeAt('it:').kind).toBe(kind);
	expect(typeAt('it;', 'out').kind).toBe(kind);
});

test('a span that is no node has no type', () => {
	const { program } = ask('export const abc = 1;');
	expect(program.typesAt(pathOf('main.ts'), [{ start: 13, end: 15 }])).toEqual([undefined]);
	expect(program.typesAt(pathOf('other.ts'), [{ start: 0, end: 1 }])).toEqual([undefined]);
});

test('parameters have constraints, deferred types too', () => {
	const { type } = ask(`type Either<T> = T extends 1 ? Date : URL;
export function f<T extends Date, U, A extends unknown[]>(t: T, u: U, a: A, c: Either<T>, i: A[0]) {
	return [t, u, a, c, i];
}`);
	expect(type('t,', 'return').kind).toBe('parameter');
	expect(type('t,', 'return [').constraint()?.symbol()?.name).toBe('Date');
	expect(type('u,', 'return [').constraint()).toBeUndefined();
	expect(type('c,', 'return').kind).toBe('deferred');
	expect(
		type('c,', 'return')
			.parts()
			.map((part) => part.text()),
	).toEqual(['Date', 'URL']);
	expect(type('i]', 'return').constraint()?.kind).toBe('unknown');
});

test('types are narrowed where they are asked for, and are one object each', () => {
	const { type } = ask(`export function f(x: string | Date | undefined) {
	if (x instanceof Date) return x;
	return [x, { x }, new Date()];
}`);
	expect(type('x;', 'return').text()).toBe('Date');
	expect(type('x,', 'return [').text()).toBe('string | undefined');
	expect(type('x', '{ x').text()).toBe('string | undefined');
	expect(type('x;', 'return')).toBe(type('new Date()'));
});

test('arrays and tuples', () => {
	const { type } = ask('declare const a: Date[], t: readonly [string, URL?], e: [];\nexport const out = [a, t, e];');
	expect(type('a,', 'out').symbol()?.name).toBe('Array');
	expect(
		type('a,', 'out')
			.typeArguments()
			.map((each) => each.text()),
	).toEqual(['Date']);
	expect(type('t,', 'out').tuple).toBe(true);
	expect(
		type('t,', 'out')
			.typeArguments()
			.map((each) => each.text()),
	).toEqual(['string', 'URL | undefined']);
	expect(type('e]').typeArguments()).toEqual([]);
});

test('properties, index signatures and signatures', () => {
	const { type } =
		ask(`class C { #hidden = 1; plain?: string; get size() { return this.#hidden; } run() {} static made = 1; *[Symbol.iterator]() {} }
declare const c: C, map: { [key: string]: Date }, fn: (a: string) => URL;
export const literal = { a: 1 };
export const out = [c, map, fn, C];`);
	expect(
		type('c,', 'out')
			.properties()
			.map(({ name, kind, optional }) => [name, kind, optional]),
	).toEqual([
		['#hidden', 'property', false],
		['plain', 'property', true],
		['size', 'accessor', false],
		['run', 'method', false],
		['[iterator]', 'method', false],
	]);
	expect(
		type('map,', 'out')
			.indexTypes()
			.map((each) => each.text()),
	).toEqual(['Date']);
	expect(type('fn:').callSignatures()[0]?.result().text()).toBe('URL');
	expect(type('C]').constructSignatures()[0]?.result()).toBe(type('c,', 'out'));
	expect(type('literal').objectLiteral).toBe(true);
	expect(type('map,', 'out').objectLiteral).toBe(false);
});

test('symbols say where they are declared', () => {
	const { type, symbol } = ask(
		`import { Thing as It } from './thing.ts';
import type { FileHandle } from 'node:fs/promises';
namespace Own { export interface Map { a: 1 } }
declare const a: Map<1, 2>, b: Own.Map, c: It, d: FileHandle, e: Intl.Locale, f: URL;
export const out = [a, b, c, d, e, f, It];`,
		{ 'thing.ts': 'export class Thing extends Date { one = 1 }' },
	);
	const map = type('a,', 'out').symbol()!;
	expect(map.name).toBe('Map');
	expect(map.declarations().every(({ library }) => library)).toBe(true);
	const own = type('b,', 'out').symbol()!;
	expect(own.name).toBe('Own.Map');
	expect(own.declarations().map(({ library, kind }) => [library, kind])).toEqual([[false, 'interface']]);
	const thing = type('c,', 'out').symbol()!;
	expect(thing.declarations()).toMatchObject([{ kind: 'class', file: pathOf('thing.ts'), start: 0, end: 43 }]);
	expect(thing).toBe(symbol('It]'));
	expect(thing).toBe(symbol('Thing'));
	expect(thing.valueType()?.constructSignatures()[0]?.result().symbol()).toBe(thing);
	expect(
		type('c,', 'out')
			.bases()
			.map((base) => base.symbol()?.name),
	).toEqual(['Date']);
	expect(type('d,', 'out').symbol()!.name).toBe('FileHandle');
	expect(type('d,', 'out').symbol()!.declarations()[0]!.file).toContain('/@types/node/');
	expect(type('e,', 'out').symbol()!.name).toBe('Intl.Locale');
	expect(type('f,', 'out').symbol()!.name).toBe('URL');
});

test('the files of a project are its own', () => {
	const { program } = ask("import 'dep';", {
		'node_modules/dep/package.json': '{ "name": "dep", "version": "1.0.0", "types": "index.d.ts" }',
		'node_modules/dep/index.d.ts': 'export class Dep {}',
		'types.d.ts': 'declare const x: 1;',
	});
	expect(program.files).toEqual([pathOf('main.ts')]);
	expect(program.textOf(pathOf('node_modules/dep/index.d.ts'))).toBe('export class Dep {}');
});

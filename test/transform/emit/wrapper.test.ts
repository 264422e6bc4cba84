import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transform } from '@perdure/transform';
import { describe, expect, it } from 'vitest';
import { compile, evaluateModule } from '../../support/compile.ts';

type Any = any;

const AsyncFunction = (async () => {}).constructor;
const later = async (value: unknown) => value;

/** What a user can see of a function: the compiled one and the one as written must agree. */
function looks(fn: Any): Record<string, unknown> {
	return {
		name: fn.name,
		length: fn.length,
		brand: Object.getPrototypeOf(fn) === AsyncFunction.prototype,
		tag: Object.prototype.toString.call(fn),
		prototype: fn.prototype,
		promise: (() => {
			const out = fn.call({});
			out.catch(() => {});
			return out instanceof Promise;
		})(),
		construct: (() => {
			try {
				return new fn();
			} catch (error) {
				return (error as Error).name;
			}
		})(),
	};
}

const BODY = '{ "use durable"; await later(0); return [this?.tag, a, b] }';
const IMPORT = "import { later } from '#test';\n";
const MODULES = { '#test': { later } };

/** Each gives the function as `subject`. */
const FORMS: Readonly<Record<string, string>> = {
	'a declaration': `export async function subject(a, b) ${BODY}`,
	'a declaration that is exported afterwards': `async function own(a, b) ${BODY}\nexport { own as subject }`,
	'a default export': `export default async function named(a, b) ${BODY}\nexport { named as subject }`,
	'a declaration with a default': `export async function subject(a, b = 2) ${BODY}`,
	'a declaration with patterns': `export async function subject({ a }, [b]) ${BODY}`,
	'a declaration with rest': `export async function subject(a, ...b) ${BODY}`,
	'a function expression': `export const subject = async function (a, b) ${BODY}`,
	'a named function expression': `export const subject = async function own(a, b) ${BODY}`,
	'an arrow': `export const subject = async (a, b) => { "use durable"; await later(0); return [a, b] }`,
	'an arrow with a default': `export const subject = async (a, b = 2) => { "use durable"; await later(0); return [a, b] }`,
	'an arrow with rest': `export const subject = async (a, ...b) => { "use durable"; await later(0); return [a, b] }`,
	'a method': `export const o = { async subject(a, b) ${BODY} }; export const { subject } = o`,
	'a method with a quoted name': `const o = { async 'a b'(a, b) ${BODY} }; export const subject = o['a b']`,
	'a method with a computed name': `const k = 'x' + 1; const o = { async [k](a, b) ${BODY.replace('durable', 'durable as k')} }; export const subject = o.x1`,
	'a property': `const o = { p: async (a, b) => { "use durable"; await later(0); return [a, b] } }; export const subject = o.p`,
	'a property called __proto__': `const o = { ["__proto__"]: async (a, b) => { "use durable as p"; await later(0); return [a, b] } }; export const subject = o["__proto__"]`,
	'an assignment': `let own; own = async (a, b) => { "use durable"; await later(0); return [a, b] }; export const subject = own`,
	'a method of a class': `class A { async run(a, b) ${BODY} } export const subject = A.prototype.run`,
	'a static method': `class A { static async run(a, b) ${BODY} } export const subject = A.run`,
	'a method of a class expression': `const A = class { async run(a, b) ${BODY} }; export const subject = A.prototype.run`,
	'a method with a literal name': `class A { async 'a-b'(a, b) ${BODY} } export const subject = A.prototype['a-b']`,
	'a computed method': `let n = 0; const k = { toString() { n++; return 'm' + n } }; class A { async [k](a, b) ${BODY.replace('durable', 'durable as k')} } export const subject = A.prototype.m1`,
	'a static field': `class A { static run = async (a, b) => { "use durable"; await later(0); return [a, b] } } export const subject = A.run`,
	'a private method': `class A { async #run(a, b) ${BODY} get() { return this.#run } } export const subject = new A().get()`,
	'a static private method': `class A { static async #run(a, b) ${BODY} static get() { return A.#run } } export const subject = A.get()`,
	'a declaration in a block': `let own; { async function f(a, b) ${BODY} own = f } export const subject = own`,
};

describe('a wrapper looks like the async function that was written', () => {
	it.each(Object.entries(FORMS))('%s', async (_, source) => {
		const plain = evaluateModule(IMPORT + source, 'subject.ts', MODULES)['subject'] as Any;
		const { exports, functions } = compile(IMPORT + source, MODULES);
		const compiled = exports['subject'] as Any;
		expect(functions).toHaveLength(1);
		expect(looks(compiled)).toEqual(looks(plain));
		const args = [{ a: 1 }, [2], 3];
		expect(await compiled.call({ tag: 't' }, ...args)).toEqual(await plain.call({ tag: 't' }, ...args));
	});

	it('an anonymous default export', async () => {
		const source = `${IMPORT}export default async function (a) { "use durable"; await later(0); return a }`;
		const { exports, functions } = compile(source, MODULES);
		expect(looks(exports['default'])).toMatchObject({ name: 'default', length: 1, brand: true });
		expect(functions[0]!.id).toMatch(/#default$/);
	});
});

describe('a declaration', () => {
	it('can be called before its line', async () => {
		const source = `${IMPORT}export const early = subject(1);\nasync function subject(a) { "use durable"; return await later(a + 1) }`;
		expect(await compile(source, MODULES).exports['early']).toBe(2);
	});

	it('can be reached through an import cycle before its module has run', async () => {
		const helpers = [
			'export const define = (def) => def, bind = (wrapper) => wrapper, call = () => {};',
			'export const enter = (def, self, args) => [def.id, ...args];',
		];
		const directory = mkdtempSync(join(tmpdir(), 'cycle-'));
		const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
		const source = "import './other.mjs';\nexport async function subject(a) { 'use durable'; return await a() }";
		const { code } = transform(source, { filename: join(directory, 'own.mjs') });
		write('own.mjs', code.replace('@perdure/runtime/internal', './helpers.mjs'));
		write('helpers.mjs', helpers.join('\n'));
		write('other.mjs', "import { subject } from './own.mjs';\nconsole.log(subject(7).join())");
		const out = execFileSync(process.execPath, [join(directory, 'own.mjs')], { encoding: 'utf8' });
		rmSync(directory, { recursive: true });
		expect(out.trim()).toBe('own#subject,7');
	});

	it('may be replaced, as any declaration may', async () => {
		const source = `${IMPORT}async function own() { "use durable"; return await later(1) }\nown = async () => 2;\nexport const subject = own`;
		expect(await (compile(source, MODULES).exports['subject'] as Any)()).toBe(2);
	});

	it('keeps the name of a function expression to itself', async () => {
		const source = `${IMPORT}const own = 'outer';\nexport const subject = async function own(n) { "use durable"; return n === 0 ? [typeof own, await later(n)] : await own(n - 1) };\nexport { own }`;
		const { exports } = compile(source, MODULES);
		expect(await (exports['subject'] as Any)(2)).toEqual(['function', 0]);
		expect(exports['own']).toBe('outer');
	});

	it('rejects when a default throws', async () => {
		const source = `${IMPORT}export async function subject(a = boom()) { "use durable"; await later(0) }\nfunction boom() { throw new Error('boom') }`;
		const subject = compile(source, MODULES).exports['subject'] as Any;
		await expect(subject()).rejects.toThrow('boom');
	});
});

describe('an arrow', () => {
	it('has the this of what is around it, however it is called', async () => {
		const source = `${IMPORT}export class A { static run = async () => { "use durable"; await later(0); return [this, (() => this)()] } }\nexport const outer = { run: async () => { "use durable"; await later(0); return typeof this } }`;
		const { exports } = compile(source, MODULES);
		const A = exports['A'] as Any;
		expect(await A.run.call(1)).toEqual([A, A]);
		expect(await (exports['outer'] as Any).run()).toBe('undefined');
	});
});

describe('strictness', () => {
	const sloppy =
		'exports.subject = subject; async function subject() { "use durable"; await require("#test").later(0); return this === globalThis }';
	const strict = sloppy.replace('"use durable";', '"use durable"; "use strict";');

	it('stays as it was', async () => {
		const options = { sourceType: 'commonjs', filename: 'strictness.cjs' } as const;
		for (const [source, expected] of [
			[sloppy, true],
			[strict, false],
		] as const) {
			const { code } = transform(source, options);
			const exports: Any = {};
			const modules: Any = { ...MODULES, '@perdure/runtime/internal': await import('@perdure/runtime/internal') };
			new Function('exports', 'require', code)(exports, (name: string) => modules[name]);
			expect(await (0, exports.subject)()).toBe(expected);
		}
	});
});

describe('TypeScript around the body', () => {
	it('stays valid', () => {
		const source = [
			IMPORT,
			'export async function subject(this: Date, { a }: { a: number }, b?: string, ...c: number[]): Promise<number>',
			'{ "use durable"; await later(0); return a }',
			'export async function over(a: string): Promise<string>;',
			'export async function over(a: any) { "use durable"; return await later(a) }',
			'export abstract class A<T> extends Object { declare x: T; abstract m(): void;',
			'  public override async run<U>(a: T, b: U): Promise<U> { "use durable"; await later(a); return b } }',
			'export class B { private static async go(a: string) { "use durable"; await later(a) } }',
		].join('\n');
		const { code } = compile(source, MODULES, { filename: 'subject.ts' });
		expect(code).toContain('function subject(this: Date, arg: {');
		expect(code).toContain('b?: string, ...c: number[]): Promise<number>');
		expect(code).toContain('public override run<U>(a: T, b: U): Promise<U>');
		expect(code).toContain('private static go(a: string)');
		expect(code).toContain('export async function over(a: string): Promise<string>;');
	});
});

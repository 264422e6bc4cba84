import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { createClasses } from '../../../packages/transform/src/4-check/classes.ts';
import { createDurableFiles } from '../../../packages/transform/src/4-check/durable-files.ts';
import type { Obstacle } from '../../../packages/transform/src/4-check/obstacle.ts';
import { createRegistrations } from '../../../packages/transform/src/4-check/registrations.ts';
import { fromTypeScript6 } from '../../../packages/transform/src/4-check/typescript-6.ts';
import { createVerdicts } from '../../../packages/transform/src/4-check/verdict.ts';
import { pathOf, programOf } from '../../support/program.ts';

const RUNTIME = "import { serializable, resource, SERIALIZE, DESERIALIZE, type Serializable } from '@perdure/runtime';";

/** What is in the way of values of `it`, which `main` declares. */
function obstacles(main: string, others: Readonly<Record<string, string>> = {}): readonly Obstacle[] {
	const text = `${main}\nexport const last = it;`;
	const compiler = programOf({ 'main.ts': text, ...others });
	const wrong = compiler.getSemanticDiagnostics(compiler.getSourceFile(pathOf('main.ts')));
	expect(wrong.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
	const program = fromTypeScript6(ts, compiler);
	const classes = createClasses(program, createRegistrations(program), createDurableFiles(program));
	const end = text.length - 1;
	const [type] = program.typesAt(pathOf('main.ts'), [{ start: end - 2, end }]);
	return createVerdicts(classes).obstacles(type!);
}

const shown = (found: readonly Obstacle[]) => found.map(({ kind, path }) => `${kind} it${path}`);
const ofType = (type: string, before = '') => shown(obstacles(`${before}\ndeclare const it: ${type};`));

describe('what can be saved', () => {
	test.each([
		'string',
		'number',
		'boolean',
		'bigint',
		'symbol',
		'undefined',
		'null',
		'void',
		'never',
		'"a" | 2 | true',
		'`a-${number}`',
		'Uppercase<string>',
		'keyof Date',
		'Date',
		'RegExp',
		'URL',
		'URLSearchParams',
		'Headers',
		'Error',
		'AggregateError',
		'DOMException',
		'Uint8Array',
		'ArrayBuffer',
		'DataView',
		'Buffer',
		'Uint8Array<ArrayBuffer>',
		'BigInt64Array',
		'Temporal.Instant',
		'Temporal.PlainDate | undefined',
		'string[]',
		'readonly (Date | null)[]',
		'[string, Date?, ...number[]]',
		'readonly []',
		'string[][][][][][]',
		'Map<string, { a: Date }>',
		'ReadonlyMap<string, Set<URL>>',
		'ReadonlySet<1>',
		'{ a: { b: { c: Date } } }',
		'{ readonly a?: string }',
		'{ [key: string]: Date }',
		'Record<"a" | "b", number>',
		'Partial<{ a: Date }>',
		'Pick<URL & { mine: 1 }, "mine">',
		'Omit<{ a: Date; b: Date }, "a">',
		'Readonly<Date[]>',
		'string & { readonly __brand: "id" }',
		'{ a: 1 } & { b: Date }',
		'Exclude<string | Date, Date>',
		'NonNullable<Date | null>',
		'Awaited<Promise<Date>>',
		'ReturnType<() => Date>',
		'{ a: Date; b: URL }["a" | "b"]',
		'IteratorResult<string, Date>',
		'RegExpExecArray',
		'RegExpMatchArray | null',
		'NodeJS.ErrnoException',
		'PromiseSettledResult<Date>',
		'Error & { code: string }',
		'NodeJS.MemoryUsage',
		'import("node:path").ParsedPath',
		'TemplateStringsArray',
	])('%s', (type) => {
		expect(ofType(type)).toEqual([]);
	});

	test('enums and their members', () => {
		const enums =
			'enum Color { Red, Blue = "blue".length }\nenum Text { A = "a", B = "b" }\nconst enum Small { One = 1 }';
		for (const type of ['Color', 'Text', 'Text.A', 'Small', 'Color.Red | Text'])
			expect(ofType(type, enums)).toEqual([]);
	});

	test('an empty object literal is an empty object', () => {
		expect(shown(obstacles('const it = {};'))).toEqual([]);
		expect(shown(obstacles('const it = { a: {}, b: [] as string[] };'))).toEqual([]);
	});
});

describe('what cannot', () => {
	test.each([
		['WeakMap<object, string>', 'value it'],
		['SharedArrayBuffer', 'value it'],
		['Response', 'value it'],
		['AbortSignal | undefined', 'value it'],
		['Intl.NumberFormat', 'value it'],
		['import("node:net").Socket', 'value it'],
		['import("node:fs/promises").FileHandle', 'value it'],
		['import("node:events").EventEmitter', 'value it'],
		['import("node:fs").Stats', 'value it'],
		['NodeJS.Timeout', 'value it'],
		['ReturnType<typeof setTimeout>', 'value it'],
		['CryptoKey', 'value it'],
		['HTMLElement', 'value it'],
		['TextEncoder', 'value it'],
		['typeof Math', 'value it'],
		['typeof import("node:fs")', 'namespace it'],
		['RequestInit', 'value it.body'],
		['Promise<string>', 'promise it'],
		['PromiseLike<string>[]', 'promise it[0]'],
		['() => void', 'function it'],
		['Function', 'function it'],
		['typeof Date', 'function it'],
		['new () => Date', 'function it'],
		['Generator<string>', 'iterator it'],
		['AsyncGenerator<string>', 'iterator it'],
		['IterableIterator<string>', 'iterator it'],
		['AsyncIterable<string>', 'iterator it'],
		['MapIterator<string>', 'iterator it'],
		['any', 'unknown it'],
		['unknown', 'unknown it'],
		['object', 'unknown it'],
		['{}', 'unknown it'],
		['Object', 'unknown it'],
		['{ a: any }[]', 'unknown it[0].a'],
		['Record<string, unknown>', 'unknown it[key]'],
		['{ customer: { session: { socket: import("node:net").Socket } } }', 'value it.customer.session.socket'],
		['{ "some key": WeakSet<Date>; 3: string }', 'value it["some key"]'],
		['[string, ...WeakSet<Date>[]]', 'value it[1]'],
		['Map<WeakSet<Date>, string>', 'value it.keys()[0]'],
		['Map<string, WeakSet<Date>>', 'value it.get(key)'],
		['Set<WeakSet<Date>>', 'value it.values()[0]'],
		['{ deep: { a: { w: WeakSet<Date> } }; near: WeakSet<Date> }', 'value it.near'],
		['Partial<{ s: import("node:net").Socket }>', 'value it.s'],
		['{ a: 1 } & { b: WeakSet<Date> }', 'value it.b'],
		['{ [Symbol.iterator](): Iterator<1> }', 'function it[Symbol.iterator]'],
		['import("node:stream").Readable', 'value it'],
		['NodeJS.ReadableStream', 'value it'],
		['ErrorConstructor', 'function it'],
	])('%s', (type, first) => {
		expect(ofType(type)[0]).toBe(first);
	});

	test('methods of an interface, accessors of a literal', () => {
		expect(ofType('Log', 'interface Log { level: string; write(line: string): void }')).toEqual(['function it.write']);
		expect(shown(obstacles('const it = { get a() { return 1; } };'))).toEqual(['accessor it.a']);
		expect(ofType('Shape', 'interface Shape { get a(): number }')).toEqual([]);
	});

	test('every way to a function is named', () => {
		const handlers = 'interface Handler { run: () => void }';
		expect(ofType('{ a: Handler; b: Handler; c: string }', handlers)).toEqual([
			'function it.a.run',
			'function it.b.run',
		]);
		const found = obstacles('interface Node { run: () => void; next: Node | null }\ndeclare const it: Node;');
		expect(found.map(({ path, liftable }) => [path, liftable])).toEqual([['.run', false]]);
		expect(obstacles('declare const it: { run: () => void };').map(({ liftable }) => liftable)).toEqual([true]);
	});
});

describe('names alone decide nothing', () => {
	test('a class of the user is not the built-in of that name', () => {
		expect(ofType('Own.Map', 'namespace Own { export class Map { a = 1 } }')).toEqual(['class it']);
		expect(ofType('Own.Date', 'namespace Own { export interface Date { now(): number } }')).toEqual([
			'function it.now',
		]);
	});

	test('an interface of the user is judged by what it has', () => {
		expect(ofType('Socket', 'interface Socket { host: string; port: number }')).toEqual([]);
		expect(ofType('Promise', 'interface Promise { kept: boolean }\nexport {}')).toEqual([]);
	});

	test('what is added to a global keeps it one', () => {
		expect(ofType('Error', 'declare global { interface Error { status?: number } }')).toEqual([]);
	});
});

describe('types that call themselves', () => {
	test.each([
		['List', 'interface List { value: Date; next: List | null }', []],
		['Json', 'type Json = string | number | boolean | null | Json[] | { [key: string]: Json }', []],
		['A', 'interface A { b: B }\ninterface B { a: A; c: C }\ninterface C { a: A; b: B; when: Date }', []],
		['A', 'interface A { b: B; s: WeakSet<Date> }\ninterface B { a: A }', ['value it.s']],
		['B', 'interface A { b: B; s: WeakSet<Date> }\ninterface B { a: A }', ['value it.a.s']],
		['Tree<Date>', 'interface Tree<T> { value: T; children: Tree<T>[]; parent?: Tree<T> }', []],
		['Nest<Date>', 'interface Nest<T> { value: T; inner: Nest<T[]> | null }', []],
		['Grow<Date>', 'type Grow<T> = { value: T; left: Grow<[T, 1]>; right: Grow<[T, 2]>; third: Grow<{ t: T }> }', []],
		['Nest<Date>', 'interface Nest<T> { value: T; inner: Nest<T[]> | null; w: WeakSet<Date> }', ['value it.w']],
		['Lazy', 'type Lazy = { [K in "a" | "b"]: Lazy } & { when: Date }', []],
	])('%s of %s', (type, declared, expected) => {
		expect(ofType(type, declared).slice(0, 1)).toEqual(expected);
	});

	test('what was found for one type does not hide what is found for another', () => {
		const cycle = 'interface A { b: B; s: WeakSet<Date> }\ninterface B { a: A; d: Date }';
		expect(ofType('[B, A]', cycle)).toEqual(['value it[1].s']);
		const text = `${cycle}\ndeclare const it: A, other: B;\nexport const all = [it, other];`;
		const program = fromTypeScript6(ts, programOf({ 'main.ts': text }));
		const at = (name: string) => {
			const start = text.indexOf(name, text.indexOf('all ='));
			return program.typesAt(pathOf('main.ts'), [{ start, end: start + name.length }])[0]!;
		};
		const verdicts = createVerdicts(createClasses(program, createRegistrations(program), createDurableFiles(program)));
		expect(shown(verdicts.obstacles(at('it')))).toEqual(['value it.s']);
		expect(shown(verdicts.obstacles(at('other')))).toEqual(['value it.a.s']);
	});
});

describe('type parameters', () => {
	const inside = (parameters: string, type: string, before = RUNTIME) => {
		const text = `${before}\nexport function f<${parameters}>(it: ${type}) { return it; }`;
		const compiler = programOf({ 'main.ts': text });
		expect(compiler.getSemanticDiagnostics(compiler.getSourceFile(pathOf('main.ts')))).toEqual([]);
		const program = fromTypeScript6(ts, compiler);
		const start = text.lastIndexOf('it;');
		const [found] = program.typesAt(pathOf('main.ts'), [{ start, end: start + 2 }]);
		const classes = createClasses(program, createRegistrations(program), createDurableFiles(program));
		return shown(createVerdicts(classes).obstacles(found!));
	};

	test.each([
		['T', 'T', ['unknown it']],
		['T', 'T[]', ['unknown it[0]']],
		['T', 'T & {}', ['unknown it']],
		['T', 'Partial<T>', ['unknown it']],
		['T extends unknown', 'T', ['unknown it']],
		['T extends {}', 'T', ['unknown it']],
		['T extends object', '{ t: T }', ['unknown it.t']],
		['T extends string', 'T', []],
		['T extends { id: string }', 'T', []],
		['T extends { id: string }', 'Partial<T>', []],
		['T extends { id: string }, K extends keyof T', 'K', []],
		['T extends { id: Date }, K extends keyof T', 'T[K]', ['unknown it']],
		['T extends { socket: WeakSet<Date> }', 'T', ['value it.socket']],
		['T extends Serializable', 'T', []],
		['T extends Serializable', '{ all: T[] }', []],
		['T', 'Serializable<T>', []],
		['T extends string', 'T extends "a" ? WeakSet<Date> : string', ['value it']],
		['T extends string', 'T extends "a" ? Date : string', []],
		['T extends List<T>', 'T', [], 'interface List<T> { next: T | null }'],
	] as const)('<%s> %s', (parameters, type, expected, before: string = RUNTIME) => {
		expect(inside(parameters, type, before)).toEqual(expected);
	});

	test('a Serializable of the user promises nothing', () => {
		expect(inside('T extends Serializable', 'T', 'type Serializable = unknown;')).toEqual(['unknown it']);
	});
});

describe('classes', () => {
	const cart =
		'class Cart { items: string[] = []; add(item: string) { this.items.push(item); } get size() { return 1; } }';
	const it = 'declare const it: Cart;';

	test('need a registration', () => {
		const [found] = obstacles(`${cart}\ndeclare const it: { cart: Cart };`);
		expect(found).toMatchObject({
			kind: 'class',
			path: '.cart',
			what: "an instance of 'Cart', a class that is not registered",
		});
		expect(found!.help).toBe(
			'register the class: serializable(Cart), or resource(Cart, { marshal, unmarshal }) for something live',
		);
	});

	test.each([
		['serializable(Cart)', `${RUNTIME}\n${cart}\nserializable(Cart);`],
		['under another name', `import { serializable as keep } from '@perdure/runtime';\n${cart}\nkeep(Cart);`],
		['of a namespace', `import * as p from '@perdure/runtime';\n${cart}\np.serializable(Cart);`],
		[
			'where it is declared',
			`${RUNTIME}\nconst Cart = serializable(class { items: string[] = []; add() {} });\ntype Cart = InstanceType<typeof Cart>;`,
		],
		['with an id', `${RUNTIME}\n${cart}\nserializable(Cart, undefined, { id: 'cart' });`],
		['with a private constructor', `${RUNTIME}\nclass Cart { private constructor() {} a = 1 }\nserializable(Cart);`],
		[
			'generic',
			`${RUNTIME}\nclass Box<T> { constructor(public value: T) {} get() { return this.value; } }\nserializable(Box);\ntype Cart = Box<Date>;`,
		],
		[
			'a resource',
			`${RUNTIME}\nclass Cart { socket!: import('node:net').Socket }\nresource(Cart, { marshal: () => 1, unmarshal: () => new Cart() });`,
		],
	])('registered: %s', (_, text) => {
		expect(shown(obstacles(`${text}\n${it}`))).toEqual([]);
	});

	test('registered in another module, through a re-export of another name', () => {
		const others = {
			'cart.ts': `export ${cart}`,
			'durable.ts': "export { serializable as keep } from '@perdure/runtime';",
			'setup.ts': "import { keep } from './durable.ts';\nimport { Cart } from './cart.ts';\nkeep(Cart);",
		};
		expect(shown(obstacles(`import type { Cart } from './cart.ts';\n${it}`, others))).toEqual([]);
	});

	test('a function of the user called serializable registers nothing', () => {
		expect(
			shown(obstacles(`${cart}\nfunction serializable(c: unknown) { return c; }\nserializable(Cart);\n${it}`)),
		).toEqual(['class it']);
	});

	test('what a registered class holds must be savable without hooks', () => {
		const live = 'class Cart { inner = { socket: null as unknown as WeakSet<Date> }; method() {} }';
		expect(shown(obstacles(`${RUNTIME}\n${live}\nserializable(Cart);\n${it}`))).toEqual(['value it.inner.socket']);
		const hooks = '{ serialize: () => 1, deserialize: () => new Cart() }';
		expect(shown(obstacles(`${RUNTIME}\n${live}\nserializable(Cart, ${hooks});\n${it}`))).toEqual([]);
		expect(
			shown(
				obstacles(
					`${RUNTIME}\nclass Box<T> { constructor(public value: T) {} }\nserializable(Box);\ndeclare const it: Box<WeakSet<Date>>;`,
				),
			),
		).toEqual(['value it.value']);
		expect(shown(obstacles(`${RUNTIME}\nclass Cart { run = () => 1 }\nserializable(Cart);\n${it}`))).toEqual([
			'function it.run',
		]);
	});

	test('private members need hooks', () => {
		const hidden = 'class Cart { #items = 1; size() { return this.#items; } HOOKS }';
		const [found] = obstacles(`${RUNTIME}\n${hidden.replace('HOOKS', '')}\nserializable(Cart);\n${it}`);
		expect(found).toMatchObject({ kind: 'class', what: "an instance of 'Cart', a class with private members" });
		expect(found!.help).toBe('give it hooks: serializable(Cart, { serialize, deserialize })');
		const statics =
			'static [SERIALIZE](cart: Cart) { return cart.#items; } static [DESERIALIZE]() { return new Cart(); }';
		expect(shown(obstacles(`${RUNTIME}\n${hidden.replace('HOOKS', statics)}\nserializable(Cart);\n${it}`))).toEqual([]);
		const own = `const SERIALIZE = Symbol(), DESERIALIZE = Symbol();\n${hidden.replace('HOOKS', statics)}`;
		expect(
			shown(obstacles(`import { serializable } from '@perdure/runtime';\n${own}\nserializable(Cart);\n${it}`)),
		).toEqual(['class it']);
	});

	test('the help says which registration fits', () => {
		const help = (members: string, heritage = '') =>
			obstacles(
				`import { EventEmitter } from 'node:events';\nexport { EventEmitter };\nclass Cart ${heritage} { ${members} }\n${it}`,
			)[0]!.help;
		expect(help("socket!: import('node:net').Socket")).toBe(
			'register the class: resource(Cart, { marshal, unmarshal })',
		);
		expect(help('a = 1', 'extends EventEmitter')).toBe('register the class: resource(Cart, { marshal, unmarshal })');
		expect(help('#a = 1; b() { return this.#a; }')).toBe(
			'register the class: serializable(Cart, { serialize, deserialize }), or resource(Cart, { marshal, unmarshal }) for something live',
		);
		expect(help('code = 1', 'extends Error')).toBe('register the class: serializable(Cart)');
	});

	test('errors of compiled modules are registered by themselves', () => {
		const error = 'export class Failed extends Error { code = 1 }';
		const durable = 'export async function f() { "use durable"; }';
		const imported = "import type { Failed } from './failed.ts';\ndeclare const it: Failed;";
		expect(shown(obstacles(imported, { 'failed.ts': `${error}\n${durable}` }))).toEqual([]);
		expect(shown(obstacles(imported, { 'failed.ts': error }))).toEqual(['class it']);
		expect(shown(obstacles(imported, { 'failed.ts': `${error.replace('Error', 'RangeError')}\n${durable}` }))).toEqual(
			[],
		);
		expect(shown(obstacles(imported, { 'failed.ts': `export class Failed { code = 1 }\n${durable}` }))).toEqual([
			'class it',
		]);
		const holds = 'export class Failed extends Error { at = new WeakSet<Date>() }';
		expect(shown(obstacles(imported, { 'failed.ts': `${holds}\n${durable}` }))).toEqual(['value it.at']);
	});

	test('classes made by durable code need none: what they capture decides', () => {
		const made = 'export async function f() { "use durable"; class Made { a = 1 } return new Made(); }';
		const taken = "import { f } from './made.ts';\ndeclare const it: Awaited<ReturnType<typeof f>>;";
		expect(shown(obstacles(taken, { 'made.ts': made }))).toEqual(['made it']);
		expect(shown(obstacles(taken, { 'made.ts': made.replace('"use durable"; ', '') }))).toEqual(['class it']);
	});
});

describe('packages', () => {
	const folder = pathOf('node_modules/dep');
	afterAll(() => rmSync(dirname(folder), { recursive: true, force: true }));
	const manifest = '{ "name": "dep", "version": "1.0.0", "types": "index.d.ts", "main": "index.js" }';
	const declared =
		'export class Client { query(): void; } export interface Pool { size: number; connect(): void } export declare class Hidden { #private; a: 1 }';
	const others = { 'node_modules/dep/package.json': manifest, 'node_modules/dep/index.d.ts': declared };
	const use = (type: string) =>
		`import type { Client, Pool, Hidden } from 'dep';\ndeclare const it: ${type};\nexport type All = [Client, Pool, Hidden];`;

	test('their classes need a registration, in a module of the user', () => {
		const [found] = obstacles(use('Client'), others);
		expect(found!.kind).toBe('class');
		expect(found!.help).toBe(
			'register the class, in a module of yours: serializable(Client), or resource(Client, { marshal, unmarshal }) for something live',
		);
		expect(shown(obstacles(use('{ pool: Pool }'), others))).toEqual(['function it.pool.connect']);
		const registered = `import { Client } from 'dep';\nimport { resource } from '@perdure/runtime';\nresource(Client, { marshal: () => 1, unmarshal: () => new Client() });\ndeclare const it: Client;`;
		expect(shown(obstacles(registered, others))).toEqual([]);
		expect(obstacles(use('Hidden'), others)[0]!.help).toContain('serializable(Hidden, { serialize, deserialize })');
	});

	test.each([
		['import', "import { resource } from '@perdure/runtime';\nexport class Client {}\nresource(Client, {});"],
		[
			'require',
			"const runtime_1 = require('@perdure/runtime');\nclass Client {}\n(0, runtime_1.resource)(Client, {});",
		],
	])('a package may register its own, by %s', (_, code) => {
		mkdirSync(folder, { recursive: true });
		writeFileSync(`${folder}/index.js`, code);
		expect(shown(obstacles(use('Client'), others))).toEqual([]);
		writeFileSync(`${folder}/index.js`, code.replace('@perdure/runtime', 'another'));
		expect(shown(obstacles(use('Client'), others))).toEqual(['class it']);
	});
});

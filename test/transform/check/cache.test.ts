/**
 * What `check` keeps between two calls. A project is edited in every way that could change what is said of a file
 * that was not touched, and after each edit the kept answers and a new check say the same.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { check } from '../../../packages/transform/src/check.ts';
import { type Content, digestsOf } from '../../../packages/transform/src/check-cache/digests.ts';
import { createFindImports, type ResolutionOptions } from '../../../packages/transform/src/check-cache/imports.ts';
import { createProject } from '../../support/project.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const TYPESCRIPT = {
	6: join(repository, 'node_modules/typescript'),
	7: join(repository, 'test/typescript-7/node_modules/typescript'),
} as const;

const tsconfig = (more: object = {}) =>
	JSON.stringify({
		compilerOptions: {
			...{ target: 'es2023', module: 'esnext', moduleResolution: 'bundler', strict: true, noEmit: true },
			...{ types: [], skipLibCheck: true, resolveJsonModule: true, lib: ['es2023'], ...more },
		},
		include: ['src'],
	});

/** A durable function that holds something over an await. */
const holds = (imports: string, made: string) =>
	`${imports}\nexport async function f() {\n\t'use durable';\n\tconst held = ${made};\n\tawait null;\n\treturn String(held);\n}\n`;

type Files = Readonly<Record<string, string | null>>;

function createEdited(version: keyof typeof TYPESCRIPT, files: Readonly<Record<string, string>>) {
	const project = createProject(files);
	const modules = join(project.folder, 'node_modules');
	rmSync(modules);
	mkdirSync(join(modules, '@perdure'), { recursive: true });
	symlinkSync(TYPESCRIPT[version], join(modules, 'typescript'), 'junction');
	symlinkSync(join(repository, 'packages/runtime'), join(modules, '@perdure/runtime'), 'junction');
	const kept = join(modules, '.cache/perdure');
	/** As if it was long ago: what is written while a check runs is not kept. */
	const age = () => {
		for (const file of readdirSync(project.folder, { recursive: true, encoding: 'utf8' }))
			if (/^(src|lib|[^/]+\.json)/.test(file)) utimesSync(join(project.folder, file), 0, 0);
	};
	age();
	const said = (cache: boolean) =>
		check({ project: project.folder, cache }).map(
			({ code, file, line, message }) => `${file.slice(project.folder.length + 1)}:${line} ${code} ${message}`,
		);
	const storedIn = () => readdirSync(kept).map((name) => join(kept, name));
	return {
		project,
		edit(edits: Files) {
			for (const [path, text] of Object.entries(edits))
				if (text === null) project.remove(path);
				else project.write({ [path]: text });
			age();
		},
		/** What is said, kept or not. */
		said() {
			const answers = said(true);
			expect(said(true)).toEqual(answers);
			expect(said(false)).toEqual(answers);
			return answers;
		},
		kept: () => said(true),
		stored: storedIn,
		/** Files whose answer is another than before, or was found out again. */
		keys(): Record<string, string> {
			const { answers } = JSON.parse(readFileSync(storedIn()[0]!, 'utf8')) as {
				answers: Record<string, { key: string }>;
			};
			return Object.fromEntries(
				Object.entries(answers).map(([file, { key }]) => [file.slice(project.folder.length + 1), key]),
			);
		},
		/** What is kept says that of all files. */
		forge(message: string) {
			for (const path of storedIn()) {
				const stored = JSON.parse(readFileSync(path, 'utf8')) as { answers: Record<string, { diagnostics: object[] }> };
				for (const [file, answer] of Object.entries(stored.answers))
					answer.diagnostics = [
						{
							code: 'PD9999',
							severity: 'error',
							message,
							file,
							start: 0,
							length: 1,
							line: 1,
							column: 1,
							related: [],
							help: '',
						},
					];
				writeFileSync(path, JSON.stringify(stored));
			}
		},
	};
}

const start = {
	'tsconfig.json': tsconfig({ paths: { '@/*': ['./src/*'] } }),
	'src/a.ts': holds("import { make } from './lib/make.js';", 'make()'),
	'src/b.ts': holds("import { other } from '@/lib';", 'other()'),
	'src/c.ts': holds("import { cart } from './cart.ts';", 'cart()'),
	'src/d.ts': holds('', "'nothing of the others'"),
	'src/e.ts': holds('', 'ambient()'),
	'src/lib/make.ts': "import type { Made } from '../made.ts';\nexport const make = (): Made => ({}) as Made;\n",
	'src/lib/index.ts': "export { other } from './other.ts';\n",
	'src/lib/other.ts': 'export const other = () => 1;\n',
	'src/made.ts': 'export interface Made { name: string }\n',
	'src/cart.ts': 'export class Cart { items: string[] = []; }\nexport const cart = () => new Cart();\n',
	'src/ambient.ts': 'function ambient(): string { return ""; }\n',
};

describe.each([6, 7] as const)('TypeScript %d', (version) => {
	test('edits of other files, of options and of packages are seen', () => {
		const { edit, said, keys } = createEdited(version, start);
		const codes = (answers: readonly string[]) =>
			answers.map((each) => /^src\/(\w+)\.ts:\d+ (PD\d+)/.exec(each)!.slice(1).join(' '));
		/** After the edit, these are wrong, and only these were looked at again. */
		const editing = (edits: Files, wrong: readonly string[], again: readonly string[]) => {
			const before = keys();
			edit(edits);
			const found = codes(said());
			expect({
				found,
				again: Object.entries(keys()).flatMap(([file, key]) => (before[file] === key ? [] : [file.slice(4, 5)])),
			}).toEqual({
				found: wrong,
				again,
			});
		};
		expect(codes(said())).toEqual(['c PD3005']);
		const all = ['a', 'b', 'c', 'd', 'e'];

		// By one import and by two; what nobody imports changes nothing.
		editing({ 'src/made.ts': 'export interface Made { name: WeakRef<object> }\n' }, ['a PD3001', 'c PD3005'], ['a']);
		editing({ 'src/made.ts': start['src/made.ts'] }, ['c PD3005'], ['a']);
		editing({ 'src/lib/other.ts': 'export const other = () => new WeakRef({});\n' }, ['b PD3001', 'c PD3005'], ['b']);
		editing({ 'src/unused.ts': 'export const unused = 1;\n' }, ['b PD3001', 'c PD3005'], []);
		// A file in the place of another, by an alias and an index.
		editing({ 'src/lib.ts': 'export const other = () => 2;\n' }, ['c PD3005'], ['b']);
		editing({ 'src/lib.ts': null }, ['b PD3001', 'c PD3005'], ['b']);
		editing({ 'src/lib/other.ts': start['src/lib/other.ts'] }, ['c PD3005'], ['b']);
		// A registration, in a file that nobody imports.
		const registering = "import { serializable } from '@perdure/runtime';\nimport { Cart } from './cart.ts';\n";
		editing({ 'src/register.ts': `${registering}serializable(Cart);\n` }, [], all);
		editing(
			{ 'src/cart.ts': 'export class Cart { items = new WeakSet(); }\nexport const cart = () => new Cart();\n' },
			['c PD3001'],
			all,
		);
		editing({ 'src/register.ts': null, 'src/cart.ts': start['src/cart.ts'] }, ['c PD3005'], all);
		// One by another name.
		editing(
			{
				'src/names.ts': "export { serializable as register } from '@perdure/runtime';\n",
				'src/register.ts':
					"import { register } from './names.ts';\nimport { Cart } from './cart.ts';\nregister(Cart);\n",
			},
			[],
			all,
		);
		editing({ 'src/register.ts': 'export {};\n' }, ['c PD3005'], all);
		editing({ 'src/register.ts': null, 'src/names.ts': null }, ['c PD3005'], all);
		// What is global: of a script, and of a module that says so.
		editing({ 'src/ambient.ts': 'function ambient() { return new WeakRef({}); }\n' }, ['c PD3005', 'e PD3001'], all);
		editing(
			{ 'src/ambient.ts': 'export {};\ndeclare global { function ambient(): WeakSet<object>; }\n' },
			['c PD3005', 'e PD3001'],
			all,
		);
		editing({ 'src/ambient.ts': start['src/ambient.ts'] }, ['c PD3005'], all);
		// A declaration file, a package, options.
		editing({ 'src/made.d.ts': 'export interface Made { held: WeakRef<object> }\n' }, ['c PD3005'], []);
		editing({ 'src/made.ts': null }, ['a PD3001', 'c PD3005'], all);
		editing({ 'src/made.ts': start['src/made.ts'], 'src/made.d.ts': null }, ['c PD3005'], all);
		editing({ 'package.json': '{ "name": "renamed", "type": "module" }' }, ['c PD3005'], all);
		editing({ 'tsconfig.json': tsconfig({ paths: { '@/*': ['./src/*'] }, strict: false }) }, ['c PD3005'], all);
		editing({ 'src/a.ts': null, 'src/c.ts': 'export const nothing = 1;\n' }, [], []);
	});

	test('a durable function that may be called elsewhere is looked at with every edit', () => {
		const each = "export async function each(fn: () => number) {\n\t'use durable';\n\tawait null;\n\treturn fn();\n}\n";
		const { edit, said, keys } = createEdited(version, {
			'tsconfig.json': tsconfig(),
			'src/each.ts': each,
			'src/x.ts': '',
		});
		const alone = said();
		const before = keys();
		edit({
			'src/x.ts':
				"import { each } from './each.ts';\nexport async function g() {\n\t'use durable';\n\treturn await each(() => 1);\n}\n",
		});
		expect(said()).not.toEqual(alone);
		expect(keys()['src/each.ts']).not.toBe(before['src/each.ts']);
	});

	test('kept answers are given as they are, and what is spoilt or new is not', () => {
		const { edit, kept, stored, forge, project } = createEdited(version, {
			'tsconfig.json': tsconfig(),
			'src/d.ts': start['src/d.ts'],
		});
		expect(kept()).toEqual([]);
		forge('kept');
		expect(kept()).toEqual(['src/d.ts:1 PD9999 kept']);
		expect(check({ project: project.folder })).toEqual([]);
		edit({ 'src/d.ts': `${start['src/d.ts']}\n` });
		expect(kept()).toEqual([]);
		forge('kept');
		writeFileSync(stored()[0]!, readFileSync(stored()[0]!, 'utf8').slice(0, -9));
		expect(kept()).toEqual([]);
		// It was written so lately that TypeScript may have seen another text.
		project.write({ 'src/d.ts': start['src/d.ts'] });
		expect(kept()).toEqual([]);
		forge('kept');
		expect(kept()).toEqual([]);
	});

	test('two files with one id, one of them kept', () => {
		const twice = "export async function f() {\n\t'use durable as f';\n}\n";
		const { edit, said } = createEdited(version, { 'tsconfig.json': tsconfig(), 'src/a.ts': twice });
		expect(said()).toEqual([]);
		edit({ 'src/b.ts': twice });
		expect(said()).toMatchObject(
			[/^src\/a\.ts:1 PD1003 .*src\/b\.ts/, /^src\/b\.ts:1 PD1003 .*src\/a\.ts/].map((each) =>
				expect.stringMatching(each),
			),
		);
	});
});

test('a digest is of everything that can be reached', () => {
	const graph = (of: Record<string, string>, contents: Record<string, string> = {}): Map<string, Content> =>
		new Map(
			Object.entries(of).map(([name, uses]) => [
				name,
				{ hash: contents[name] ?? name, uses: uses.split('').filter((each) => each !== ' ') },
			]),
		);
	const shape = { a: 'b', b: 'cd', c: 'b', d: 'd', e: 'ad', f: '' };
	const before = digestsOf(graph(shape));
	const changedBy = (name: string) => {
		const changed = digestsOf(graph(shape, { [name]: 'changed' }));
		return [...changed]
			.filter(([each, digest]) => before.get(each) !== digest)
			.map(([each]) => each)
			.sort()
			.join('');
	};
	expect(Object.keys(shape).map(changedBy)).toEqual(['ae', 'abce', 'abce', 'abcde', 'e', 'f']);
	const chain = new Map(
		Array.from({ length: 50_000 }, (_, i) => [`${i}`, { hash: '', uses: i > 0 ? [`${i - 1}`] : [] }]),
	);
	expect(new Set(digestsOf(chain).values()).size).toBe(50_000);
});

describe('the files that a text may import', () => {
	const files = [
		'/p/src/a.ts',
		'/p/src/b.tsx',
		'/p/src/b/index.ts',
		'/p/src/c.d.ts',
		'/p/src/b/jsx-runtime.ts',
		'/p/src/d.json',
		'/p/src/e.mts',
		'/p/q/main.ts',
	];
	const found = (text: string, options: ResolutionOptions = {}) =>
		createFindImports(
			files,
			new Set(['/p', '/p/q']),
			options,
		)('/p/src/file.ts', text)
			?.map((file) => file.slice(3))
			.sort() ?? null;
	test.each<[text: string, files: string[] | null, options?: ResolutionOptions]>([
		["import { a } from './a';", ['src/a.ts']],
		["import { a } from './a.js';", ['src/a.ts']],
		["// don't\nimport './a.ts'; // it's", ['src/a.ts']],
		["/* don't */ import './a.ts';", ['src/a.ts']],
		["type A = import('./b').A", ['src/b.tsx', 'src/b/index.ts']],
		["import d from './d.json' with { type: 'json' };", ['src/d.json']],
		["import './c.js'; import './e.mjs';", ['src/c.d.ts', 'src/e.mts']],
		['/// <reference path="c.d.ts" />', ['src/c.d.ts']],
		["import '../q/main.js';", ['q/main.ts']],
		["import '../q';", null],
		["import './\\u0061.ts';", null],
		["import 'a';", []],
		["import 'a';", ['src/a.ts'], { baseUrl: '/p/src' }],
		["import '~/a.js';", ['src/a.ts'], { paths: { '~/*.js': ['./src/*'] }, pathsBasePath: '/p' }],
		["import 'main';", ['q/main.ts'], { paths: { main: ['q/main.ts'] }, configFilePath: '/p/tsconfig.json' }],
		["import './A';", ['src/a.ts']],
		['<b />', ['src/b/jsx-runtime.ts'], { jsxImportSource: '/p/src/b' }],
		['/** @jsxImportSource ./b */', ['src/b/jsx-runtime.ts']],
		["import './a';", null, { rootDirs: ['/p/src', '/p/q'] }],
	])('%s', (text, expected, options) => {
		expect(found(text, options)).toEqual(expected);
	});
});

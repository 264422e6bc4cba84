/** `perdure compile` after a plain `tsc`, as built, in projects of users. */
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from '@perdure/transform';
import { describe, expect, test } from 'vitest';
import { perdure, tsc, VERSIONS } from '../support/cli.ts';
import { createProject, greeting, type Project } from '../support/project.ts';

interface Options {
	readonly type?: 'module' | 'commonjs';
	readonly compilerOptions?: object;
	readonly files?: Readonly<Record<string, string>>;
}

/** Emitting is all that matters here. */
const FAST = { noCheck: true, noResolve: true, lib: ['es2015'], types: [] };

/** `src`, emitted to `dist`. */
function emitted(version: 6 | 7, { type = 'module', compilerOptions = {}, files = {} }: Options = {}): Project {
	const options = { target: 'es2023', module: 'nodenext', strict: true, rootDir: 'src', outDir: 'dist', ...FAST };
	const project = createProject({
		'package.json': JSON.stringify({ name: 'shop', type }),
		'tsconfig.json': JSON.stringify({ compilerOptions: { ...options, ...compilerOptions }, include: ['src'] }),
		'src/greet.ts': greeting.greet,
		'src/main.mts': greeting.main('./greet.js'),
		...files,
	});
	expect(tsc(project, version)).toEqual({ status: 0, stdout: '', stderr: '', ...ENDED });
	return project;
}

/** A module that is found while it runs, and held while it is stored. */
const loading = {
	plugin: "export const name = 'plugin';\nexport const double = (n: number): number => 2 * n;\n",
	load: `import { suspend } from '@perdure/runtime';
const dir = { of: (ext: string): string => './plugin' + ext };

export const outside = (path: string): Promise<unknown> => import(path);

export async function load(ext: string): Promise<unknown> {
	'use durable';
	const held = await import(dir.of(ext) as string);
	const lazily = async (path: string) => (await import(path)).double(4);
	const n = await suspend<number>({ held: held.name });
	const written = await import(\`./plugin.js\`);
	const awaited = await import(\`./plug\${await Promise.resolve('in')}\${ext}\`);
	const plain: any = await outside(dir.of(ext));
	return [held.double(n), await lazily(dir.of(ext)), written.name, awaited === held, plain.name];
}
`,
	run: (extension: string) => `import { Continuation, run } from '@perdure/runtime';
import { load } from './load.js';
const first = await run(load, ['${extension}']);
const last = await Continuation.fromBytes(first.continuation.toBytes(), load).resume(3);
console.log(JSON.stringify([first.value, last.error?.message ?? last.value]));
`,
	printed: '[{"held":"plugin"},[6,8,"plugin",true,"plugin"]]\n',
};

/** What `spawnSync` gives beside what is looked at. */
const ENDED = { pid: expect.anything(), output: expect.anything(), signal: null };

const ran = (project: Project, ...args: string[]) => {
	const { status, stdout, stderr } = project.node(...args);
	return { status, stdout, stderr };
};

const printed = { status: 0, stdout: greeting.printed, stderr: '' };

describe.each(VERSIONS)('TypeScript %d', (version) => {
	describe.each(['module', 'commonjs'] as const)('%s', (type) => {
		test.for([
			['maps in files', { sourceMap: true }],
			['maps inside', { inlineSourceMap: true }],
			['maps with the sources', { sourceMap: true, inlineSources: true, sourceRoot: 'https://shop.example/' }],
			['no maps', {}],
		] as const)('%s', ([, compilerOptions]) => {
			const project = emitted(version, { type, compilerOptions });
			const { status, stdout } = perdure(project, 'compile', 'dist');
			expect({ status, stdout }).toEqual({ status: 0, stdout: 'Compiled 1 durable function in 1 file of dist.\n' });
			expect(ran(project, 'dist/main.mjs')).toEqual(printed);
			const { functions } = transform(greeting.greet, { filename: join(project.folder, 'src/greet.ts') });
			const code = project.read('dist/greet.js');
			for (const text of [functions[0]!.id, functions[0]!.hash, ...functions[0]!.points.map(({ id }) => id)]) {
				expect(code).toContain(`"${text}"`);
			}
			expect(code).toContain('file: "src/greet.ts"');
		});

		test('a stack shows the source', () => {
			const greet = greeting.greet.replace(
				'\treturn `',
				"\tif (mood === 'well') throw new Error('too well');\n\treturn `",
			);
			const main = greeting
				.main('./greet.js')
				.replace('throw new Error(last.status)', "throw last.status === 'failed' ? last.error : 0");
			const files = { 'src/greet.ts': greet, 'src/main.mts': main };
			for (const compilerOptions of [{ sourceMap: true }, { inlineSourceMap: true }]) {
				const project = emitted(version, { type, compilerOptions, files });
				perdure(project, 'compile', 'dist');
				expect(project.node('--enable-source-maps', 'dist/main.mjs').stderr).toMatch(
					/greet \(.*src\/greet\.ts:11:29\)/,
				);
			}
		});
	});

	const rewrites = { rewriteRelativeImportExtensions: true, allowImportingTsExtensions: true };
	test.for([
		['commonjs', { module: 'commonjs', esModuleInterop: true }],
		['commonjs', { module: 'commonjs', esModuleInterop: true, ...rewrites }],
		['commonjs', rewrites],
		['module', rewrites],
	] as const)('an import() of what is computed: %s, %j', ([type, compilerOptions]) => {
		const files = { 'src/load.ts': loading.load, 'src/plugin.ts': loading.plugin };
		const options = 'module' in compilerOptions ? { ...compilerOptions, ignoreDeprecations: '6.0' } : compilerOptions;
		const project = emitted(version, { type, compilerOptions: options, files });
		const before = project.read('dist/load.js');
		const { status, stdout } = perdure(project, 'compile', 'dist');
		expect({ status, stdout }).toEqual({ status: 0, stdout: 'Compiled 2 durable functions in 2 files of dist.\n' });
		const code = project.read('dist/load.js');
		for (const text of ['__rewriteRelativeImportExtension(', 'require(s)']) {
			const count = (of: string) => of.split(text).length;
			expect(count(code)).toBe(count(before));
		}
		project.write({ 'dist/run.mjs': loading.run('allowImportingTsExtensions' in compilerOptions ? '.ts' : '.js') });
		expect(ran(project, 'dist/run.mjs')).toEqual({ status: 0, stdout: loading.printed, stderr: '' });
	});

	test('a second run changes nothing; after a change only that file is compiled', () => {
		const project = emitted(version, { compilerOptions: { sourceMap: true }, files: { 'src/b.ts': greeting.greet } });
		perdure(project, 'compile', 'dist');
		const before = project.list('dist').map((name) => [name, project.read(`dist/${name}`)]);
		expect(perdure(project, 'compile', 'dist').stdout).toBe('Nothing to compile in dist.\n');
		expect(project.list('dist').map((name) => [name, project.read(`dist/${name}`)])).toEqual(before);
		project.write({ 'src/b.ts': greeting.greet.replace('hello', 'hi') });
		tsc(project, version);
		project.write(
			Object.fromEntries(
				before.filter(([name]) => name!.startsWith('greet')).map(([name, text]) => [`dist/${name}`, text!]),
			),
		);
		expect(perdure(project, 'compile', 'dist').stdout).toBe('Compiled 1 durable function in 1 file of dist.\n');
	});

	test('an error: its place in the source, exit code 1, the file as it was', () => {
		const wrong = greeting.greet.replace("'use durable';", "'use durable';\n\teval('person');");
		const project = emitted(version, { files: { 'src/wrong.ts': wrong }, compilerOptions: { sourceMap: true } });
		const before = project.read('dist/wrong.js');
		const { status, stdout } = perdure(project, 'compile', 'dist');
		expect(status).toBe(1);
		expect(stdout).toMatch(/^src\/wrong\.ts:9:2 - error PD2001: /);
		expect(project.read('dist/wrong.js')).toBe(before);
		expect(project.list('dist').filter((name) => name.endsWith('.tmp'))).toEqual([]);
		expect(project.read('dist/greet.js')).toContain('@perdure/runtime/internal');
	});

	test('a target that has no async functions', () => {
		const project = emitted(version, { compilerOptions: { target: 'es2015' } });
		const { status, stdout } = perdure(project, 'compile', 'dist', '--pretty');
		expect(status).toBe(1);
		expect(stdout).toMatch(/^src\/greet\.ts:7:8 - error PD0005: TypeScript has replaced an async function/);
		expect(stdout).toContain('set "target": "es2017" or later');
		expect(stdout).toContain('Found 1 error in src/greet.ts:7');
	});
});

test('.mjs and .cjs, dependencies left alone, modes kept', () => {
	const project = emitted(6, { files: { 'src/a.mts': greeting.greet, 'src/b.cts': greeting.greet } });
	project.write({ 'dist/node_modules/x/index.js': "export async function f() { 'use durable'; }" });
	chmodSync(join(project.folder, 'dist/a.mjs'), 0o755);
	expect(perdure(project, 'compile', 'dist').stdout).toBe('Compiled 3 durable functions in 3 files of dist.\n');
	expect(project.read('dist/a.mjs')).toMatch(/^import .* from "@perdure\/runtime\/internal"/);
	expect(project.read('dist/b.cjs')).toMatch(/require\("@perdure\/runtime\/internal"\)/);
	expect(project.read('dist/node_modules/x/index.js')).toContain('use durable');
	expect(statSync(join(project.folder, 'dist/a.mjs')).mode & 0o777).toBe(0o755);
});

test('JavaScript that nobody has emitted is its own source', () => {
	const source =
		"import { eff } from './eff.js';\nexport async function f() {\n\t'use durable';\n\treturn await eff(1);\n}\n";
	const project = createProject({ 'lib/f.js': source });
	expect(perdure(project, 'compile', 'lib')).toMatchObject({
		status: 0,
		stdout: 'Compiled 1 durable function in 1 file of lib.\n',
	});
	expect(project.read('lib/f.js')).toContain('id: "shop/lib/f#f"');
});

test('two files with one id: an error at both, and neither is compiled', () => {
	const named = greeting.greet.replace("'use durable'", "'use durable as greet'");
	const project = emitted(6, { files: { 'src/a.ts': named, 'src/b.ts': named } });
	const { status, stdout } = perdure(project, 'compile', 'dist');
	expect(status).toBe(1);
	expect(stdout).toMatch(
		/^src\/a\.ts:7:8 - error PD1003: .*src\/b\.ts.*\n.*\nsrc\/b\.ts:7:8 - error PD1003: .*src\/a\.ts/,
	);
	for (const name of ['a', 'b']) expect(project.read(`dist/${name}.js`)).toContain('use durable');
	expect(project.read('dist/greet.js')).not.toContain('use durable');
});

test('the source was edited since tsc ran, or is gone', () => {
	const project = emitted(6, { compilerOptions: { sourceMap: true } });
	project.write({ 'src/greet.ts': greeting.greet.replace("'hello'", "'hi'") });
	expect(perdure(project, 'compile', 'dist')).toMatchObject({
		status: 1,
		stdout: expect.stringMatching(/^src\/greet\.ts:9:37 - error PD0004: /),
	});
	project.remove('src/greet.ts');
	expect(perdure(project, 'compile', 'dist')).toMatchObject({
		status: 1,
		stdout: expect.stringMatching(/^dist\/greet\.js:2:8 - error PD0006: /),
	});
});

test('what is wrong with the call', () => {
	const project = createProject({ 'empty/x.txt': '', 'dist/a.js': "export async function f() { 'use durable'; }" });
	for (const [args, said] of [
		[['compile'], 'perdure compile: say one directory: perdure compile dist\n'],
		[['compile', 'a', 'b'], 'perdure compile: say one directory: perdure compile dist\n'],
		[['compile', 'nowhere'], 'perdure compile: nowhere is not a directory\n'],
		[['compile', 'empty'], 'perdure compile: there is no JavaScript in empty: run tsc first\n'],
		[['compile', 'dist', '-p', 'no.json'], `perdure compile: there is no ${join(project.folder, 'no.json')}\n`],
		[['compile', 'dist', '--fast'], expect.stringMatching(/^perdure compile: Unknown option '--fast'/)],
		[['complie'], "perdure: there is no command 'complie'; did you mean 'compile'?\n"],
		[['build'], expect.stringMatching(/^perdure: there is no command 'build'; the commands are /)],
		[[], expect.stringMatching(/^usage: perdure <command>\n/)],
	] as const) {
		expect(perdure(project, ...args)).toMatchObject({ status: 2, stdout: '', stderr: said });
	}
	expect(project.read('dist/a.js')).toContain('use durable');
	expect(perdure(project, '--version')).toMatchObject({ status: 0, stdout: '0.1.0\n' });
	expect(perdure(project, 'help')).toMatchObject({ status: 0, stdout: expect.stringContaining('compile') });
	expect(perdure(project, 'compile', '--help')).toMatchObject({
		status: 0,
		stdout: expect.stringMatching(/^usage: perdure compile </),
	});
});

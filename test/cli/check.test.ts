/** `perdure check`, as built, in projects of users with each TypeScript that there may be. */
import { mkdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnostic } from '@perdure/abi';
import { describe, expect, test } from 'vitest';
import { perdure, VERSIONS } from '../support/cli.ts';
import { createProject, type Project } from '../support/project.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

const TYPESCRIPT = {
	6: join(repository, 'node_modules/typescript'),
	7: join(repository, 'test/typescript-7/node_modules/typescript'),
} as const;

const backup = `import { open } from 'node:fs/promises';
import { sleep } from '@perdure/runtime';

export async function backup(path: string) {
	'use durable';
	const handle = await open(path);
	await sleep('1 day');
	await handle.close();
}
`;

const tsconfig = JSON.stringify({
	compilerOptions: {
		...{ target: 'es2023', module: 'nodenext', strict: true, noEmit: true, types: ['node'], skipLibCheck: true },
	},
	include: ['src'],
});

/** With nothing in `node_modules` but what is named. */
function createUserProject(
	files: Readonly<Record<string, string>>,
	modules: Readonly<Record<string, string>>,
): Project {
	const project = createProject({ 'tsconfig.json': tsconfig, ...files });
	const folder = join(project.folder, 'node_modules');
	rmSync(folder);
	const all = {
		'@types/node': join(repository, 'node_modules/@types/node'),
		'undici-types': join(repository, 'node_modules/undici-types'),
		'@perdure/runtime': join(repository, 'packages/runtime'),
		...modules,
	};
	for (const [name, target] of Object.entries(all)) {
		mkdirSync(join(folder, name, '..'), { recursive: true });
		symlinkSync(target, join(folder, name), 'junction');
	}
	return project;
}

describe.each(VERSIONS)('TypeScript %d', (version) => {
	const modules = { typescript: TYPESCRIPT[version] };

	test('an error is told, with its place, and the exit code is 1', () => {
		const project = createUserProject({ 'src/backup.ts': backup, 'src/fine.ts': 'export const x = 1;' }, modules);
		const plain = perdure(project, 'check');
		expect(plain).toMatchObject({ status: 1, stderr: '' });
		expect(plain.stdout).toMatch(
			/^src\/backup\.ts:7:2 - error PD3001: 'handle' is captured across an await, but 'FileHandle' cannot be saved\.\n {2}help: .+\n$/,
		);
		const pretty = perdure(project, 'check', '-p', '.', '--pretty').stdout;
		expect(
			pretty.replace(/help: .*/, 'help: ...'),
		).toBe(`src/backup.ts:7:2 - error PD3001: 'handle' is captured across an await, but 'FileHandle' cannot be saved.

7 	await sleep('1 day');
  	~~~~~~~~~~~~~~~~~~~~ the frame is saved here
  src/backup.ts:6:8
    6 	const handle = await open(path);
      	      ~~~~~~ captured: type FileHandle
  src/backup.ts:8:8
    8 	await handle.close();
      	      ~~~~~~ read again here
  help: ...

Found 1 error in src/backup.ts:7
`);
		const { diagnostics } = JSON.parse(perdure(project, 'check', '--json').stdout) as { diagnostics: Diagnostic[] };
		expect(diagnostics).toMatchObject([{ code: 'PD3001', line: 7, column: 2, severity: 'error' }]);
	});

	test('nothing is said of a project in order; of any and unknown what is asked for', () => {
		const project = createUserProject(
			{ 'src/a.ts': "export async function f(x: string) {\n\t'use durable';\n\tawait null;\n\treturn x;\n}\n" },
			modules,
		);
		expect(perdure(project, 'check')).toMatchObject({ status: 0, stdout: '', stderr: '' });
		expect(JSON.parse(perdure(project, 'check', '--json').stdout)).toEqual({ diagnostics: [] });
		const source =
			"export async function f(x: { y: any }) {\n\t'use durable';\n\tawait null;\n\treturn x.y as string;\n}\n";
		project.write({ 'src/a.ts': source });
		const said = (...args: string[]) => {
			const { status, stdout } = perdure(project, 'check', ...args);
			return [status, /(error|warning) PD3004/.exec(stdout)?.[1]];
		};
		expect(said()).toEqual([1, 'error']);
		expect(said('--any', 'warn')).toEqual([0, 'warning']);
		expect(said('--any', 'allow')).toEqual([0, undefined]);
	});

	test('a solution stands for its projects, and a project need not be built', () => {
		const options = { ...JSON.parse(tsconfig).compilerOptions, noEmit: false, composite: true, outDir: '../dist' };
		const project = createUserProject(
			{
				'tsconfig.json':
					'{ "files": [], /* all */ "references": [{ "path": "./app" }, { "path": "lib/tsconfig.json", }] }',
				'lib/tsconfig.json': JSON.stringify({ compilerOptions: { ...options, rootDir: '.' } }),
				'lib/lock.ts': 'export class Lock { held = new WeakRef({}); }',
				'app/tsconfig.json': JSON.stringify({
					compilerOptions: { ...options, rootDir: '.' },
					references: [{ path: '../lib' }],
				}),
				'app/a.ts':
					"import { Lock } from '../lib/lock.js';\nexport async function f() {\n\t'use durable';\n\tconst lock = new Lock();\n\tawait null;\n\treturn [lock];\n}\n",
			},
			modules,
		);
		const { status, stdout } = perdure(project, 'check');
		expect({ status, stdout }).toMatchObject({
			status: 1,
			stdout: expect.stringMatching(/^app\/a\.ts:5:2 - error PD3005: .*Lock/m),
		});
	});

	test('what was said is kept, unless it is not wanted', () => {
		const project = createUserProject({ 'src/backup.ts': backup }, modules);
		for (const name of ['src/backup.ts', 'package.json', 'tsconfig.json']) utimesSync(join(project.folder, name), 0, 0);
		expect(perdure(project, 'check').stdout).toMatch(/PD3001/);
		const [kept] = project.list('node_modules/.cache/perdure').map((name) => `node_modules/.cache/perdure/${name}`);
		project.write({ [kept!]: project.read(kept!).replace('PD3001', 'PD9999') });
		expect(perdure(project, 'check').stdout).toMatch(/PD9999/);
		expect(perdure(project, 'check', '--no-cache').stdout).toMatch(/PD3001/);
		expect(perdure(project, 'check', '--any', 'warn').stdout).toMatch(/PD3001/);
	});

	test('two files with one id', () => {
		const twice = "export async function f() {\n\t'use durable as f';\n}\n";
		const project = createUserProject({ 'src/a.ts': twice, 'src/b.ts': twice }, modules);
		expect(perdure(project, 'check')).toMatchObject({
			status: 1,
			stdout: expect.stringMatching(
				/^src\/a\.ts:1:8 - error PD1003: .*src\/b\.ts.*\n.*\nsrc\/b\.ts:1:8 - error PD1003: /,
			),
		});
	});

	test('a project that cannot be read', () => {
		const project = createUserProject(
			{ 'broken.json': '{ "compilerOptions": {', 'unknown.json': '{ "extends": "./no.json", "files": [] }' },
			modules,
		);
		for (const [config, said] of [
			['broken.json', /^perdure check: \S+\/broken\.json cannot be read: /],
			['unknown.json', /^perdure check: \S+\/unknown\.json cannot be read: /],
			['nothing.json', /^perdure check: there is no \S+\/nothing\.json\n$/],
		] as const) {
			expect(perdure(project, 'check', '-p', config)).toMatchObject({
				status: 2,
				stdout: '',
				stderr: expect.stringMatching(said),
			});
		}
	});
});

test('without a TypeScript that will do it says what to install', () => {
	const files = { 'src/backup.ts': backup };
	expect(perdure(createUserProject(files, {}), 'check')).toMatchObject({
		status: 2,
		stderr: expect.stringMatching(/^perdure check: there is no TypeScript in \S+: npm i -D typescript\n$/),
	});
	const fake = (version: string, more: Readonly<Record<string, string>> = {}) => {
		const project = createUserProject({ ...files, ...more }, {});
		project.write({ 'node_modules/typescript/package.json': JSON.stringify({ name: 'typescript', version }) });
		return project;
	};
	const old = perdure(fake('5.9.3'), 'check');
	expect(old).toMatchObject({ status: 2, stderr: expect.stringMatching(/TypeScript 5\.9\.3 is too old.*npm i -D/) });
	const later = perdure(fake('7.9.0'), 'check');
	expect(later).toMatchObject({
		status: 2,
		stderr: expect.stringMatching(/TypeScript 7\.9\.0 is not the one.*@typescript\/typescript6/),
	});
});

test.for(['5.9.3', '7.9.0'])('beside TypeScript %s, @typescript/typescript6 will do', (version) => {
	const project = createUserProject({ 'src/backup.ts': backup }, { '@typescript/typescript6': TYPESCRIPT[6] });
	project.write({ 'node_modules/typescript/package.json': JSON.stringify({ name: 'typescript', version }) });
	expect(perdure(project, 'check')).toMatchObject({ status: 1, stdout: expect.stringMatching(/PD3001/), stderr: '' });
});

test('what is wrong with the call', () => {
	const project = createProject({});
	for (const [args, said] of [
		[['check', 'src/a.ts'], /^perdure check: it takes no files/],
		[['check', '--any', 'maybe'], /^perdure check: --any is one of error, warn, allow\n$/],
		[['check', '--jsn'], /^perdure check: Unknown option '--jsn'/],
		[['chekc'], /did you mean 'check'\?/],
	] as const) {
		expect(perdure(project, ...args)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(said) });
	}
});

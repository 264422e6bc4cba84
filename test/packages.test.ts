/**
 * The packages as users get them: packed, unpacked into an empty project, used through each entry. The
 * registry is not asked: what the packages depend on is linked from this repository, and only that.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { greeting } from './support/project.ts';
import { startServer } from './support/tsserver.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const names = readdirSync(join(repository, 'packages'));
const folder = mkdtempSync(join(tmpdir(), 'perdure-packages-'));
const tarballs = new Map<string, string>();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd: string): string {
	const { status, stdout, stderr, error } = spawnSync(command, args, {
		cwd,
		encoding: 'utf8',
		env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: undefined },
	});
	if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? status}\n${stdout}${stderr}`);
	return stdout;
}

function manifestOf(name: string) {
	return JSON.parse(readFileSync(join(repository, 'packages', name, 'package.json'), 'utf8'));
}

beforeAll(() => {
	for (const name of names) {
		const packed = run(
			'npm',
			['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
			join(repository, 'packages', name),
		);
		tarballs.set(name, join(folder, JSON.parse(packed)[0].filename));
	}
});

describe.each(names)('%s', (name) => {
	test('publint has nothing to say', async () => {
		const { messages } = await publint({ pkgDir: join(repository, 'packages', name), level: 'warning', strict: true });
		expect(messages.map((message) => formatMessage(message, manifestOf(name)))).toEqual([]);
	});

	test('types are found by whoever can import it', () => {
		const attw = join(repository, 'node_modules/@arethetypeswrong/cli/dist/index.js');
		run(process.execPath, [attw, tarballs.get(name)!, '--profile', 'esm-only', '--no-emoji'], folder);
	});

	test('what is packed is built, documented and licensed', () => {
		const files = run('tar', ['-tzf', tarballs.get(name)!], folder)
			.trim()
			.split('\n');
		for (const { types, default: code } of Object.values<Record<string, string>>(manifestOf(name).exports)) {
			expect(files).toContain(`package/${types!.slice(2)}`);
			expect(files).toContain(`package/${code!.slice(2)}`);
		}
		expect(files).toContain('package/README.md');
		expect(
			files.filter(
				(file) => !/^package\/(dist|src|pages|language-service|README\.md|LICENSE|package\.json)/.test(file),
			),
		).toEqual([]);
	});
});

describe('installed into an empty project', () => {
	const project = join(folder, 'project');
	const modules = join(project, 'node_modules');

	function link(name: string): void {
		mkdirSync(dirname(join(modules, name)), { recursive: true });
		symlinkSync(join(repository, 'node_modules', name), join(modules, name), 'junction');
	}

	function write(path: string, text: string): void {
		mkdirSync(dirname(join(project, path)), { recursive: true });
		writeFileSync(join(project, path), text);
	}

	beforeAll(() => {
		const linked = new Set([
			'@types/node',
			'typescript',
			'ts-patch',
			'@babel/core',
			'@babel/preset-typescript',
			'vite',
			'vitest',
		]);
		for (const name of names) {
			const target = join(modules, '@perdure', name);
			mkdirSync(target, { recursive: true });
			run('tar', ['-xzf', tarballs.get(name)!, '-C', target, '--strip-components=1'], folder);
			for (const other of Object.keys(manifestOf(name).dependencies ?? {})) {
				if (!other.startsWith('@perdure/')) linked.add(other);
			}
		}
		for (const name of linked) link(name);
		write('package.json', JSON.stringify({ name: 'shop', type: 'module' }));
		write('src/greet.ts', greeting.greet);
		write('src/main.ts', greeting.main('./greet.ts'));
	});

	test('types of all entries, for whoever has the language of 2022 and the types of the web', () => {
		const entries = names.flatMap((name) =>
			Object.keys(manifestOf(name).exports).map((entry) => `@perdure/${name}${entry.slice(1)}`),
		);
		// These are for programs of Node, and speak of its types, TypeScript's and the bundlers'.
		const web = entries.filter((entry) => !/babel-plugin|transform|unplugin/.test(entry));
		write('src/types.ts', web.map((entry, index) => `export * as m${index} from '${entry}';\n`).join(''));
		const options = ['--lib', 'es2022,dom', '--target', 'es2022', '--module', 'nodenext', '--strict', '--noEmit'];
		run(process.execPath, ['node_modules/typescript/bin/tsc', ...options, 'src/types.ts'], project);
		rmSync(join(project, 'src/types.ts'));
	});

	test('register', () => {
		const args = ['--import', '@perdure/transform/register', 'src/main.ts'];
		expect(run(process.execPath, args, project)).toBe(greeting.printed);
	});

	test('tspc', () => {
		const compilerOptions = {
			target: 'es2023',
			module: 'nodenext',
			strict: true,
			rewriteRelativeImportExtensions: true,
			rootDir: 'src',
			outDir: 'tspc',
			types: ['node'],
			plugins: [{ transform: '@perdure/transform/ts-patch', transformProgram: true }],
		};
		write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
		run(process.execPath, ['node_modules/ts-patch/bin/tspc.js', '-p', '.'], project);
		expect(run(process.execPath, ['tspc/main.js'], project)).toBe(greeting.printed);
	});

	test("TypeScript's server", async () => {
		const compilerOptions = { module: 'nodenext', plugins: [{ name: '@perdure/transform/language-service' }] };
		write('editor/tsconfig.json', JSON.stringify({ compilerOptions }));
		write('editor/bad.ts', `export function bad() {\n\t'use durable';\n}\n`);
		const file = join(project, 'editor/bad.ts');
		await using server = startServer(project);
		server.tell('open', { file });
		expect((await server.ask('semanticDiagnosticsSync', { file })).body).toMatchObject([{ code: 91002 }]);
	});

	test.for([6, 7] as const)('perdure, with TypeScript %d', (version) => {
		const home = join(folder, `typescript-${version}`);
		const own = (path: string, text: string) => {
			mkdirSync(dirname(join(home, path)), { recursive: true });
			writeFileSync(join(home, path), text);
		};
		const compilerOptions = { target: 'es2023', module: 'nodenext', strict: true, rootDir: 'src', outDir: 'dist' };
		own('package.json', JSON.stringify({ name: 'shop', type: 'module' }));
		own(
			'tsconfig.json',
			JSON.stringify({ compilerOptions: { ...compilerOptions, types: ['node'] }, include: ['src'] }),
		);
		own('src/greet.ts', greeting.greet);
		own('src/main.ts', greeting.main('./greet.js'));
		const own7 = join(repository, 'test/typescript-7/node_modules/typescript');
		for (const [name, target] of [
			['@perdure', join(modules, '@perdure')],
			['@types', join(repository, 'node_modules/@types')],
			['typescript', version === 7 ? own7 : join(repository, 'node_modules/typescript')],
		] as const) {
			mkdirSync(join(home, 'node_modules'), { recursive: true });
			symlinkSync(target, join(home, 'node_modules', name), 'junction');
		}
		const perdure = (...args: string[]) =>
			run(process.execPath, ['node_modules/@perdure/cli/dist/bin.js', ...args], home);
		expect(perdure('check')).toBe('');
		run(process.execPath, ['node_modules/typescript/bin/tsc'], home);
		expect(perdure('compile', 'dist')).toBe('Compiled 1 durable function in 1 file of dist.\n');
		expect(run(process.execPath, ['dist/main.js'], home)).toBe(greeting.printed);
		expect(perdure('explain', 'PD3001')).toMatch(/^# PD3001: /);
		own('src/greet.ts', greeting.greet.replace('const word =', 'const word: any ='));
		expect(() => perdure('check')).toThrow(/src\/greet\.ts:10:\d+ - error PD3004: 'word'/);
	});

	test('Babel', () => {
		write(
			'build.js',
			`import { mkdirSync, writeFileSync } from 'node:fs';
import { transformFileSync } from '@babel/core';
mkdirSync('babel');
for (const name of ['greet', 'main']) {
	const { code } = transformFileSync(\`src/\${name}.ts\`, {
		presets: [['@babel/preset-typescript', { rewriteImportExtensions: true }]],
		plugins: ['@perdure/babel-plugin'],
	});
	writeFileSync(\`babel/\${name}.js\`, code);
}
`,
		);
		run(process.execPath, ['build.js'], project);
		expect(run(process.execPath, ['babel/main.js'], project)).toBe(greeting.printed);
	});

	test('Vitest, by one line of configuration', () => {
		write(
			'vitest.config.ts',
			`import perdure from '@perdure/unplugin/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({ plugins: [perdure({ include: ['@acme/flows'] })] });
`,
		);
		write(
			'node_modules/@acme/flows/package.json',
			'{ "name": "@acme/flows", "type": "module", "exports": "./pay.js" }',
		);
		write('node_modules/@acme/flows/pay.js', `export async function pay() {\n\t'use durable';\n\treturn 'paid';\n}\n`);
		write(
			'src/greet.test.ts',
			`import { testRun } from '@perdure/testing';
import { expect, test } from 'vitest';
import { pay } from '@acme/flows';
import { greet } from './greet.ts';

test('pays', async () => {
	expect(await testRun(pay, []).result()).toBe('paid');
});

test('greets', async () => {
	const run = testRun(greet, [{ name: 'Ada' }]);
	expect(await run.next()).toMatchObject({ status: 'suspended', value: { ask: 'Ada' } });
	await run.resume('well');
	expect(await run.result()).toBe('hello Ada, well');
});
`,
		);
		expect(run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run'], project)).toMatch(/Tests +2 passed/);
		rmSync(join(project, 'src/greet.test.ts'));
	});
});

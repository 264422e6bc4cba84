import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { createProject, greeting, type Project } from '../support/project.ts';

// Each build is a process of a second or so, on a machine that does nothing else.
vi.setConfig({ testTimeout: 180_000 });

const good = greeting.greet;
/** `PD1002` at 2:2. */
const bad = `export function bad(): void {\n\t'use durable';\n}\n`;

interface Config {
	readonly compilerOptions?: object;
	readonly references?: readonly object[];
}

function config({ compilerOptions, ...rest }: Config = {}): string {
	return JSON.stringify({
		compilerOptions: {
			target: 'es2022',
			module: 'nodenext',
			strict: true,
			rootDir: 'src',
			outDir: 'dist',
			types: ['node'],
			// The DOM's declarations would be a sixth of each build.
			lib: ['es2022'],
			skipLibCheck: true,
			plugins: [{ transform: '@perdure/transform/ts-patch', transformProgram: true }],
			...compilerOptions,
		},
		include: ['src'],
		...rest,
	});
}

function build(project: Project, ...args: string[]): void {
	const { status, stdout, stderr } = project.tspc(...args);
	expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
}

function run(project: Project, ...args: string[]): string {
	const { status, stdout, stderr } = project.node(...args);
	expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
	return stdout;
}

test('JavaScript is compiled, declarations are those of the source', () => {
	const project = createProject({
		'tsconfig.json': config({
			compilerOptions: {
				declaration: true,
				declarationMap: true,
				sourceMap: true,
				skipLibCheck: false,
				lib: undefined,
			},
		}),
		'src/greet.ts': good,
		'src/main.ts': greeting.main('./greet.js'),
	});
	build(project, '-p', '.');
	expect(run(project, 'dist/main.js')).toBe(greeting.printed);
	expect(project.list('dist')).toEqual(
		['greet', 'main'].flatMap((name) => ['.d.ts', '.d.ts.map', '.js', '.js.map'].map((end) => name + end)),
	);
	expect(project.read('dist/greet.d.ts')).toBe(`export interface Person {
    readonly name: string;
}
export declare function greet(person: Person): Promise<string>;
//# sourceMappingURL=greet.d.ts.map`);
	expect(JSON.parse(project.read('dist/greet.d.ts.map')).sources).toEqual(['../src/greet.ts']);
});

test.for(['sourceMap', 'inlineSourceMap'])('with %s, stack traces show the lines as written', (option) => {
	const project = createProject({
		'tsconfig.json': config({ compilerOptions: { [option]: true, inlineSources: true } }),
		'src/fail.ts': `interface Order {\n\tid: number;\n}\n\nexport async function fail(order: Order): Promise<void> {
	'use durable';
	await 1;
	throw new Error(\`order \${order.id}\`);
}
fail({ id: 7 }).catch((error: Error) => console.log(error.stack));
`,
	});
	build(project, '-p', '.');
	expect(run(project, '--enable-source-maps', 'dist/fail.js')).toMatch(
		/^Error: order 7\n +at .*src\/fail\.ts:8:8\)?\n/,
	);
	const map = option === 'sourceMap' ? project.read('dist/fail.js.map') : inlineMap(project.read('dist/fail.js'));
	expect(JSON.parse(map)).toMatchObject({ sources: ['../src/fail.ts'], sourcesContent: [project.read('src/fail.ts')] });
});

function inlineMap(code: string): string {
	return Buffer.from(/base64,(\S+)\s*$/.exec(code)![1]!, 'base64').toString();
}

test('code is type-checked as written', () => {
	const project = createProject({
		'tsconfig.json': config(),
		'src/greet.ts': good.replace("'hello'", '5').replace('const word', 'const word: string'),
	});
	const { status, stdout } = project.tspc('-p', '.');
	expect(status).toBe(2);
	expect(stdout).toBe("src/greet.ts(9,8): error TS2322: Type 'number' is not assignable to type 'string'.\n");
});

type Mode = readonly [name: string, args: readonly string[], options?: object];

const modes: readonly Mode[] = [
	['plain', ['-p', '.']],
	['noEmitOnError', ['-p', '.', '--noEmitOnError']],
	['noEmit', ['-p', '.', '--noEmit']],
	['isolatedModules', ['-p', '.', '--isolatedModules']],
	['noCheck', ['-p', '.', '--noCheck']],
	['noCheck without emit', ['-p', '.', '--noCheck', '--noEmit']],
];
/** These remember what an earlier build found. */
const rememberingModes: readonly Mode[] = [
	['incremental', ['-p', '.', '--incremental']],
	['incremental without emit', ['-p', '.', '--incremental', '--noEmit']],
	['build', ['-b', '.']],
	['build of a composite project', ['-b', '.'], { composite: true }],
];

function expectFailure(project: Project, args: readonly string[]): void {
	const { status, stdout } = project.tspc(...args);
	expect(stdout).toMatch(/^src\/bad\.ts\(2,2\): error TS91002: PD1002: .*\n {2}help: .*\n$/);
	expect(status).not.toBe(0);
}

test.for(modes)('an error fails the build: %s', ([, args, compilerOptions = {}]) => {
	expectFailure(createProject({ 'tsconfig.json': config({ compilerOptions }), 'src/bad.ts': bad }), args);
});

test.for(rememberingModes)('an error fails the build until it is corrected: %s', ([, args, compilerOptions = {}]) => {
	const project = createProject({
		'tsconfig.json': config({ compilerOptions }),
		'src/greet.ts': good,
		'src/bad.ts': bad,
	});
	expectFailure(project, args);
	expectFailure(project, args);
	project.write({ 'src/bad.ts': bad.replace("'use durable'", '') });
	build(project, ...args);
});

test('two files with one id fail the build, until one has another', () => {
	const named = (name: string) => `export async function ${name}(): Promise<void> {\n\t'use durable as pay';\n}\n`;
	for (const args of [
		['-p', '.', '--noEmit', '--incremental'],
		['-b', '.'],
	]) {
		const project = createProject({ 'tsconfig.json': config(), 'src/a.ts': named('a'), 'src/b.ts': named('b') });
		for (let time = 1; time <= 2; time++) {
			const { status, stdout } = project.tspc(...args);
			expect(status).not.toBe(0);
			expect(stdout).toContain(
				"src/a.ts(1,8): error TS91003: PD1003: A durable function of src/b.ts has the same id 'pay'.",
			);
			expect(stdout).toContain(
				"src/b.ts(1,8): error TS91003: PD1003: A durable function of src/a.ts has the same id 'pay'.",
			);
		}
		project.write({ 'src/b.ts': named('b').replace('pay', 'refund') });
		build(project, ...args);
	}
});

test('noEmitOnError keeps everything back', () => {
	const project = createProject({ 'tsconfig.json': config(), 'src/greet.ts': good, 'src/bad.ts': bad });
	project.tspc('-p', '.', '--noEmitOnError');
	expect(() => project.list('dist')).toThrow();
});

test('without noEmitOnError a file with an error comes out as written, the others compiled', () => {
	const project = createProject({ 'tsconfig.json': config(), 'src/greet.ts': good, 'src/bad.ts': bad });
	project.tspc('-p', '.');
	expect(project.read('dist/bad.js')).toContain('use durable');
	expect(project.read('dist/greet.js')).not.toContain('use durable');
});

test('an incremental build compiles what has changed', () => {
	const project = createProject({
		'tsconfig.json': config({ compilerOptions: { incremental: true } }),
		'src/greet.ts': good,
		'src/main.ts': greeting.main('./greet.js'),
	});
	build(project, '-p', '.');
	build(project, '-p', '.');
	expect(run(project, 'dist/main.js')).toBe(greeting.printed);
	project.write({ 'src/greet.ts': good.replace('hello', 'good evening') });
	build(project, '-p', '.');
	expect(run(project, 'dist/main.js')).toBe(greeting.printed.replace('hello', 'good evening'));
});

test('project references: each project is compiled, types go from one to the other', () => {
	const project = createProject({
		'tsconfig.json': JSON.stringify({ files: [], references: [{ path: 'app' }] }),
		'core/package.json': JSON.stringify({ name: 'core', type: 'module', exports: './dist/greet.js' }),
		'core/tsconfig.json': config({ compilerOptions: { composite: true } }),
		'core/src/greet.ts': good,
		'app/package.json': JSON.stringify({ name: 'app', type: 'module', imports: { '#core': '../core/dist/greet.js' } }),
		'app/tsconfig.json': config({ compilerOptions: { composite: true }, references: [{ path: '../core' }] }),
		'app/src/main.ts': greeting.main('../../core/dist/greet.js'),
	});
	build(project, '-b');
	build(project, '-b');
	expect(run(project, 'app/dist/main.js')).toBe(greeting.printed);
	project.write({ 'core/src/bad.ts': bad });
	for (let time = 1; time <= 2; time++) {
		const { status, stdout } = project.tspc('-b');
		expect(status).not.toBe(0);
		expect(stdout).toContain('core/src/bad.ts(2,2): error TS91002: PD1002');
	}
});

test('watch: an error appears, goes, and the new text is compiled', async () => {
	const project = createProject({
		'tsconfig.json': config(),
		'src/greet.ts': good,
		'src/main.ts': greeting.main('./greet.js'),
	});
	const tspc = join(project.folder, 'node_modules/ts-patch/bin/tspc.js');
	const child = spawn(process.execPath, [tspc, '-p', '.', '-w', '--preserveWatchOutput'], { cwd: project.folder });
	try {
		let seen = '';
		child.stdout.on('data', (chunk) => {
			seen += chunk;
		});
		// What is written here may be found in several rounds.
		const roundThat = async (is: (round: string) => boolean): Promise<void> => {
			while (!is(seen)) {
				if (child.exitCode !== null) throw new Error(`tspc ended: ${seen}`);
				await setTimeout(50);
			}
			seen = '';
		};
		await roundThat((round) => round.includes('Found 0 errors.'));
		expect(run(project, 'dist/main.js')).toBe(greeting.printed);
		project.write({ 'src/bad.ts': bad });
		await roundThat((round) => /error TS91002: PD1002.*Found 1 error\./s.test(round));
		project.write({ 'src/bad.ts': 'export {};\n', 'src/greet.ts': good.replace('hello', 'good evening') });
		const printed = greeting.printed.replace('hello', 'good evening');
		await roundThat((round) => round.includes('Found 0 errors.') && run(project, 'dist/main.js') === printed);
	} finally {
		child.kill();
		await once(child, 'exit');
	}
});

/** Types and values of one module, used in every way that decides whether an import stays. */
const parts = `export interface Part { readonly price: number; readonly name?: string }
export class Tax { static readonly rate = 2; }
export enum Unit { Piece = 3 }
export const enum Kind { Small = 4 }
export type { Part as Renamed };
`;
const shop = `import { type Part, Kind, Tax, Unit } from './parts.MODULE';
import type { Renamed } from './parts.MODULE';
import { serializable } from '@perdure/runtime';
export type { Part } from './parts.MODULE';

function logged(method: (order: Part) => Promise<number>, _context: ClassMethodDecoratorContext) {
	return method;
}

export class Shop {
	readonly #fee = 1;
	fee(): number { return this.#fee; }
	@logged
	async total(order: Part, _other?: Renamed): Promise<number> {
		'use durable';
		const { price, ...rest } = order;
		const unit: Unit = await Unit.Piece;
		void rest;
		return (await price) ** 2 + Tax.rate + unit + Kind.Small + this.fee();
	}
}
serializable(Shop, { serialize: () => null, deserialize: () => new Shop() });
new Shop().total({ price: 5 }).then((total) => console.log(total));
`;

const targets: readonly (readonly [type: 'module' | 'commonjs', options: object])[] = [
	['module', { module: 'nodenext', target: 'es2017' }],
	['module', { module: 'nodenext', target: 'es2020', useDefineForClassFields: false }],
	['module', { module: 'nodenext', target: 'es2025' }],
	['module', { module: 'nodenext', target: 'es2022', verbatimModuleSyntax: true }],
	['module', { module: 'nodenext', target: 'es2022', isolatedModules: true }],
	['module', { module: 'nodenext', target: 'es2022', importHelpers: false, removeComments: true, newLine: 'crlf' }],
	['module', { module: 'esnext', target: 'es2022', moduleResolution: 'bundler' }],
	['module', { module: 'preserve', target: 'es2022' }],
	['commonjs', { module: 'nodenext', target: 'es2022' }],
	['commonjs', { module: 'commonjs', target: 'es2017', moduleResolution: 'bundler' }],
	['commonjs', { module: 'commonjs', target: 'es2022', moduleResolution: 'bundler', isolatedModules: true }],
];

test('imports, decorators and class members come out right for every target', () => {
	const files = targets.flatMap(([type, compilerOptions], index) => [
		[`${index}/package.json`, JSON.stringify({ name: `shop${index}`, type })],
		[
			`${index}/tsconfig.json`,
			config({ compilerOptions: { composite: true, sourceMap: true, lib: ['es2022', 'dom'], ...compilerOptions } }),
		],
		[`${index}/src/parts.ts`, parts],
		[`${index}/src/shop.ts`, shop.replaceAll('MODULE', 'js')],
	]);
	const references = targets.map((_, index) => ({ path: String(index) }));
	const project = createProject({
		'tsconfig.json': JSON.stringify({ files: [], references }),
		...Object.fromEntries(files),
	});
	build(project, '-b');
	targets.forEach((target, index) => {
		expect(run(project, `${index}/dist/shop.js`), JSON.stringify(target)).toBe('35\n');
		expect(project.read(`${index}/dist/shop.js`)).not.toContain('use durable');
		expect(project.read(`${index}/dist/shop.d.ts`)).toContain('total(order: Part, _other?: Renamed): Promise<number>;');
	});
});

test('CommonJS by extension: `import = require` and `export =` stay what they are', () => {
	for (const module of ['nodenext', 'preserve']) {
		const project = createProject({
			'tsconfig.json': config({ compilerOptions: { module } }),
			'src/price.cts': `const price: number = 4;\nexport = price;\n`,
			'src/shop.cts': `import price = require('./price.cjs');
async function total(count: number): Promise<number> {
	'use durable';
	return count * (await price);
}
total(2).then((sum) => console.log(sum));
export = { total };
`,
		});
		build(project, '-p', '.');
		expect(run(project, 'dist/shop.cjs')).toBe('8\n');
		expect(project.read('dist/shop.cjs')).not.toContain('use durable');
	}
});

test('JSX and JavaScript files are compiled too', () => {
	const project = createProject({
		'tsconfig.json': config({ compilerOptions: { jsx: 'react', jsxFactory: 'h', allowJs: true } }),
		'src/view.tsx': `declare global { namespace JSX { type Element = string; interface IntrinsicElements { b: object } } }
const h = (name: string, _: unknown, ...inner: unknown[]) => name + inner.join('');
export const view = async (name: string) => {
	'use durable';
	return <b>{await name}</b>;
};
view('Ada').then((text) => console.log(text));
`,
		'src/plain.js': `import { view } from './view.js';
export async function twice(/** @type {string} */ name) {
	'use durable';
	return (await view(name)) + (await view(name));
}
console.log(await twice('Bo'));
`,
	});
	build(project, '-p', '.');
	expect(run(project, 'dist/plain.js')).toBe('bAda\nbBobBo\n');
});

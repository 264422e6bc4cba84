/** What types tell of what is saved, as `tspc` says it: in every mode, and never an answer from before a change. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { createProject, type Project } from '../support/project.ts';

vi.setConfig({ testTimeout: 180_000 });

const config = (compilerOptions: object = {}, plugin: object = {}) =>
	JSON.stringify({
		compilerOptions: {
			target: 'es2022',
			module: 'nodenext',
			strict: true,
			rootDir: 'src',
			outDir: 'dist',
			lib: ['es2023'],
			types: [],
			skipLibCheck: true,
			plugins: [{ transform: '@perdure/transform/ts-patch', transformProgram: true, ...plugin }],
			...compilerOptions,
		},
		include: ['src'],
	});

/** Three files: what is captured, what registers it, and what captures it, which does not import the second. */
const files = {
	'src/cart.ts': 'export class Cart {\n\treadonly lines: string[] = [];\n}\n',
	'src/registers.ts': 'export {};\n',
	'src/shop.ts': `import { suspend } from '@perdure/runtime';
import { Cart } from './cart.js';

export async function shop(): Promise<number> {
	'use durable';
	const cart = new Cart();
	await suspend('more?');
	return cart.lines.length;
}
`,
};
const registering = `import { serializable } from '@perdure/runtime';\nimport { Cart } from './cart.js';\nserializable(Cart);\n`;

const refused = /^src\/shop\.ts\(7,2\): error TS93005: PD3005: 'cart' .*\n {2}help: .*\n$/;

function expectRefusal(project: Project, args: readonly string[]): void {
	const { status, stdout } = project.tspc(...args);
	expect(stdout).toMatch(refused);
	expect(status).not.toBe(0);
}

function expectSuccess(project: Project, args: readonly string[]): void {
	const { status, stdout, stderr } = project.tspc(...args);
	expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
}

test.for([
	['plain', []],
	['noEmitOnError', ['--noEmitOnError']],
	['noEmit', ['--noEmit']],
] as const)('a registration elsewhere counts: %s', ([, options]) => {
	const project = createProject({ 'tsconfig.json': config(), ...files });
	expectRefusal(project, ['-p', '.', ...options]);
	project.write({ 'src/registers.ts': registering });
	expectSuccess(project, ['-p', '.', ...options]);
});

/** These remember what an earlier build found. */
test.for([
	['incremental', ['-p', '.', '--incremental', '--noEmitOnError'], {}],
	['incremental without emit', ['-p', '.', '--incremental', '--noEmit'], {}],
	['build', ['-b', '.'], {}],
	['build of a composite project', ['-b', '.'], { composite: true }],
] as const)('a registration elsewhere counts, when it comes and when it goes: %s', ([, args, options]) => {
	const project = createProject({ 'tsconfig.json': config(options), ...files });
	expectRefusal(project, args);
	project.write({ 'src/registers.ts': registering });
	expectSuccess(project, args);
	project.write({ 'src/registers.ts': 'export {};\n' });
	expectRefusal(project, args);
	expectRefusal(project, args);
});

test('watch: a registration elsewhere counts, when it comes and when it goes', async () => {
	const project = createProject({ 'tsconfig.json': config(), ...files });
	const tspc = join(project.folder, 'node_modules/ts-patch/bin/tspc.js');
	const child = spawn(process.execPath, [tspc, '-p', '.', '-w', '--preserveWatchOutput'], { cwd: project.folder });
	let seen = '';
	child.stdout.on('data', (chunk) => {
		seen += chunk;
	});
	const nextRound = async (): Promise<string> => {
		while (!/Found \d+ errors?\./.test(seen)) {
			if (child.exitCode !== null) throw new Error(`tspc ended: ${seen}`);
			await setTimeout(50);
		}
		const round = seen;
		seen = '';
		return round;
	};
	try {
		expect(await nextRound()).toMatch(/TS93005: PD3005.*Found 1 error\./s);
		project.write({ 'src/registers.ts': registering });
		expect(await nextRound()).toContain('Found 0 errors.');
		project.write({ 'src/registers.ts': 'export {};\n' });
		expect(await nextRound()).toMatch(/TS93005: PD3005.*Found 1 error\./s);
	} finally {
		child.kill();
	}
});

test('project references: a class of another project, and what is wrong in it', () => {
	const { 'src/cart.ts': cart, 'src/shop.ts': shop } = files;
	const app = { composite: true, declaration: true };
	const project = createProject({
		'tsconfig.json': JSON.stringify({ files: [], references: [{ path: 'app' }] }),
		'core/package.json': JSON.stringify({ name: 'core', type: 'module' }),
		'core/tsconfig.json': config({ composite: true }),
		'core/src/cart.ts': cart,
		'app/package.json': JSON.stringify({ name: 'app', type: 'module' }),
		'app/tsconfig.json': JSON.stringify({ ...JSON.parse(config(app)), references: [{ path: '../core' }] }),
		'app/src/shop.ts': shop.replace('./cart.js', '../../core/dist/cart.js'),
	});
	for (let time = 1; time <= 2; time++) {
		const { status, stdout } = project.tspc('-b');
		expect(stdout).toMatch(/app\/src\/shop\.ts\(7,2\): error TS93005: PD3005/);
		expect(status).not.toBe(0);
	}
	project.write({
		'core/src/cart.ts': `import { serializable } from '@perdure/runtime';\n${cart}serializable(Cart);\n`,
	});
	expectSuccess(project, ['-b']);
});

const unknown = `import { suspend } from '@perdure/runtime';

export async function keep(text: string): Promise<string> {
	'use durable';
	const data = JSON.parse(text);
	await suspend('go on?');
	return String(data);
}
`;

test('"any" in the configuration says what captured values of unknown type are', () => {
	const project = createProject({ 'tsconfig.json': config(), 'src/keep.ts': unknown });
	const error = project.tspc('-p', '.', '--noEmit');
	expect(error.stdout).toMatch(/^src\/keep\.ts\(6,2\): error TS93004: PD3004: 'data'/);
	expect(error.status).not.toBe(0);

	project.write({ 'tsconfig.json': config({}, { any: 'warn' }) });
	const warning = project.tspc('-p', '.', '--noEmit');
	expect(warning).toMatchObject({ status: 0, stdout: '', stderr: expect.stringContaining('warning TS93004: PD3004') });

	project.write({ 'tsconfig.json': config({}, { any: 'allow' }) });
	expectSuccess(project, ['-p', '.', '--noEmit']);
});

test('with noCheck nothing is asked of types, here as there', () => {
	const project = createProject({ 'tsconfig.json': config(), ...files });
	expectSuccess(project, ['-p', '.', '--noCheck']);
});

/** Compiles the suites and runs their tests, each suite in a process of its own. */
import { spawn } from 'node:child_process';
import {
	cpSync,
	existsSync,
	globSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Compiled, compileAsOneFunction, compileWithDirectives } from './directives.ts';
import { SUITES, type Suite } from './suites.ts';

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** `functions`: the directive in each async function. `modules`: the whole of each module is one durable function. */
export type Mode = 'functions' | 'modules';

export interface Counts {
	/** Functions that got the directive. */
	readonly durable: number;
	/** Async functions inside these: closures of them. */
	readonly closures: number;
	/** Functions, or modules, that stay as they are, by the code of the error. */
	readonly refused: Record<string, number>;
}

export interface Outcome {
	readonly passed: number;
	/** Names of the tests that fail. */
	readonly failed: readonly string[];
}

/**
 * Compiles all suites into a new folder, where each finds the others compiled, and everything else as it
 * is. The caller removes the folder.
 */
export function install(mode: Mode): { readonly folder: string; readonly counts: ReadonlyMap<Suite, Counts> } {
	const folder = mkdtempSync(join(tmpdir(), 'perdure-suites-'));
	const target = join(folder, 'node_modules');
	mkdirSync(join(target, 'tape'), { recursive: true });
	cpSync(fileURLToPath(new URL('tape.cjs', import.meta.url)), join(target, 'tape/index.js'));
	for (const name of readdirSync(modules)) {
		if (existsSync(join(target, name)) || SUITES.some((suite) => suite.package === name)) continue;
		symlinkSync(join(modules, name), join(target, name), 'junction');
	}
	return { folder, counts: new Map(SUITES.map((suite) => [suite, compileSuite(suite, target, mode)])) };
}

function compileSuite(suite: Suite, target: string, mode: Mode): Counts {
	const from = join(modules, suite.package);
	const to = join(target, suite.package);
	cpSync(from, to, { recursive: true });
	if (suite.entry !== undefined) writeFileSync(join(to, 'entry.test.js'), suite.entry);
	const counts = { durable: 0, closures: 0, refused: {} as Record<string, number> };
	for (const file of globSync([...suite.files], { cwd: from }).sort()) {
		const source = readFileSync(join(from, file), 'utf8');
		const { code, durable, closures, refused } = compile(source, `${suite.package}/${file}`, mode);
		writeFileSync(join(to, file), code);
		counts.durable += durable;
		counts.closures += closures;
		for (const [error, number] of Object.entries(refused))
			counts.refused[error] = (counts.refused[error] ?? 0) + number;
	}
	return counts;
}

/** A module that the compiler refuses as one function has the directive in its functions. */
function compile(source: string, filename: string, mode: Mode): Compiled {
	const whole = mode === 'modules' ? compileAsOneFunction(source, filename) : null;
	if (whole !== null && 'code' in whole) return whole;
	const parts = compileWithDirectives(source, filename);
	if (whole === null) return parts;
	return { ...parts, refused: { ...parts.refused, [`module ${whole.refusedBy}`]: 1 } };
}

/** @throws Error with what was printed, when the tests do not end in time. */
export async function runTests(folder: string, suite: Suite): Promise<Outcome> {
	const cwd = join(folder, 'node_modules', suite.package);
	const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, VITEST: ___, ...env } = process.env;
	// Most of the time they sleep: many at a time.
	const options = ['--test', '--test-reporter=tap', '--test-concurrency=8'];
	const child = spawn(process.execPath, [...options, ...globSync([...suite.tests], { cwd }).sort()], {
		cwd,
		env,
		stdio: ['ignore', 'pipe', 'pipe'],
		timeout: 100_000,
	});
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text: string) => {
			output += text;
		});
	}
	await new Promise((resolve) => child.once('close', resolve));
	const passed = /^# pass (\d+)$/m.exec(output)?.[1];
	if (passed === undefined) throw new Error(`the tests of ${suite.package} did not end:\n${output.slice(-3000)}`);
	const failed = [...output.matchAll(/^ *not ok \d+ - (.*?)(?: #.*)?$/gm)].map(([, name]) => name!);
	return { passed: Number(passed), failed };
}

/** Some of the fixtures and generated programs once more, each turn of the run in a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compileSubject, execute } from './support/execute.ts';
import { generateProgram } from './support/generate/program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const MOST_TURNS = 30;
/** Short ones, with generators, classes, iterators, `for await`, `using` and fibers. */
const SEEDS = [58, 107, 212];

/** The lines of a run of which each turn has a process of its own. */
function inProcesses(program: string): string[] {
	const directory = mkdtempSync(join(tmpdir(), 'perdure-'));
	try {
		const lines: string[] = [];
		for (let turn = 0; turn < MOST_TURNS && !/^(returns|throws) /.test(lines.at(-1) ?? ''); turn++) {
			const child = spawnSync(
				process.execPath,
				['--import', './test/support/sources.ts', 'test/support/one-turn.ts', program, join(directory, 'run')],
				{ cwd: root, encoding: 'utf8' },
			);
			expect(child.stderr).toBe('');
			const added = child.stdout.split('\n').filter(Boolean);
			lines.push(...added.map((line) => JSON.parse(line) as string));
		}
		return lines;
	} finally {
		rmSync(directory, { recursive: true });
	}
}

test.for([
	'for-closure-per-iteration',
	'for-of-map-mutated',
	'finally-overrides-return',
	'durable-recursion',
	'shared-identity',
	'error-builtin-kept',
])('each turn of %s in its own process', (name) => {
	const trace = readFileSync(join(root, `fixtures/lower/${name}/trace.txt`), 'utf8');
	expect(`${inProcesses(`fixtures/lower/${name}/input.ts`).join('\n')}\n`).toBe(trace);
});

test.for(SEEDS)('each turn of the generated program %i in its own process', async (seed) => {
	const plain = await execute(compileSubject(generateProgram(seed), 'program.js'), 'plain');
	expect(inProcesses(`seed ${seed}`)).toEqual(plain);
});

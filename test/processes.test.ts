/** Some of the fixtures once more, each turn of the run in a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const MOST_TURNS = 30;

test.for([
	'for-closure-per-iteration',
	'for-of-map-mutated',
	'finally-overrides-return',
	'durable-recursion',
	'shared-identity',
	'error-builtin-kept',
])('each turn of %s in its own process', (name) => {
	const directory = mkdtempSync(join(tmpdir(), 'perdure-'));
	try {
		const lines: string[] = [];
		for (let turn = 0; turn < MOST_TURNS && !/^(returns|throws) /.test(lines.at(-1) ?? ''); turn++) {
			const child = spawnSync(
				process.execPath,
				[
					'--import',
					'./test/support/sources.ts',
					'test/support/one-turn.ts',
					`fixtures/lower/${name}/input.ts`,
					join(directory, 'run'),
				],
				{ cwd: root, encoding: 'utf8' },
			);
			expect(child.stderr).toBe('');
			lines.push(
				...child.stdout
					.split('\n')
					.filter(Boolean)
					.map((line) => JSON.parse(line) as string),
			);
		}
		expect(`${lines.join('\n')}\n`).toBe(readFileSync(join(root, `fixtures/lower/${name}/trace.txt`), 'utf8'));
	} finally {
		rmSync(directory, { recursive: true });
	}
});

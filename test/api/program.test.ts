/** A program that uses every name of the API at once: the checker has nothing against it, and it does what it says. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from '@perdure/transform';
import { afterAll, expect, test } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(`program/${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'perdure-api-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('can be saved', () => {
	expect(check({ project: here('tsconfig.json') })).toEqual([]);
});

test.for([[], ['threads']])('runs, with its store encrypted, and forks: %s', ([threads]) => {
	const database = join(folder, `${threads}.db`);
	const args = ['--import', '@perdure/transform/register', here('main.ts'), database, ...(threads ? [threads] : [])];
	const printed = execFileSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
	expect(JSON.parse(printed)).toEqual({
		asked: { sum: 200 },
		ordered: {
			total: 200,
			reserved: 1,
			late: null,
			doubled: [2, 4, 6],
			halves: [0.5, 1, 1.5],
			nine: 9,
			first: 'fast',
		},
		forked: { out: 'tea' },
		children: ['order, child 1', 'order, child 2'],
		emitted: 'order',
		progress: { sku: 'b', total: 200 },
		waitingFor: [],
		marks: ['collected'],
	});
	expect(readFileSync(database).includes('not to be seen')).toBe(false);
});

import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TABLE } from '../../packages/transform/src/diagnostics/table.ts';
import { type Counts, install, type Mode, type Outcome, runTests } from './run.ts';
import { SUITES, type Suite } from './suites.ts';

/**
 * Compiles and runs all suites, and compares with what `<mode>.md` says. `npx vitest run test/suites -u`
 * writes that file; read the difference.
 */
export function compareSuites(mode: Mode): void {
	let folder = '';
	let counts: ReadonlyMap<Suite, Counts>;
	const outcomes = new Map<Suite, Outcome>();

	beforeAll(() => {
		({ folder, counts } = install(mode));
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	describe.concurrent('their own tests pass', () => {
		test.for(SUITES)(
			'$package',
			// Some of them measure milliseconds, and fail on a busy machine.
			{ timeout: 120_000, retry: 3 },
			async (suite, { expect }) => {
				const outcome = await runTests(folder, suite);
				outcomes.set(suite, outcome);
				expect(outcome.failed.filter((name) => !suite.impossible?.includes(name))).toEqual([]);
				expect(outcome.passed).toBeGreaterThan(0);
			},
		);
	});

	test('what could be compiled, and how many passed, is what the file says', async () => {
		await expect(page(mode, counts, outcomes)).toMatchFileSnapshot(`${mode}.md`);
	});
}

const MODES: Record<Mode, string> = {
	functions: 'the directive in every async function and generator that may have it',
	modules: 'the whole of each module as one durable function, all functions in it closures of that',
};

function page(mode: Mode, counts: ReadonlyMap<Suite, Counts>, outcomes: ReadonlyMap<Suite, Outcome>): string {
	const codes = new Set<string>();
	const rows = SUITES.map((suite) => {
		const { version, license } = manifestOf(suite.package);
		const { durable, closures, refused } = counts.get(suite)!;
		const { passed, failed } = outcomes.get(suite) ?? { passed: 0, failed: [] };
		for (const code of Object.keys(refused)) codes.add(/PD\d+/.exec(code)![0]);
		const plain = Object.entries(refused)
			.sort()
			.map(([code, number]) => `${number} × ${code}`);
		const cells = [suite.package, version, license, durable, closures, plain.join(', '), passed, failed.join('; ')];
		return `| ${cells.join(' | ')} |\n`;
	});
	const reasons = [...codes].sort().map((code) => `- ${code}: ${TABLE[code as keyof typeof TABLE].title}\n`);
	return `# Suites that others wrote: ${MODES[mode]}

Made by \`npx vitest run test/suites -u\`. A test that shows the source text of a function is impossible: the text is the compiled one.

| package | version | licence | durable | async functions and generators in these | left as they are | tests that pass | impossible |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('')}${reasons.length > 0 ? `\n${reasons.join('')}` : ''}`;
}

function manifestOf(name: string): { version: string; license: string } {
	return JSON.parse(
		readFileSync(fileURLToPath(new URL(`../../node_modules/${name}/package.json`, import.meta.url)), 'utf8'),
	);
}

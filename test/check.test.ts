/** The programs of fixtures/check: small, half of them legal, and TypeScript has nothing to say of any. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { checkCases, headlinesOf, PROJECT } from './support/check-case.ts';

const cases = checkCases();

test('at least 150, half of them legal', () => {
	const legal = cases.filter((fixture) => headlinesOf(fixture).length === 0);
	expect(cases.length).toBeGreaterThanOrEqual(150);
	expect(Math.abs(legal.length / cases.length - 0.5)).toBeLessThan(0.05);
});

test('each says what it shows in one sentence', () => {
	for (const { name, directory } of cases)
		expect(readFileSync(join(directory, 'input.ts'), 'utf8'), name).toMatch(/^\/\/ .+\.\n/);
});

test('TypeScript has nothing against them', () => {
	const { config } = ts.readConfigFile(PROJECT, ts.sys.readFile) as { config: unknown };
	const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, join(PROJECT, '..'));
	const found = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
	expect(
		found.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
	).toEqual([]);
});

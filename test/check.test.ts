/** What the checker says of the programs of fixtures/check: small ones, half of them legal. */
import { describe, expect, test } from 'vitest';
import { checkCases, headlinesOf } from './support/check-case.ts';
import { stored } from './support/fixture.ts';
import { saidOf, typeErrors } from './support/fixture-check.ts';

const cases = checkCases();

describe('check', () => {
	test.for(cases.map((fixture) => [fixture.name, fixture] as const))('%s', ([, fixture]) => {
		expect(saidOf(fixture)).toBe(stored(fixture, 'diagnostics.txt'));
	});
});

test('at least 150, half of them legal', () => {
	const legal = cases.filter((fixture) => headlinesOf(fixture).length === 0);
	expect(cases.length).toBeGreaterThanOrEqual(150);
	expect(Math.abs(legal.length / cases.length - 0.5)).toBeLessThan(0.05);
});

test('each says what it shows in one sentence', () => {
	for (const fixture of cases) expect(stored(fixture, 'input.ts'), fixture.name).toMatch(/^\/\/ .+\.\n/);
});

test('TypeScript has nothing against them', () => {
	expect(typeErrors()).toEqual([]);
});

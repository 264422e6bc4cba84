/** What the checker says of the programs of fixtures/check: small ones, half of them legal. */
import { describe, expect, test } from 'vitest';
import { checkCases, headlinesOf } from './support/check-case.ts';
import { stored } from './support/fixture.ts';
import { saidOf, typeErrors } from './support/fixture-check.ts';

const cases = checkCases();

/** Of these the checker does not say what it should, yet. */
const OPEN = new Set<string>([
	'check/array-iterator-legal',
	'check/iterator-in-a-variable-legal',
	'check/promises-made-here-legal',
	'check/promises-of-a-foreign-caller',
	'check/resolver-handed-out',
	'check/this-of-a-durable-method',
]);

describe('check', () => {
	test.for(cases.map((fixture) => [fixture.name, fixture] as const))('%s', ([name, fixture]) => {
		const said = saidOf(fixture);
		if (OPEN.has(name)) expect(said, 'no longer open').not.toBe(stored(fixture, 'diagnostics.txt'));
		else expect(said).toBe(stored(fixture, 'diagnostics.txt'));
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

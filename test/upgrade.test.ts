/** A run is parked by one version of a program and taken up by another: restored, or refused, never at a wrong place. */
import { describe, expect, test } from 'vitest';
import { stored } from './support/fixture.ts';
import { upgradeCases, verdictOf } from './support/fixture-upgrade.ts';

describe('upgrade', () => {
	for (const fixture of upgradeCases()) {
		test(fixture.name, async () => {
			expect(await verdictOf(fixture)).toBe(stored(fixture, 'verdict.txt'));
		});
	}
});

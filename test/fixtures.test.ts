/** Every case under fixtures/ that is a program with what it asserts beside it. */
import { describe, expect, test } from 'vitest';
import { AREAS, assertionsOf, casesOf, stored } from './support/fixture.ts';

for (const area of AREAS) {
	describe(area, () => {
		for (const fixture of casesOf(area)) {
			test(fixture.name, async () => {
				for (const { file, actual } of await assertionsOf(fixture)) {
					expect(actual, `${fixture.name}/${file}`).toBe(stored(fixture, file));
				}
			});
		}
	});
}

const all = AREAS.flatMap(casesOf);

test('each case says what it shows in one sentence', () => {
	for (const fixture of all) expect(stored(fixture, 'input.ts'), fixture.name).toMatch(/^\/\/ .+\.\n/);
});

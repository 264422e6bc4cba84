/** Generated programs: as written, compiled, in a run, and dropped and restored at every suspension point. */
import { describe, expect, test } from 'vitest';
import { disagreement } from './support/compare.ts';
import { generateProgram } from './support/generate/program.ts';

const PROGRAMS = 300;
const BATCH = 25;

describe('generated programs do the same in every way of executing them', () => {
	for (let first = 1; first <= PROGRAMS; first += BATCH) {
		test(`seeds ${first} to ${first + BATCH - 1}`, async () => {
			for (let seed = first; seed < first + BATCH; seed++) {
				const source = generateProgram(seed);
				const found = await disagreement(source);
				expect(
					found === null ? null : `seed ${seed} (npm run soak -- --count 1 --seed ${seed}): ${found.text}`,
					source,
				).toBeNull();
			}
		});
	}
});

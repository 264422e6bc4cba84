/** Generated programs: as written, compiled, in a run, dropped and restored, and edited while they are parked. */
import { describe, expect, test } from 'vitest';
import { type Disagreement, disagreement } from './support/compare.ts';
import { disagreementAfterEdit } from './support/edit.ts';
import { generateProgram } from './support/generate/program.ts';
import { Random } from './support/generate/random.ts';

const BATCH = 25;

function forSeeds(from: number, to: number, check: (source: string, seed: number) => Promise<Disagreement | null>) {
	for (let first = from; first < to; first += BATCH) {
		test(`seeds ${first} to ${first + BATCH - 1}`, async () => {
			for (let seed = first; seed < first + BATCH; seed++) {
				const source = generateProgram(seed);
				const found = await check(source, seed);
				expect(
					found && `seed ${seed}, npm run soak -- --edits --count 1 --seed ${seed}\n${found.text}`,
					source,
				).toBeNull();
			}
		});
	}
}

describe('a program does the same in every way of executing it', () => {
	forSeeds(1, 301, (source) => disagreement(source));
});

describe('a run that a program left goes on in the edited program', () => {
	forSeeds(1, 101, (source, seed) => disagreementAfterEdit(source, new Random(seed)));
});

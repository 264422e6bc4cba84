/** Generated programs: as written, compiled, in a run, dropped and restored, edited while they are parked, replayed, tried again. */
import { describe, expect, test } from 'vitest';
import { type Disagreement, disagreement } from './support/compare.ts';
import { disagreementAfterEdit } from './support/edit.ts';
import { generateProgram } from './support/generate/program.ts';
import { Random } from './support/generate/random.ts';
import { replayDisagreement } from './support/replays.ts';
import { retryDisagreement } from './support/retries.ts';

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

describe('a replay of the log, whole and cut off anywhere, does what the run did, and nothing that it did again', () => {
	for (let first = 1; first < 101; first += BATCH) {
		test(`seeds ${first} to ${first + BATCH - 1}`, async () => {
			for (let seed = first; seed < first + BATCH; seed++) {
				expect(await replayDisagreement(generateProgram(seed)), `seed ${seed}`).toBeNull();
			}
		});
	}
});

describe('a run that a fault has ended, tried again, does what it does without the fault, and nothing twice', () => {
	test('seeds 1 to 100', async () => {
		let failed = 0;
		for (let seed = 1; seed < 101; seed++) {
			// What calls a closure of the run is done again with all that the closure does: it is one effect.
			const source = generateProgram(seed, { without: ['tries', 'asyncClosures'] });
			const tried = await retryDisagreement(source, new Random(seed));
			expect(tried.wrong, `seed ${seed}`).toBeNull();
			if (tried.failed) failed++;
		}
		expect(failed).toBeGreaterThan(50);
	});
});

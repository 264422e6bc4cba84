/**
 * Generated programs about generators: as written, compiled, in a run, dropped and restored. The order
 * of what they see is compared too, down to the job, between native generators and compiled ones.
 */
import { describe, expect, test } from 'vitest';
import { compileSubject, execute, type Way } from './support/execute.ts';
import { type GeneratorPrograms, generateGenerators } from './support/generate/generator-requests.ts';

/** An effect that is under way when a run is dropped is begun again, which shows with several: not now and then. */
const WAYS: readonly Way[] = ['outside', 'inside', 'restored'];

async function disagreement(source: string): Promise<string | null> {
	const subject = compileSubject(source, 'src/generated.ts');
	const expected = await execute(subject, 'plain');
	for (const way of WAYS) {
		const actual = await execute(subject, way);
		if (actual.join('\n') !== expected.join('\n')) {
			return `'${way}' is not as written\n--- plain\n${expected.join('\n')}\n--- ${way}\n${actual.join('\n')}`;
		}
	}
	return null;
}

const BATCH = 50;

function forSeeds(count: number, programs: GeneratorPrograms) {
	for (let first = 1; first <= count; first += BATCH) {
		test(`seeds ${first} to ${first + BATCH - 1}`, async () => {
			for (let seed = first; seed < first + BATCH; seed++) {
				const source = generateGenerators(seed, programs);
				expect(await disagreement(source), `seed ${seed}\n${source}`).toBeNull();
			}
		});
	}
}

describe('generators', () => forSeeds(50, { kind: 'sync', effects: false }));
describe('async generators, to the job', () => forSeeds(100, { kind: 'async', effects: false }));
describe('async generators that are dropped while requests wait', () => forSeeds(50, { kind: 'async', effects: true }));

/**
 * Generated programs of calls of foreign code: as written, compiled, in a run, dropped and restored, and replayed, whole
 * and cut off anywhere.
 */
import { describe, expect, test } from 'vitest';
import { compileSubject, execute, type Way } from './support/execute.ts';
import { generateEffects } from './support/generate/effects.ts';
import { replayDisagreement } from './support/replays.ts';

/** An effect that is under way when a run is dropped is begun again. */
const once = (lines: readonly string[]) => lines.filter((line, i) => !/^\S+! /.test(line) || lines.indexOf(line) === i);

async function disagreement(source: string, [measure, ...others]: readonly Way[]): Promise<string | null> {
	const subject = compileSubject(source, 'src/generated.js');
	const expected = once(await execute(subject, measure!, PATIENT)).join('\n');
	for (const way of others) {
		const actual = once(await execute(subject, way, PATIENT)).join('\n');
		if (actual !== expected) return `--- ${measure}\n${expected}\n--- ${way}\n${actual}`;
	}
	return replayDisagreement(source);
}

/** Timeouts and retries take their time on a slow machine. */
const PATIENT = { patience: 30_000 };

const BATCH = 10;

describe.each([
	[false, ['plain', 'outside', 'inside', 'restored', 'now and then']],
	// What a process did not survive counts as an attempt.
	[true, ['inside', 'restored']],
] as const)('calls of foreign code, with policies: %s', (policies, ways) => {
	for (let first = 1; first <= 20; first += BATCH) {
		test(`seeds ${first} to ${first + BATCH - 1}`, async () => {
			for (let seed = first; seed < first + BATCH; seed++) {
				const source = generateEffects(seed, { policies });
				expect(await disagreement(source, ways), `seed ${seed}\n${source}`).toBeNull();
			}
		});
	}
});

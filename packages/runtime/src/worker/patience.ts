import { SealError } from '../errors/saving.ts';
import { StoreError } from '../errors/store.ts';
import type { Clock } from '../ports/clock.ts';

/** Pause before a failed call of the store is looked into (ms), doubled each time up to the second one. */
const PAUSES = [50, 10_000] as const;

/** Waits, the longer the more failures there were (from 1). */
export function pauseAfter(failures: number, clock: Clock): Promise<void> {
	const time = Math.min(PAUSES[0] * 2 ** (failures - 1), PAUSES[1]);
	return new Promise((resolve) => {
		clock.timer(clock.now() + time, resolve);
	});
}

/** Commits of one turn that may fail, unless the store has said that it may take it later. */
const FAILURES = 10;

/** Whether to give up a turn whose commit has failed so often, the last time with this. */
export function isHopeless(error: unknown, failures: number): boolean {
	return failures > FAILURES && !(StoreError.is(error) && !error.refused);
}

/**
 * Asks a store that fails again and again, ever more slowly.
 * @throws what the store throws once nobody wants to know any more, and SealError.
 */
export async function patiently<T>(clock: Clock, ask: () => Promise<T>, isOver: () => boolean): Promise<T> {
	for (let failures = 1; ; failures++) {
		try {
			return await ask();
		} catch (error) {
			if (isOver() || SealError.is(error)) throw error;
		}
		await pauseAfter(failures, clock);
	}
}

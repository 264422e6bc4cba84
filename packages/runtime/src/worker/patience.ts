import { SealError } from '../errors/saving.ts';
import type { Clock } from '../ports/clock.ts';

/** Pause before a failed call of the store is looked into (ms), doubled each time up to the second. */
const PAUSES = [50, 10_000] as const;

/** How long to wait after so many failures, from 1 (ms). */
export function pauseAfter(failures: number): number {
	return Math.min(PAUSES[0] * 2 ** (failures - 1), PAUSES[1]);
}

export function pause(clock: Clock, time: number): Promise<void> {
	return new Promise((resolve) => {
		clock.timer(clock.now() + time, resolve);
	});
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
		await pause(clock, pauseAfter(failures));
	}
}

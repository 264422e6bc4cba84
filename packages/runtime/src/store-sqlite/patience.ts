import type { Clock } from '../ports/clock.ts';
import { isBusy } from './failure.ts';

/** How long another connection may be in the way (ms), and between two attempts. */
const PATIENCE = 30_000;
const RETRY = 20;
/** What counts of the time between two attempts, at most (ms): in more than that this process stood still itself. */
const COUNTED = 1000;

/** Waiting for other processes without blocking the event loop, which may be what they wait for. */
export class Patience {
	readonly #clock: Clock;
	#left = PATIENCE;
	#at: number;

	constructor(clock: Clock) {
		this.#clock = clock;
		this.#at = clock.now();
	}

	/** Whether what failed with `cause` is worth another attempt. */
	lasts(cause: unknown): boolean {
		const now = this.#clock.now();
		this.#left -= Math.min(now - this.#at, COUNTED);
		this.#at = now;
		return isBusy(cause) && this.#left > 0;
	}

	retry(attempt: () => void): void {
		this.#clock.timer(this.#clock.now() + RETRY, attempt);
	}
}

/** Does `work` once no other connection is in its way. @throws what `work` does, for any other reason or after too long. */
export async function patiently<T>(clock: Clock, work: () => T): Promise<T> {
	const patience = new Patience(clock);
	for (;;) {
		try {
			return work();
		} catch (cause) {
			if (!patience.lasts(cause)) throw cause;
		}
		await new Promise<void>((resolve) => patience.retry(resolve));
	}
}

import type { Clock } from '@perdure/runtime';
import type { VirtualClock } from '../../packages/testing/src/virtual-clock.ts';

/** The time of one process: its wall clock is wrong, and jumps; paused it does nothing, and dead it never does again. */
export class ProcessClock implements Clock {
	readonly #time: VirtualClock;
	#skew: number;
	#dead = false;
	/** What came while it was paused. */
	#missed: (() => void)[] | null = null;

	/** @param skew how far its clock is off (ms). */
	constructor(time: VirtualClock, skew: number) {
		this.#time = time;
		this.#skew = skew;
	}

	now(): number {
		return this.#time.now() + this.#skew;
	}

	timer(at: number, fire: () => void): () => void {
		let cancelled = false;
		const stop = this.#time.timer(this.#time.now() + Math.max(0, at - this.now()), () =>
			this.reach(() => cancelled || fire()),
		);
		return () => {
			cancelled = true;
			stop();
		};
	}

	/** Something comes from outside: it is dealt with at once, on waking, or never. */
	reach(what: () => void): void {
		if (this.#dead) return;
		if (this.#missed === null) what();
		else this.#missed.push(what);
	}

	jump(by: number): void {
		this.#skew += by;
	}

	pause(): void {
		this.#missed ??= [];
	}

	wake(): void {
		const missed = this.#missed ?? [];
		this.#missed = null;
		for (const what of missed) this.reach(what);
	}

	die(): void {
		this.#dead = true;
	}
}

import type { Clock } from '@perdure/runtime/simulation';

interface Timer {
	readonly at: number;
	readonly fire: () => void;
}

/** Time that moves only when it is told to. */
export class VirtualClock implements Clock {
	#now: number;
	readonly #timers = new Set<Timer>();

	constructor(now: number) {
		this.#now = now;
	}

	now(): number {
		return this.#now;
	}

	timer(at: number, fire: () => void): () => void {
		const timer = { at, fire };
		this.#timers.add(timer);
		return () => this.#timers.delete(timer);
	}

	/** When the next timer is due (ms since the epoch), or null. */
	get next(): number | null {
		let next: number | null = null;
		for (const { at } of this.#timers) if (next === null || at < next) next = at;
		return next;
	}

	/** Never back. Fires what is due by then, in order of time. */
	moveTo(time: number): void {
		if (time > this.#now) this.#now = time;
		const due = [...this.#timers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
		for (const timer of due) {
			if (this.#timers.delete(timer)) timer.fire();
		}
	}
}

import { TimeoutError } from '../errors/run.ts';
import { EngineClosedError } from '../errors/store.ts';
import { type Duration, milliseconds } from '../language/duration.ts';
import { durationText } from '../language/duration-text.ts';
import type { Clock } from '../ports/clock.ts';
import { effectAround } from './inside-effect.ts';

/** How long to wait for a run; without a limit until it moves. */
export interface WaitLimits {
	/** Then `TimeoutError`. */
	readonly timeout?: Duration | undefined;
	/** When aborted the wait rejects with its reason; the run goes on. */
	readonly signal?: AbortSignal | undefined;
}

/** How long waiting runs are left alone, for each of them, after all were woken (ms): some 20 us is a look. */
const REST = 0.1;

/**
 * Waits for what is stored to become so: look, and look again at each change.
 * Owns: who waits for which run. Called by: handles, and the store's listener (`moved`).
 */
export class Changes {
	readonly #clock: Clock;
	readonly #waiting = new Map<string, Set<() => void>>();
	#closed: 'but effects' | 'all' | null = null;
	#resting = false;
	/** Something changed while it rested. */
	#missed = false;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** A run moved, here or in another process; null: any. */
	moved(runId: string | null): void {
		if (runId !== null) for (const wake of [...(this.#waiting.get(runId) ?? [])]) wake();
		else if (this.#resting) this.#missed = true;
		else this.#all();
	}

	/** Every wait rejects, and every later one, but those of effects, which are waited for as others are. */
	closing(): void {
		this.#closed ??= 'but effects';
		this.#wake();
	}

	/** Every wait rejects, and every later one. */
	close(): void {
		this.#closed = 'all';
		this.#wake();
	}

	/** Another process may commit without end, and each look is a query: many who wait look less often. */
	#all(): void {
		this.#missed = false;
		const rest = this.#waiting.size * REST;
		this.#wake();
		if (rest < 1) return;
		this.#resting = true;
		this.#clock.timer(this.#clock.now() + rest, () => {
			this.#resting = false;
			if (this.#missed) this.#all();
		});
	}

	#wake(): void {
		for (const set of [...this.#waiting.values()]) for (const wake of [...set]) wake();
	}

	/**
	 * What `look` finds, as soon as it finds something.
	 * @throws TimeoutError, the signal's reason, EngineClosedError
	 */
	async until<T>(
		runId: string,
		what: string,
		look: () => Promise<T | undefined>,
		{ timeout, signal }: WaitLimits,
	): Promise<T> {
		const isEffect = effectAround() !== null;
		let ended: (() => unknown) | null = null;
		let changed = false;
		let wake = () => {};
		const change = () => {
			changed = true;
			wake();
		};
		const end = (why: () => unknown) => () => {
			ended ??= why;
			change();
		};
		const aborted = end(() => signal!.reason);
		const limit = timeout === undefined ? null : milliseconds(timeout);
		const stop =
			limit === null
				? () => {}
				: this.#clock.timer(
						this.#clock.now() + limit,
						end(() => new TimeoutError({ what, timeout: durationText(limit) })),
					);
		signal?.addEventListener('abort', aborted);
		const waiting = this.#waiting.get(runId) ?? new Set();
		this.#waiting.set(runId, waiting.add(change));
		try {
			for (;;) {
				if (signal?.aborted) throw signal.reason;
				if (this.#closed === 'all' || (this.#closed !== null && !isEffect)) throw new EngineClosedError();
				changed = false;
				const found = await look();
				if (found !== undefined) return found;
				if (ended !== null) throw (ended as () => unknown)();
				if (!changed) await new Promise<void>((resolve) => (wake = resolve));
			}
		} finally {
			stop();
			signal?.removeEventListener('abort', aborted);
			waiting.delete(change);
			if (waiting.size === 0 && this.#waiting.get(runId) === waiting) this.#waiting.delete(runId);
		}
	}
}

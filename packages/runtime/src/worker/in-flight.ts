import { performEffect, type Runs, type Settled } from '../driver/effects.ts';
import type { EffectCall } from '../machine/effect-call.ts';
import type { Clock } from '../ports/clock.ts';

/**
 * Effects of a run that this process performs, by key. Owns: their signals, and which of them are transactions that
 * have not begun. Called by: the run while it is held.
 */
export class InFlight {
	readonly #controllers = new Map<string, AbortController>();
	/** Effects among these that are to be committed with their outcome, in the order they came. */
	readonly transactions: EffectCall[] = [];

	get size(): number {
		return this.#controllers.size;
	}

	has(key: string): boolean {
		return this.#controllers.has(key);
	}

	signal(key: string): AbortSignal {
		return this.#controllers.get(key)!.signal;
	}

	/** A transaction is performed when its turn comes; of another effect `settled` is told how it went. */
	begin(call: EffectCall, clock: Clock, runs: Runs, settled: (settled: Settled) => void): void {
		const controller = new AbortController();
		this.#controllers.set(call.key, controller);
		if (call.transaction() !== null) this.transactions.push(call);
		else performEffect(call, controller.signal, { own: clock, runs }).then(settled);
	}

	end(key: string): void {
		this.#controllers.delete(key);
	}

	abort(key: string): void {
		this.#controllers.get(key)?.abort();
	}

	abortUnless(isWanted: (key: string) => boolean): void {
		for (const [key, controller] of this.#controllers) if (!isWanted(key)) controller.abort();
	}

	abortAll(): void {
		this.abortUnless(() => false);
	}
}

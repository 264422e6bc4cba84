import { type Clock, type EffectCall, type Event, performEffect } from '@perdure/runtime/simulation';
import { after, pass } from './host.ts';
import type { Pick } from './order.ts';
import type { VirtualClock } from './virtual-clock.ts';

type Settlement = Extract<Event, { readonly key: string } | { readonly type: 'promiseSettled' }>;

/** Something outside the run whose outcome the run waits for. */
interface Flight {
	readonly controller: AbortController;
	/** How many timers of the virtual clock it waits for. */
	sleeping: number;
	/** Real time was given to it in vain: nothing waits for it any more. */
	late: boolean;
}

/**
 * What happens outside the run: its effects in flight, native promises it waits for, and outcomes that it
 * has not taken yet. Knows nothing of the run, which may be dropped meanwhile.
 */
export class InFlight {
	readonly #clock: VirtualClock;
	readonly #pick: Pick;
	/** How long real work may take (ms). */
	readonly #patience: number;
	readonly #flights = new Map<string, Flight>();
	readonly #settled: Settlement[] = [];
	/** How many promises of the run wait for foreign code that has their resolvers. */
	#resolvable = 0;
	#resolversLate = false;
	#wake: () => void = () => {};

	constructor(clock: VirtualClock, pick: Pick, patience: number) {
		this.#clock = clock;
		this.#pick = pick;
		this.#patience = patience;
	}

	/** In flight, or settled and not yet taken. */
	has(key: string): boolean {
		return this.#flights.has(key) || this.#settled.some((settlement) => 'key' in settlement && settlement.key === key);
	}

	perform(call: EffectCall): void {
		const flight = this.#begin(call.key);
		const clocks = { own: this.#clockOf(flight), limit: this.#clock };
		performEffect(call, flight.controller.signal, clocks).then((settled) => {
			this.#end({ type: 'effectSettled', key: call.key, ...settled });
		});
	}

	watch(key: string, promise: PromiseLike<unknown>): void {
		this.#begin(key);
		const settled = (ok: boolean) => (value: unknown) => this.#end({ type: 'nativeSettled', key, ok, value });
		// A thenable's `then` and a promise's `constructor` are the user's, and may throw.
		new Promise((resolve) => resolve(promise)).then(settled(true), settled(false));
	}

	/** After a turn: so many promises wait for somebody outside to call their resolvers. */
	awaitResolvers(count: number): void {
		if (count > this.#resolvable) this.#resolversLate = false;
		this.#resolvable = count;
	}

	/** Foreign code has called a resolver. */
	resolved(settlement: Settlement): void {
		this.#settled.push(settlement);
		this.#wake();
	}

	abort(key: string): void {
		this.#flights.get(key)?.controller.abort();
	}

	abortAll(): void {
		for (const { controller } of this.#flights.values()) controller.abort();
		this.#flights.clear();
		this.#resolvable = 0;
	}

	/** Real time is given again to what has had it in vain. */
	forgive(): void {
		for (const flight of this.#flights.values()) flight.late = false;
		this.#resolversLate = false;
	}

	/**
	 * The outcome to be delivered next, or null when nothing more comes unless the virtual clock moves (or
	 * something takes longer than it may).
	 */
	async next(): Promise<Settlement | null> {
		// All that take no real time have settled after this: which comes first is then a matter of the seed alone.
		if (this.#flights.size > 0 || this.#resolvable > 0) await pass();
		if (this.#settled.length === 0 && this.#isWorking()) await this.#happening();
		if (this.#settled.length === 0) return null;
		return this.#settled.splice(this.#pick(this.#settled.length), 1)[0]!;
	}

	#begin(key: string): Flight {
		const flight: Flight = { controller: new AbortController(), sleeping: 0, late: false };
		this.#flights.set(key, flight);
		return flight;
	}

	#end(settlement: Extract<Settlement, { readonly key: string }>): void {
		if (!this.#flights.delete(settlement.key)) return;
		this.#settled.push(settlement);
		this.#wake();
	}

	/** Does any of them do real work that may still be waited for? */
	#isWorking(): boolean {
		for (const { sleeping, late } of this.#flights.values()) if (sleeping === 0 && !late) return true;
		return this.#resolvable > 0 && !this.#resolversLate;
	}

	/** Resolves when something has settled, when all sleep, or when patience is at its end. */
	#happening(): Promise<void> {
		return new Promise((resolve) => {
			const done = () => {
				stop();
				this.#wake = () => {};
				resolve();
			};
			const stop = after(this.#patience, () => {
				for (const flight of this.#flights.values()) if (flight.sleeping === 0) flight.late = true;
				this.#resolversLate = true;
				done();
			});
			this.#wake = () => {
				if (this.#settled.length > 0 || !this.#isWorking()) done();
			};
		});
	}

	/** The virtual clock as one effect sees it: `sleep` in a stand-in takes no real time either. */
	#clockOf(flight: Flight): Clock {
		const clock = this.#clock;
		return {
			now: () => clock.now(),
			timer: (at, fire) => {
				flight.sleeping++;
				const stop = clock.timer(at, () => {
					flight.sleeping--;
					fire();
				});
				this.#wake();
				return () => {
					flight.sleeping--;
					stop();
				};
			},
		};
	}
}

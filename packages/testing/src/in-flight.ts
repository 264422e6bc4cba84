import { type Clock, type EffectCall, type Event, performEffect, type Runs } from '@perdure/runtime/simulation';
import { after, pass } from './host.ts';
import type { Pick } from './order.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** A run, as far as this is concerned with it. */
type Run = object;

/** What has come for a run. */
export interface Arrival<R extends Run> {
	readonly run: R;
	readonly event: Event;
}

/** Something outside the runs whose outcome one of them waits for. */
interface Flight {
	readonly run: Run;
	readonly controller: AbortController;
	/** How many timers of the virtual clock it waits for. */
	sleeping: number;
	/** Real time was given to it in vain: nothing waits for it any more. */
	late: boolean;
}

/**
 * What happens outside the turns of runs: their effects in flight, native promises they wait for, and what has come for
 * them and was not taken yet. Knows nothing of the runs, which may be dropped meanwhile.
 *
 * F1: mail of one run comes to it in the order in which it was posted.
 */
export class InFlight<R extends Run> {
	readonly #clock: VirtualClock;
	readonly #pick: Pick;
	/** How long real work may take (ms). */
	readonly #patience: number;
	readonly #flights = new Map<string, Flight>();
	readonly #settled: Arrival<R>[] = [];
	readonly #mail: Arrival<R>[] = [];
	/** How many promises of each run wait for foreign code that has their resolvers. */
	readonly #resolvable = new Map<R, number>();
	#resolversLate = false;
	#wake: () => void = () => {};

	constructor(clock: VirtualClock, pick: Pick, patience: number) {
		this.#clock = clock;
		this.#pick = pick;
		this.#patience = patience;
	}

	/** In flight, or settled and not yet taken. */
	has(key: string): boolean {
		return this.#flights.has(key) || this.#settled.some(({ event }) => 'key' in event && event.key === key);
	}

	/** `runs`: what the effect may do to other runs; what it awaits there takes no real time. */
	perform(run: R, call: EffectCall, runs: (waiting: <T>(wait: Promise<T>) => Promise<T>) => Runs): void {
		const flight = this.#begin(run, call.key);
		const around = { own: this.#clockOf(flight), limit: this.#clock, runs: runs((wait) => this.#waits(flight, wait)) };
		performEffect(call, flight.controller.signal, around).then((settled) => {
			this.#end(run, { type: 'effectSettled', key: call.key, ...settled });
		});
	}

	watch(run: R, key: string, promise: PromiseLike<unknown>): void {
		this.#begin(run, key);
		const settled = (ok: boolean) => (value: unknown) => this.#end(run, { type: 'nativeSettled', key, ok, value });
		// A thenable's `then` and a promise's `constructor` are the user's, and may throw.
		new Promise((resolve) => resolve(promise)).then(settled(true), settled(false));
	}

	/** After a turn: so many promises of the run wait for somebody outside to call their resolvers. */
	awaitResolvers(run: R, count: number): void {
		if (count > (this.#resolvable.get(run) ?? 0)) this.#resolversLate = false;
		this.#resolvable.set(run, count);
	}

	/** Foreign code has called a resolver. */
	resolved(run: R, event: Event): void {
		this.#settled.push({ run, event });
		this.#wake();
	}

	/** From whoever drives the test, or from another run. */
	post(run: R, event: Event): void {
		this.#mail.push({ run, event });
		this.#wake();
	}

	/** Something is on its way to the run. */
	hasMail(run: R): boolean {
		return this.#mail.some((one) => one.run === run);
	}

	abort(key: string): void {
		this.#flights.get(key)?.controller.abort();
	}

	/** Nothing comes for the run any more. */
	abortAll(run: R): void {
		for (const [key, flight] of this.#flights) {
			if (flight.run !== run) continue;
			flight.controller.abort();
			this.#flights.delete(key);
		}
		this.#resolvable.delete(run);
	}

	/** Real time is given again to what has had it in vain. */
	forgive(): void {
		for (const flight of this.#flights.values()) flight.late = false;
		this.#resolversLate = false;
	}

	/**
	 * What is to be delivered next, or null when nothing more comes unless the virtual clock moves (or something takes
	 * longer than it may).
	 */
	async next(): Promise<Arrival<R> | null> {
		// All that take no real time have settled after this: which comes first is then a matter of the seed alone.
		if (this.#flights.size > 0 || this.#someResolvable) await pass();
		if (!this.#someArrived && this.#isWorking()) await this.#happening();
		const firsts = this.#mail.filter(({ run }, i) => this.#mail.findIndex((mail) => mail.run === run) === i);
		const ready = [...this.#settled, ...firsts];
		if (ready.length === 0) return null;
		const next = ready[this.#pick(ready.length)]!;
		const from = this.#settled.includes(next) ? this.#settled : this.#mail;
		from.splice(from.indexOf(next), 1);
		return next;
	}

	get #someArrived(): boolean {
		return this.#settled.length > 0 || this.#mail.length > 0;
	}

	get #someResolvable(): boolean {
		return [...this.#resolvable.values()].some((count) => count > 0);
	}

	#begin(run: Run, key: string): Flight {
		const flight: Flight = { run, controller: new AbortController(), sleeping: 0, late: false };
		this.#flights.set(key, flight);
		return flight;
	}

	#end(run: R, event: Extract<Event, { readonly key: string }>): void {
		if (!this.#flights.delete(event.key)) return;
		this.#settled.push({ run, event });
		this.#wake();
	}

	/** What another run is to do first is no real work of the effect. */
	async #waits<T>(flight: Flight, wait: Promise<T>): Promise<T> {
		flight.sleeping++;
		this.#wake();
		try {
			return await wait;
		} finally {
			flight.sleeping--;
		}
	}

	/** Does any of them do real work that may still be waited for? */
	#isWorking(): boolean {
		for (const { sleeping, late } of this.#flights.values()) if (sleeping === 0 && !late) return true;
		return this.#someResolvable && !this.#resolversLate;
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
				if (this.#someArrived || !this.#isWorking()) done();
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

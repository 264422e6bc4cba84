import { type Clock, type Store, StoreError } from '@perdure/runtime';
import type {
	Claimed,
	Committed,
	Started,
	StoreListener,
	StoreSession,
	TurnCommit,
} from '../../packages/runtime/src/ports/store.ts';
import type { Random } from '../support/generate/random.ts';
import type { Ledger } from './ledger.ts';

/** How bad it gets, as probabilities of each call; nothing of it once the storm is over. */
export interface Weather {
	/** Not done, and an error. */
	lost: number;
	/** Done, and an error all the same. */
	unknown: number;
	/** The process dies before or after the call. */
	crash: number;
}

export interface UnreliableOptions {
	readonly clock: Clock;
	readonly random: Random;
	readonly weather: Weather;
	readonly ledger: Ledger;
	/** The process of this session has died. */
	readonly onCrash: () => void;
}

const READS: ReadonlySet<string> = new Set(['read', 'log', 'mail', 'know', 'answered']);
/** No message of it crosses the wire. */
const LOCAL: ReadonlySet<string> = new Set(['now', 'list', 'die', 'close']);

type Mortal = StoreSession & { die(): void };

/** A store as a process sees it: each call takes its time both ways, fails, or is the last thing the process does; hints come late, or twice. */
export class UnreliableStore implements Store {
	readonly #inner: Store;
	readonly #o: UnreliableOptions;
	#dead = false;

	constructor(inner: Store, o: UnreliableOptions) {
		this.#inner = inner;
		this.#o = o;
	}

	async open(listener: StoreListener): Promise<StoreSession> {
		const hints = new Proxy(listener, {
			get: (target, name: keyof StoreListener) => {
				const hint = target[name] as (...args: unknown[]) => void;
				return (...args: unknown[]) => {
					for (let times = this.#o.random.chance(0.1) ? 2 : 1; times > 0; times--) {
						this.#later(() => this.#dead || hint.apply(target, args));
					}
				};
			},
		});
		const session = (await this.#inner.open(hints)) as Mortal;
		const die = () => {
			this.#dead = true;
			session.die();
			this.#o.onCrash();
			return new Promise<never>(() => {});
		};
		return new Proxy(session, {
			get: (target, name: keyof StoreSession) => {
				const found: unknown = target[name];
				if (typeof found !== 'function') return found;
				const method = (...args: unknown[]): unknown => found.apply(target, args);
				if (LOCAL.has(name))
					return (...args: unknown[]) => (this.#dead && name === 'close' ? Promise.resolve() : method(...args));
				return (...args: unknown[]) => this.#call(name, () => method(...args), args, die);
			},
		});
	}

	async #call(
		name: string,
		method: () => unknown,
		args: readonly unknown[],
		die: () => Promise<never>,
	): Promise<unknown> {
		const { random, weather } = this.#o;
		await this.#wire();
		// An engine that cannot join its store is not one: its process would be started again.
		const fate = name === 'know' ? 0.5 : random.int(1_000_000) / 1_000_000;
		const { lost, unknown, crash } = weather;
		if (fate < crash / 2 && !READS.has(name)) return die();
		if (fate > 1 - lost) throw new StoreError({ problem: 'it did not get there' });
		const result = await method();
		this.#note(name, args, result);
		if (fate < crash && !READS.has(name)) return die();
		await this.#wire();
		if (fate > 1 - lost - unknown) throw new StoreError({ problem: 'nobody knows' });
		return result;
	}

	/** Tells the ledger what is now in the store. */
	#note(name: string, args: readonly unknown[], result: unknown): void {
		const { ledger } = this.#o;
		if (name === 'claim') for (const run of (result as Claimed).runs) ledger.claimed(run.id, run.epoch);
		if (name === 'start') {
			const { claimed, run } = result as Started;
			if (claimed) ledger.claimed(run.id, run.epoch);
		}
		if (name === 'commit' && (result as Committed).outcome === 'committed') ledger.committed(args[0] as TurnCommit);
	}

	/** The way to the store or back. A dead process hears nothing any more. */
	#wire(): Promise<void> {
		return new Promise((resolve) => this.#later(() => this.#dead || resolve()));
	}

	#later(then: () => void): void {
		const { clock, random } = this.#o;
		clock.timer(clock.now() + random.int(random.chance(0.05) ? 200 : 4), then);
	}
}

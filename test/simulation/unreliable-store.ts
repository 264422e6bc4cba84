import { setImmediate as pass } from 'node:timers/promises';
import { type Store, StoreError } from '@perdure/runtime';
import type {
	Claimed,
	Committed,
	HeldRun,
	Mail,
	NewRun,
	Started,
	StoreListener,
	StoreSession,
	Transacted,
	TurnCommit,
} from '../../packages/runtime/src/ports/store.ts';
import type { VirtualClock } from '../../packages/testing/src/virtual-clock.ts';
import type { Random } from '../support/generate/random.ts';
import type { ProcessClock } from './clock.ts';
import type { Ledger } from './ledger.ts';
import { hasPlain, hasUnsealed } from './secrets.ts';
import { bookedBy } from './world.ts';

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
	/** Of the world. */
	readonly time: VirtualClock;
	/** Of the process, and its name. */
	readonly clock: ProcessClock;
	readonly process: number;
	readonly random: Random;
	readonly weather: Weather;
	readonly ledger: Ledger;
	/** What it is handed is sealed. */
	readonly sealed: boolean;
	/** The process of this session has died. */
	readonly onCrash: () => void;
}

const READS: ReadonlySet<string> = new Set(['read', 'log', 'mail', 'know', 'answered']);
/** No message of it crosses the wire. */
const LOCAL: ReadonlySet<string> = new Set(['now', 'list', 'die', 'expire', 'blobs']);

type Mortal = StoreSession & { die(): void; expire(): Promise<void> };

/**
 * A store as a process sees it: each call takes its time both ways, fails, or is the last thing the process does;
 * hints come late, or twice. What was sent arrives, though its sender be paused or taken for dead by then.
 */
export class UnreliableStore implements Store {
	readonly #inner: Store;
	readonly #o: UnreliableOptions;
	#session: Mortal | null = null;
	#dead = false;
	#died!: (error: Error) => void;
	readonly #death: Promise<never>;

	constructor(inner: Store, o: UnreliableOptions) {
		this.#inner = inner;
		this.#o = o;
		this.#death = new Promise((_, reject) => (this.#died = reject));
		this.#death.catch(() => {});
	}

	async open(listener: StoreListener): Promise<StoreSession> {
		const hints = new Proxy(listener, {
			get: (target, name: keyof StoreListener) => {
				const hint = target[name] as (...args: unknown[]) => void;
				return (...args: unknown[]) => {
					for (let times = this.#o.random.chance(0.1) ? 2 : 1; times > 0; times--) {
						this.#later(() => this.#o.clock.reach(() => hint.apply(target, args)));
					}
				};
			},
		});
		const session = (await this.#inner.open(hints)) as Mortal;
		this.#session = session;
		return new Proxy(session, {
			get: (target, name: keyof StoreSession) => {
				const found: unknown = target[name];
				if (typeof found !== 'function') return found;
				const method = (...args: unknown[]): unknown => found.apply(target, args);
				if (name === 'close') return (o?: { readonly died: boolean }) => this.#close(o?.died ?? false);
				if (LOCAL.has(name)) return method;
				return (...args: unknown[]) => this.#call(name, method, args);
			},
		});
	}

	async #close(died: boolean): Promise<void> {
		if (this.#dead) return;
		await this.#session!.close({ died });
		// The ledger hears first of what was claimed before.
		await pass();
		this.#o.ledger.kept(this.#o.process, [], died);
	}

	/** The store takes the process for dead. False where it cannot. */
	async expire(): Promise<boolean> {
		await pass();
		if (this.#session === null || this.#dead || !this.#o.ledger.mayDie(this.#o.process)) return false;
		await this.#session.expire();
		// The ledger hears first of what was done before.
		await pass();
		this.#o.ledger.died(this.#o.process);
		return true;
	}

	async #call(name: string, method: (...args: unknown[]) => unknown, args: readonly unknown[]): Promise<unknown> {
		const { random, weather } = this.#o;
		await this.#wire();
		if (this.#dead) return never();
		// An engine that cannot join its store is not one: its process would be started again.
		const fate = name === 'know' ? 0.5 : random.int(1_000_000) / 1_000_000;
		const { lost, unknown, crash } = weather;
		if (fate < crash / 2 && !READS.has(name) && this.#die()) return never();
		if (fate > 1 - lost) throw new StoreError({ problem: 'it did not get there' });
		if (!READS.has(name)) this.#look(args);
		const result =
			name === 'transact' ? await this.#transact(method, args[0] as Transacted<Ok>) : await method(...args);
		// The turns that were before it are told of first, though their replies may take longer.
		if (name === 'claim' || name === 'start' || name === 'keep') await pass();
		this.#note(name, args, result);
		if (fate < crash && !READS.has(name) && this.#die()) return never();
		await this.#wire();
		await new Promise<void>((resolve) => this.#o.clock.reach(resolve));
		if (fate > 1 - lost - unknown) throw new StoreError({ problem: 'nobody knows' });
		return result;
	}

	async #transact(method: (o: Transacted<Ok>) => unknown, o: Transacted<Ok>): Promise<unknown> {
		let made: TurnCommit | null = null;
		let call: string | null = null;
		// It dies with its process.
		const alive = <T>(work: Promise<T>): Promise<T> => Promise.race([work, this.#death]);
		const result = await method({
			...o,
			body: (tx) => alive(o.body(tx)),
			turn: async (settled) => {
				made = await alive(o.turn(settled));
				call = settled.ok ? bookedBy(settled.value) : null;
				this.#look(made);
				return made;
			},
		});
		this.#o.ledger.committed(made!, result as Committed, this.#o.process, { call });
		return result;
	}

	#die(): boolean {
		const { ledger, process, clock, onCrash } = this.#o;
		if (!ledger.mayDie(process)) return false;
		this.#dead = true;
		clock.die();
		// Here too.
		setImmediate(async () => {
			this.#session!.die();
			this.#died(new StoreError({ problem: 'the process died' }));
			// The ledger hears first of what was done before.
			await pass();
			ledger.died(process);
			onCrash();
		});
		return true;
	}

	/** As somebody may who has got at the store. */
	#look(given: unknown): void {
		const { sealed, ledger } = this.#o;
		if (hasPlain(given) || (sealed && hasUnsealed(given))) ledger.plain(sealed);
	}

	/** Tells the ledger what is now in the store. */
	#note(name: string, args: readonly unknown[], result: unknown): void {
		const { ledger, process } = this.#o;
		if (name === 'claim') for (const run of (result as Claimed).runs) ledger.claimed(run, process);
		if (name === 'start') {
			const { claimed, run, outcome } = result as Started;
			if (outcome === 'created') ledger.created(args[0] as NewRun);
			if (claimed) ledger.claimed(run, process);
		}
		if (name === 'mail') ledger.mailed(args[0] as string, result as readonly Mail[]);
		if (name === 'commit') ledger.committed(args[0] as TurnCommit, result as Committed, process);
		if (name === 'keep') ledger.kept(process, args[0] as readonly HeldRun[]);
		if (name === 'block' && result === true)
			ledger.released(args[0] as string, args[3] as { readonly died: boolean } | undefined);
		if (name === 'retry' && result === true) ledger.retried(args[0] as string);
	}

	/** The way to the store or back. */
	#wire(): Promise<void> {
		return new Promise((resolve) => this.#later(resolve));
	}

	#later(then: () => void): void {
		const { time, random } = this.#o;
		time.timer(time.now() + random.int(random.chance(0.05) ? 200 : 4), then);
	}
}

/** How a transaction of the world went that was not taken back. */
interface Ok {
	readonly ok: boolean;
	readonly value: unknown;
}

function never(): Promise<never> {
	return new Promise(() => {});
}

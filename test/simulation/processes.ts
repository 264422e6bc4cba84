import {
	BlockedError,
	createEngine,
	type Engine,
	type Keyring,
	type LogOptions,
	SealError,
	type Store,
} from '@perdure/runtime';
import type { Random as Ids } from '../../packages/runtime/src/ports/clock.ts';
import type { VirtualClock } from '../../packages/testing/src/virtual-clock.ts';
import type { Random } from '../support/generate/random.ts';
import { ProcessClock } from './clock.ts';
import type { Ledger } from './ledger.ts';
import type { Keys } from './secrets.ts';
import { UnreliableStore, type Weather } from './unreliable-store.ts';

export interface ProcessOptions {
	readonly time: VirtualClock;
	readonly random: Random;
	readonly ids: Ids;
	/** As each process opens it. */
	readonly store: () => Store;
	readonly weather: Weather;
	readonly ledger: Ledger;
	readonly log: LogOptions;
	/** Null: nothing is sealed. */
	readonly keys: Keys | null;
	/** When nothing goes wrong any more (ms since the epoch). */
	readonly calm: number;
}

interface Process {
	readonly engine: Engine;
	readonly clock: ProcessClock;
	readonly store: UnreliableStore;
	readonly death: Promise<never>;
	readonly die: (error: Error) => void;
	/** How often it was taken for dead. */
	expired: number;
}

/** How long what happens to a process is apart, and how long it may be paused (ms). */
const TROUBLE = 1500;
const PAUSE = 1500;
/** How far clocks are off, and jump (ms). */
const SKEW = 5000;
const JUMP = 3_600_000;

/**
 * Processes over one store: each with a clock that is wrong; they die and come again, are paused, and are taken
 * for dead though they live.
 */
export class Processes {
	crashes = 0;
	/** How often one was taken for dead. */
	expired = 0;
	readonly #o: ProcessOptions;
	/** Those that clients ask. */
	readonly #alive: Process[] = [];
	#born = 0;

	constructor(o: ProcessOptions, count: number) {
		this.#o = o;
		for (let i = 0; i < count; i++) this.#boot();
	}

	/** Another process does it where one dies or its store fails: what a client does until it is told that it is done. */
	async persist<T>(step: (engine: Engine, theirs: () => boolean) => Promise<T>): Promise<T> {
		const { random } = this.#o;
		for (;;) {
			if (this.#alive.length === 0) {
				await this.#delay(10);
				continue;
			}
			const process = random.pick(this.#alive);
			const { expired } = process;
			try {
				return await Promise.race([
					step(process.engine, () => process.expired === expired && this.#alive.includes(process)),
					process.death,
				]);
			} catch (error) {
				// A process that lacks a key: another has it, or will.
				const keyless = SealError.is(error) || (BlockedError.is(error) && this.#o.keys !== null);
				if (!keyless && !/the store failed|the process died|closed/.test(String((error as Error).message))) throw error;
				await this.#delay(random.int(20));
			}
		}
	}

	/** One process after the other ends, and begins again with the keys that there are now. */
	async renew(): Promise<void> {
		for (const process of [...this.#alive]) {
			await this.#delay(this.#o.random.int(300));
			if (!this.#alive.includes(process)) continue;
			this.#leave(process, 'the process was closed');
			void process.engine.close({ grace: 0 }).catch(() => {});
			this.#boot();
		}
	}

	/** For a while somebody who has not the keys works on the runs too. */
	async intrude(): Promise<void> {
		const { random, keys } = this.#o;
		const stranger = this.#begin(keys!.strange(random));
		await this.#delay(random.int(1000));
		void stranger.engine.close({ grace: 0 }).catch(() => {});
	}

	async close(): Promise<void> {
		await Promise.all(this.#alive.map(({ engine }) => engine.close({ grace: 0 })));
	}

	#boot(): void {
		const process = this.#begin(this.#o.keys?.current);
		this.#alive.push(process);
		void this.#trouble(process);
	}

	#leave(process: Process, why: string): void {
		const at = this.#alive.indexOf(process);
		if (at >= 0) this.#alive.splice(at, 1);
		process.die(new Error(why));
	}

	#begin(keyring: Keyring | undefined): Process {
		const { time, random, ids, weather, ledger, log, keys } = this.#o;
		const clock = new ProcessClock(time, random.int(2 * SKEW) - SKEW);
		let die!: (error: Error) => void;
		const death = new Promise<never>((_, reject) => (die = reject));
		death.catch(() => {});
		const store = new UnreliableStore(this.#o.store(), {
			time,
			clock,
			process: this.#born++,
			random,
			weather,
			ledger,
			sealed: keys !== null,
			onCrash: () => {
				this.crashes++;
				const mine = this.#alive.includes(process);
				this.#leave(process, 'the process died');
				if (mine) void this.#delay(random.int(300)).then(() => this.#boot());
			},
		});
		const sealed = keyring === undefined ? {} : { keyring };
		const engine = createEngine({ store, clock, random: ids, log, ...sealed });
		const process: Process = { engine, clock, store, death, die, expired: 0 };
		return process;
	}

	async #trouble(process: Process): Promise<void> {
		const { clock, store } = process;
		const { time, random, calm } = this.#o;
		const expire = async () => {
			process.expired++;
			if (await store.expire()) this.expired++;
		};
		for (;;) {
			await this.#delay(random.int(TROUBLE));
			if (time.now() >= calm || !this.#alive.includes(process)) return;
			const what = random.pick(['jump', 'pause', 'expire', 'expire while paused'] as const);
			if (what === 'jump') clock.jump(random.int(2 * JUMP) - JUMP);
			// Not awaited: it waits for transactions, and these perhaps for a process that is paused; it may die first.
			if (what === 'expire') void expire().catch(() => {});
			if (!what.includes('pause')) continue;
			clock.pause();
			await this.#delay(random.int(PAUSE));
			if (what === 'expire while paused') void expire().catch(() => {});
			await this.#delay(random.int(PAUSE));
			clock.wake();
		}
	}

	#delay(ms: number): Promise<void> {
		const { time } = this.#o;
		return new Promise((resolve) => void time.timer(time.now() + ms, resolve));
	}
}

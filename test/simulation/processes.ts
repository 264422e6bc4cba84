import { createEngine, type Engine, type Keyring, type LogOptions, type Store } from '@perdure/runtime';
import type { Random as Ids } from '../../packages/runtime/src/ports/clock.ts';
import type { VirtualClock } from '../../packages/testing/src/virtual-clock.ts';
import type { Random } from '../support/generate/random.ts';
import { ProcessClock } from './clock.ts';
import type { Ledger } from './ledger.ts';
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
	readonly keyring: Keyring | undefined;
	/** When nothing goes wrong any more (ms since the epoch). */
	readonly calm: number;
}

interface Process {
	readonly engine: Engine;
	readonly death: Promise<never>;
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
				return await Promise.race([step(process.engine, () => process.expired === expired), process.death]);
			} catch (error) {
				if (!/the store failed|the process died|closed/.test(String((error as Error).message))) throw error;
				await this.#delay(random.int(20));
			}
		}
	}

	async close(): Promise<void> {
		await Promise.all(this.#alive.map(({ engine }) => engine.close({ grace: 0 })));
	}

	#boot(): void {
		const { time, random, ids, weather, ledger, log, keyring } = this.#o;
		const clock = new ProcessClock(time, random.int(2 * SKEW) - SKEW);
		let die: (error: Error) => void;
		const death = new Promise<never>((_, reject) => (die = reject));
		death.catch(() => {});
		const store = new UnreliableStore(this.#o.store(), {
			time,
			clock,
			process: this.#born++,
			random,
			weather,
			ledger,
			onCrash: () => {
				this.crashes++;
				this.#alive.splice(this.#alive.indexOf(process), 1);
				die(new Error('the process died'));
				void this.#delay(random.int(300)).then(() => this.#boot());
			},
		});
		const sealed = keyring === undefined ? {} : { keyring };
		const process = { engine: createEngine({ store, clock, random: ids, log, ...sealed }), death, expired: 0 };
		this.#alive.push(process);
		void this.#trouble(process, clock, store);
	}

	async #trouble(process: Process, clock: ProcessClock, store: UnreliableStore): Promise<void> {
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

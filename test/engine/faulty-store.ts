/** A store whose k-th write goes wrong, to walk every k of a program. */
import type { Store } from '@perdure/runtime';
import type { StoreListener, StoreSession } from '../../packages/runtime/src/ports/store.ts';

/**
 * `lost`: refused, nothing was written. `unknown`: written, but the answer never came.
 * `crash before`, `crash after`: the process dies there; its session does nothing any more.
 */
export type Fault = 'lost' | 'unknown' | 'crash before' | 'crash after';

export const FAULTS: readonly Fault[] = ['lost', 'unknown', 'crash before', 'crash after'];

type Mortal = StoreSession & { die(): void };

const WRITES = [
	'start',
	'post',
	'claim',
	'keep',
	'giveUp',
	'commit',
	'block',
	'retry',
	'consume',
	'acknowledge',
	'release',
	'transact',
] as const;

export class FaultyStore implements Store {
	readonly #inner: Store;
	readonly #fault: Fault;
	readonly #at: number;
	#writes = 0;
	/** Called when the process dies. */
	onCrash: () => void = () => {};

	/** The `at`-th write (from 1) goes wrong. */
	constructor(inner: Store, fault: Fault, at: number) {
		this.#inner = inner;
		this.#fault = fault;
		this.#at = at;
	}

	/** Whether the fault has happened. */
	get struck(): boolean {
		return this.#writes >= this.#at;
	}

	async open(listener: StoreListener): Promise<StoreSession> {
		const session = (await this.#inner.open(listener)) as Mortal;
		let dead = false;
		const never = new Promise<never>(() => {});
		const wrapped: StoreSession = Object.create(session);
		for (const name of WRITES) {
			if (session[name] === undefined) continue;
			const write = session[name].bind(session) as (...args: unknown[]) => Promise<unknown>;
			Object.defineProperty(wrapped, name, {
				value: async (...args: unknown[]) => {
					if (dead) return never;
					if (++this.#writes !== this.#at) return write(...args);
					if (this.#fault === 'unknown' || this.#fault === 'crash after') await write(...args);
					if (this.#fault === 'lost' || this.#fault === 'unknown') throw new Error('the store failed: injected');
					dead = true;
					session.die();
					this.onCrash();
					return never;
				},
			});
		}
		const bound = { now: () => session.now(), list: session.list.bind(session) };
		const reads = ['read', 'log', 'input', 'know', 'mail', 'answered'] as const;
		for (const name of reads) {
			const read = session[name].bind(session) as (...args: unknown[]) => Promise<unknown>;
			Object.defineProperty(wrapped, name, { value: (...args: unknown[]) => (dead ? never : read(...args)) });
		}
		Object.defineProperty(wrapped, 'close', { value: () => (dead ? Promise.resolve() : session.close()) });
		return Object.assign(wrapped, bound);
	}
}

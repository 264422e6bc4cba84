import { afterThisPass, type Clock } from '../ports/clock.ts';
import type { Connection } from './connection.ts';
import { failure } from './failure.ts';
import { Patience, patiently } from './patience.ts';

interface Write {
	readonly work: () => unknown;
	readonly resolve: (value: never) => void;
	readonly reject: (error: unknown) => void;
}

/** Writes that share a transaction at most: one that takes too long holds up the event loop. */
const MOST = 500;

/**
 * Group commit. SQLite is synchronous, so a batch is what was asked for in one pass of the event loop.
 *
 * Owns: the queue and the connection's transaction. Called by: the store's sessions.
 * W1: a promise is settled after COMMIT returned, never before.
 * W2: a write that throws takes back its own changes and no other's (a savepoint each).
 * W3: writes take effect in the order they were asked for.
 * W4: when COMMIT fails, every write of the batch is rejected with `StoreError`: whether it happened is unknown.
 * W5: during a transaction of a user's nothing else of this process is written.
 */
export class Writer {
	readonly #db: Connection;
	readonly #clock: Clock;
	#queue: Write[] = [];
	#scheduled = false;
	/** With another process's transaction, while that keeps the queue waiting. */
	#patience: Patience | null = null;
	#alone: Promise<unknown> = Promise.resolve();
	/** Transactions that keep others from writing, under way or waiting for one another. */
	#kept = 0;

	constructor(db: Connection, clock: Clock) {
		this.#db = db;
		this.#clock = clock;
	}

	/** Runs `work` in a transaction; what it returns is handed over once that is committed. */
	write<T>(work: () => T): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			this.#queue.push({ work, resolve: resolve as (value: never) => void, reject });
			this.#schedule();
		});
	}

	/** Reads outside the queue; waits where SQLite cannot read yet (after a crash, while another process recovers the file). @throws StoreError */
	async read<T>(work: () => T): Promise<T> {
		try {
			return await patiently(this.#clock, work);
		} catch (cause) {
			throw failure(cause);
		}
	}

	/** While `work` goes on nothing is written; what is asked for meanwhile is written after it. One at a time. */
	async alone<T>(work: () => Promise<T>): Promise<T> {
		const before = this.#alone;
		const mine = before.catch(() => {}).then(work);
		this.#alone = mine;
		this.#kept++;
		try {
			return await mine;
		} finally {
			if (--this.#kept === 0) this.flush();
		}
	}

	/** Waits for other processes' transactions. @throws StoreError */
	async begin(db: Connection): Promise<void> {
		try {
			await patiently(this.#clock, () => db.begin());
		} catch (cause) {
			throw failure(cause);
		}
	}

	/** Writes what is queued, now. */
	flush(): void {
		if (this.#kept > 0) return;
		const batch = this.#queue.splice(0, MOST);
		if (batch.length === 0) return;
		const db = this.#db;
		try {
			db.begin();
			this.#patience = null;
		} catch (cause) {
			this.#postpone(batch, cause);
			return;
		}
		if (this.#queue.length > 0) this.#schedule();
		const settle: (() => void)[] = [];
		try {
			for (const write of batch) this.#one(write, batch.length > 1, settle);
			db.run('COMMIT');
		} catch (cause) {
			this.#rollBack();
			for (const { reject } of batch) reject(failure(cause));
			return;
		}
		for (const done of settle) done();
	}

	#one({ work, resolve, reject }: Write, shared: boolean, settle: (() => void)[]): void {
		const db = this.#db;
		if (shared) db.run('SAVEPOINT one');
		try {
			const value = work() as never;
			settle.push(() => resolve(value));
		} catch (cause) {
			// Some errors (disk full, I/O) end the whole transaction: then nothing of the batch happened.
			if (!db.isTransaction) throw cause;
			if (shared) db.run('ROLLBACK TO one');
			else {
				db.run('ROLLBACK');
				db.run('BEGIN');
			}
			settle.push(() => reject(failure(cause)));
		}
		if (shared) db.run('RELEASE one');
	}

	#rollBack(): void {
		try {
			this.#db.rollback();
		} catch {
			// The connection is as broken as what led here; the next transaction says so.
		}
	}

	/** Another process writes: the batch waits, unless that has gone on for too long. */
	#postpone(batch: Write[], cause: unknown): void {
		this.#patience ??= new Patience(this.#clock);
		if (!this.#patience.lasts(cause)) {
			this.#patience = null;
			for (const { reject } of batch) reject(failure(cause));
			if (this.#queue.length > 0) this.#schedule();
			return;
		}
		this.#queue = [...batch, ...this.#queue];
		this.#scheduled = true;
		this.#patience.retry(() => {
			this.#scheduled = false;
			this.flush();
		});
	}

	#schedule(): void {
		if (this.#scheduled) return;
		this.#scheduled = true;
		afterThisPass(() => {
			this.#scheduled = false;
			this.flush();
		});
	}
}

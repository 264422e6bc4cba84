import { afterThisPass, type Clock } from '../ports/clock.ts';
import type { Connection } from './connection.ts';
import { failure, isBusy } from './failure.ts';

interface Write {
	readonly work: () => unknown;
	readonly resolve: (value: never) => void;
	readonly reject: (error: unknown) => void;
}

/** How long writes wait for another process's transaction (ms) before they are rejected. */
const PATIENCE = 30_000;
const RETRY = 20;
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
	#waitingSince: number | null = null;
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

	/** Reads outside the queue; waits where SQLite cannot read yet (after a crash, while another process recovers the file). */
	async read<T>(work: () => T): Promise<T> {
		const since = this.#clock.now();
		for (;;) {
			try {
				return work();
			} catch (cause) {
				if (!isBusy(cause) || this.#clock.now() - since > PATIENCE) throw failure(cause);
			}
			await new Promise<void>((resolve) => {
				this.#clock.timer(this.#clock.now() + RETRY, resolve);
			});
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

	/** Waits for other processes' transactions without blocking the event loop. @throws StoreError */
	async begin(db: Connection): Promise<void> {
		const since = this.#clock.now();
		for (;;) {
			try {
				db.begin();
				return;
			} catch (cause) {
				if (!isBusy(cause) || this.#clock.now() - since > PATIENCE) throw failure(cause);
			}
			await new Promise<void>((resolve) => {
				this.#clock.timer(this.#clock.now() + RETRY, resolve);
			});
		}
	}

	/** Writes what is queued, now. */
	flush(): void {
		if (this.#kept > 0) return;
		const batch = this.#queue.splice(0, MOST);
		if (batch.length === 0) return;
		if (this.#queue.length > 0) this.#schedule();
		const db = this.#db;
		try {
			db.begin();
			this.#waitingSince = null;
		} catch (cause) {
			this.#postpone(batch, cause);
			return;
		}
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
			if (this.#db.isTransaction) this.#db.run('ROLLBACK');
		} catch {
			// The connection is as broken as what led here; the next transaction says so.
		}
	}

	/** Another process writes: wait without blocking the event loop, which may be what that process waits for. */
	#postpone(batch: Write[], cause: unknown): void {
		const now = this.#clock.now();
		this.#waitingSince ??= now;
		if (!isBusy(cause) || now - this.#waitingSince > PATIENCE) {
			this.#waitingSince = null;
			for (const { reject } of batch) reject(failure(cause));
			return;
		}
		this.#queue = [...batch, ...this.#queue];
		this.#scheduled = true;
		this.#clock.timer(now + RETRY, () => {
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

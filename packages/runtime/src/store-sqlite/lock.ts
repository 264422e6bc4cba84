import { existsSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../ports/clock.ts';
import { failure } from './failure.ts';
import { patiently } from './patience.ts';

/**
 * Says that a worker lives, without a clock: an exclusive transaction on a file of its own, which the
 * operating system gives up when the process dies, however it dies. Node has no flock; SQLite's own
 * locking does it on every platform, and also among connections of one process.
 */
export class WorkerLock {
	readonly path: string;
	/** The last one is of the file that is there; those before it are of files that somebody has removed. */
	readonly #held: DatabaseSync[] = [];

	readonly #clock: Clock;
	#taking: Promise<void> | null = null;
	#released = false;

	private constructor(path: string, clock: Clock) {
		this.path = path;
		this.#clock = clock;
	}

	/** @throws StoreError */
	static async take(file: string, worker: string, clock: Clock): Promise<WorkerLock> {
		const lock = new WorkerLock(lockPath(file, worker), clock);
		await lock.#take();
		return lock;
	}

	/** Somebody has removed the file, and it has not been taken again yet. */
	get isLost(): boolean {
		return this.#taking !== null || !existsSync(this.path);
	}

	/** Takes it again. Whoever has opened the old file still finds that held. @throws StoreError */
	renew(): Promise<void> {
		this.#taking ??= this.#take().finally(() => {
			this.#taking = null;
		});
		return this.#taking;
	}

	/** `remove` false: as a process that dies leaves it. */
	release(remove: boolean): void {
		this.#released = true;
		for (const held of this.#held.splice(0)) held.close();
		if (remove) removeLock(this.path);
	}

	/** Another's probe may be in the way: for a moment, unless its process is held up just then. */
	async #take(): Promise<void> {
		let held: DatabaseSync | undefined;
		try {
			const file = new DatabaseSync(this.path);
			held = file;
			await patiently(this.#clock, () => file.exec('BEGIN EXCLUSIVE'));
		} catch (cause) {
			held?.close();
			throw failure(cause);
		}
		if (this.#released) held.close();
		else this.#held.push(held);
	}
}

export function lockPath(file: string, worker: string): string {
	return `${file}-worker-${worker}`;
}

/** Whether nobody holds the lock. Costs some 100 us, 5 us for each further `isFree` of one probe. */
export class LockProbe {
	readonly #db: DatabaseSync;

	constructor(path: string) {
		this.#db = new DatabaseSync(path, { timeout: 0 });
	}

	isFree(): boolean {
		try {
			this.#db.exec('BEGIN EXCLUSIVE');
			this.#db.exec('ROLLBACK');
			return true;
		} catch {
			return false;
		}
	}

	close(): void {
		this.#db.close();
	}
}

/** One that cannot be removed (on Windows: while somebody has it open) is left: it says nothing without its worker's row. */
export function removeLock(path: string): void {
	for (const suffix of ['', '-journal']) {
		try {
			rmSync(path + suffix, { force: true });
		} catch {}
	}
}

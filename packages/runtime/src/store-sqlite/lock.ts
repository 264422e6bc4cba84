import { existsSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** How long another's probe may be in the way (ms): it is a moment, unless its process is held up just then. */
const PROBED = 1000;

/**
 * Says that a worker lives, without a clock: an exclusive transaction on a file of its own, which the
 * operating system gives up when the process dies, however it dies. Node has no flock; SQLite's own
 * locking does it on every platform, and also among connections of one process.
 */
export class WorkerLock {
	readonly path: string;
	/** The last one is of the file that is there; those before it are of files that somebody has removed. */
	readonly #held: DatabaseSync[] = [];

	constructor(file: string, worker: string) {
		this.path = lockPath(file, worker);
		this.#take();
	}

	/** Takes it again where the file is gone. Whoever has opened the old one still finds that held. */
	renew(): void {
		if (!existsSync(this.path)) this.#take();
	}

	/** `remove` false: as a process that dies leaves it. */
	release(remove: boolean): void {
		for (const held of this.#held.splice(0)) held.close();
		if (remove) removeLock(this.path);
	}

	#take(): void {
		const held = new DatabaseSync(this.path, { timeout: PROBED });
		this.#held.push(held);
		held.exec('BEGIN EXCLUSIVE');
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

export function removeLock(path: string): void {
	for (const suffix of ['', '-journal']) rmSync(path + suffix, { force: true });
}

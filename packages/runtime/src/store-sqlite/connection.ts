import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { StoreError } from '../errors/store.ts';
import { isBusy } from './failure.ts';
import { checkVersion, migrate } from './schema.ts';

export type Row = Record<string, never>;
type Parameters = Record<string, SQLInputValue>;

/** How long SQLite may block the event loop for another process's lock (ms). */
const BLOCKING = 50;
/** To open a file that others are in the way of: attempts, and what is between two (ms); 2 to 7 s in all. */
const ATTEMPTS = 100;
const BETWEEN = 20;

/** One connection, with its statements prepared once. Named parameters are bare names; `undefined` is no value. */
export class Connection {
	readonly #db: DatabaseSync;
	readonly #path: string;
	readonly #statements = new Map<string, StatementSync>();

	/** @throws StoreError for what cannot be opened, or is not ours. */
	constructor(path: string) {
		this.#path = path;
		let db: DatabaseSync | undefined;
		try {
			this.#db = db = new DatabaseSync(path, { timeout: BLOCKING });
			// FULL: a commit that was acknowledged survives a power cut, not just the process.
			this.#db.exec('PRAGMA synchronous = FULL');
			patiently(() => {
				this.#db.exec('PRAGMA journal_mode = WAL');
				migrate(this.#db, path);
			});
		} catch (cause) {
			db?.close();
			if (StoreError.is(cause)) throw cause;
			throw new StoreError({ problem: `'${path}' cannot be opened: ${(cause as Error).message}` }, { cause });
		}
	}

	get isTransaction(): boolean {
		return this.#db.isTransaction;
	}

	/** Begins a transaction that writes. @throws StoreError where a later version writes the file by now. */
	begin(): void {
		this.run('BEGIN IMMEDIATE');
		try {
			checkVersion(this.get('PRAGMA user_version')!.user_version!, this.#path);
		} catch (error) {
			this.run('ROLLBACK');
			throw error;
		}
	}

	run(sql: string, parameters: Parameters = {}): number {
		return Number(this.#prepare(sql).run(parameters).changes);
	}

	get(sql: string, parameters: Parameters = {}): Row | undefined {
		return this.#prepare(sql).get(parameters) as Row | undefined;
	}

	all(sql: string, parameters: Parameters = {}): Row[] {
		return this.#prepare(sql).all(parameters) as Row[];
	}

	/** A statement of the user's: not kept. */
	prepare(sql: string): StatementSync {
		return this.#db.prepare(sql);
	}

	close(): void {
		this.#statements.clear();
		this.#db.close();
	}

	#prepare(sql: string): StatementSync {
		let statement = this.#statements.get(sql);
		if (statement === undefined) {
			statement = this.#db.prepare(sql);
			this.#statements.set(sql, statement);
		}
		return statement;
	}
}

/**
 * Does again what another connection was in the way of. SQLite's own waiting is not enough: of connections that switch
 * a new file to WAL at the same time each has read it already, and none would wait for another that does; all but one
 * are told at once that it is locked (https://sqlite.org/c3ref/busy_handler.html).
 */
function patiently(work: () => void): void {
	for (let left = ATTEMPTS; ; left--) {
		try {
			work();
			return;
		} catch (error) {
			if (!isBusy(error) || left === 0) throw error;
		}
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BETWEEN);
	}
}

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { StoreError } from '../errors/store.ts';
import type { Clock } from '../ports/clock.ts';
import { patiently } from './patience.ts';
import { checkVersion, migrate } from './schema.ts';

export type Row = Record<string, never>;
type Parameters = Record<string, SQLInputValue>;

/** How long SQLite may block the event loop for another process's lock (ms). */
const BLOCKING = 50;

/** One connection, with its statements prepared once. Named parameters are bare names; `undefined` is no value. */
export class Connection {
	readonly #db: DatabaseSync;
	readonly #path: string;
	readonly #statements = new Map<string, StatementSync>();

	private constructor(db: DatabaseSync, path: string) {
		this.#db = db;
		this.#path = path;
	}

	/**
	 * SQLite's own waiting is not enough: of connections that switch a new file to WAL at the same time each has read it
	 * already, and none would wait for another that does; all but one are told at once that it is locked
	 * (https://sqlite.org/c3ref/busy_handler.html).
	 * @throws StoreError for what cannot be opened, or is not ours.
	 */
	static async open(path: string, clock: Clock): Promise<Connection> {
		let db: DatabaseSync | undefined;
		try {
			const opened = new DatabaseSync(path, { timeout: BLOCKING });
			db = opened;
			await patiently(clock, () => {
				// FULL: a commit that was acknowledged survives a power cut, not just the process.
				opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
				migrate(opened, path);
			});
			return new Connection(opened, path);
		} catch (cause) {
			db?.close();
			if (StoreError.is(cause)) throw cause;
			const help = 'sqlite(path) takes a file that it has made, or the name of one in a folder that may be written to';
			throw new StoreError({ problem: `'${path}' cannot be opened: ${(cause as Error).message}`, help }, { cause });
		}
	}

	get isTransaction(): boolean {
		return this.#db.isTransaction;
	}

	/** What `work` reads is of one moment, whoever commits meanwhile. */
	snapshot<T>(work: () => T): T {
		if (this.isTransaction) return work();
		this.run('BEGIN');
		try {
			return work();
		} finally {
			this.rollback();
		}
	}

	/** Begins a transaction that writes. @throws StoreError where a later version writes the file by now. */
	begin(): void {
		this.run('BEGIN IMMEDIATE');
		try {
			checkVersion(this.get('PRAGMA user_version')!.user_version!, this.#path);
		} catch (error) {
			this.rollback();
			throw error;
		}
	}

	/** Some errors (disk full, I/O) have ended the transaction already. */
	rollback(): void {
		if (this.isTransaction) this.run('ROLLBACK');
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

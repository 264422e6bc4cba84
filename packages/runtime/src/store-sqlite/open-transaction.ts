import { UnsupportedError } from '../errors/internal.ts';
import type { OpenTransaction } from '../ports/store.ts';
import type { Connection } from './connection.ts';
import { bound, checkStatement, checkWhole } from './statement.ts';
import { type SqlArguments, STORE, type Tx } from './transaction.ts';

/** Open while `fn` runs. */
export class SqliteTransaction implements Tx, OpenTransaction {
	readonly store = STORE;
	readonly #db: Connection;
	ended = false;

	constructor(db: Connection) {
		this.#db = db;
	}

	async run(sql: string, ...parameters: SqlArguments) {
		const { changes, lastInsertRowid } = this.#prepare(sql).run(...bound(sql, parameters));
		return { changes: Number(changes), lastInsertRowid };
	}

	async get<T>(sql: string, ...parameters: SqlArguments): Promise<T | undefined> {
		const row = this.#prepare(sql).get(...bound(sql, parameters));
		return row === undefined ? undefined : ({ ...row } as T);
	}

	async all<T>(sql: string, ...parameters: SqlArguments): Promise<T[]> {
		return this.#prepare(sql)
			.all(...bound(sql, parameters))
			.map((row) => ({ ...row }) as T);
	}

	#prepare(sql: string) {
		if (this.ended) {
			throw new UnsupportedError({
				what: 'a statement after the end of its transaction',
				help: 'await every statement within the function that the transaction was handed to',
			});
		}
		checkStatement(sql);
		const statement = this.#db.prepare(sql);
		checkWhole(sql, statement);
		return statement;
	}
}

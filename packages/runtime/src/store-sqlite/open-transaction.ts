import type { SQLInputValue } from 'node:sqlite';
import { UnsupportedError } from '../errors/internal.ts';
import type { OpenTransaction } from '../ports/store.ts';
import type { Connection } from './connection.ts';
import { type SqlArguments, STORE, type Tx } from './transaction.ts';

/** What begins, ends or leaves the transaction, which is the store's to do. */
const CONTROL =
	/^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(begin|commit|end|rollback|savepoint|release|attach|detach|vacuum|pragma)\b/i;

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
		const control = CONTROL.exec(sql)?.[1];
		if (control !== undefined) {
			throw new UnsupportedError({
				what: `${control.toUpperCase()} inside a transaction of the engine`,
				help: 'return to commit, throw to roll back',
			});
		}
		return this.#db.prepare(sql);
	}
}

/** What of a statement is no SQL: texts, names in quotation marks, comments. */
const QUOTED = /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g;

function bound(sql: string, given: SqlArguments): SQLInputValue[] {
	const [first] = given;
	const isNamed = typeof first === 'object' && first !== null && !ArrayBuffer.isView(first);
	if (isNamed && !Array.isArray(first)) return [first as never];
	const values = (Array.isArray(first) ? first : given) as SQLInputValue[];
	const places = sql.replace(QUOTED, '').match(/\?(?!\d)/g)?.length ?? 0;
	if (places > values.length) {
		throw new RangeError(`the statement has ${places} places for values (?) and was given ${values.length}.`);
	}
	return values;
}

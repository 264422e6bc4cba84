import type { SQLInputValue } from 'node:sqlite';
import { transactionOfEffect } from '../driver/effects.ts';
import { UnsupportedError } from '../errors/internal.ts';
import { type Duration, milliseconds } from '../language/duration.ts';
import type { OpenTransaction } from '../ports/store.ts';
import { effect } from '../registry/effects.ts';
import { TRANSACTION } from '../registry/transactions.ts';
import type { Connection } from './connection.ts';

/** A value of SQLite. */
export type SqlValue = null | number | bigint | string | Uint8Array;
/** By position (`?`), or by name (`:name`, bare names here). */
export type SqlParameters = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

/**
 * The transaction that a function of `transaction(fn)` works in: on the file of the engine's store. Its own
 * tables may stand there, under other names than the store's (run, part, log, mail, outbox, awaited, worker).
 */
export interface Tx {
	/** Runs one statement. */
	run(
		sql: string,
		parameters?: SqlParameters,
	): Promise<{ readonly changes: number; readonly lastInsertRowid: number | bigint }>;
	/** The first row, if there is one. */
	get<T = Record<string, SqlValue>>(sql: string, parameters?: SqlParameters): Promise<T | undefined>;
	all<T = Record<string, SqlValue>>(sql: string, parameters?: SqlParameters): Promise<T[]>;
}

export interface TransactionOptions {
	/** How long it may take before it is rolled back: others cannot write meanwhile. Default 5 seconds. */
	readonly timeout?: Duration;
	/** What the log calls it. */
	readonly name?: string;
}

const LIMIT = 5000;
export const STORE = 'sqlite';

/**
 * Makes of `fn` a function that durable code awaits and that happens exactly once: what `fn` writes, and that it
 * was done, are one transaction. When `fn` throws, what it wrote is rolled back, and the error is thrown at the
 * await. When the process dies or the commit fails, nothing of it has happened, and `fn` is called again.
 * Calls of the engine within `fn` throw: they would wait for it to end. Needs an engine over `sqlite(...)`.
 */
export function transaction<A extends unknown[], R>(
	fn: (tx: Tx, ...args: A) => Promise<R>,
	o: TransactionOptions = {},
): (...args: A) => Promise<R> {
	const limit = o.timeout === undefined ? LIMIT : milliseconds(o.timeout);
	const within = async (...args: A): Promise<R> => {
		const open = transactionOfEffect();
		// In a thread it is another one, which asks this one.
		if (open?.store === STORE) return fn(open as OpenTransaction & Tx, ...args);
		throw new UnsupportedError({
			what: `the transaction '${fn.name || 'anonymous'}' outside an engine over sqlite(...)`,
			help: 'await it in a durable function that such an engine drives, and not inside another effect; in tests put replace(...) in its place',
		});
	};
	Object.defineProperty(within, 'name', { value: fn.name, configurable: true });
	Object.defineProperty(within, TRANSACTION, { value: { store: STORE, limit }, configurable: true });
	return effect(within, o.name === undefined ? {} : { name: o.name });
}

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

	async run(sql: string, parameters: SqlParameters = []) {
		const { changes, lastInsertRowid } = this.#prepare(sql).run(...bound(parameters));
		return { changes: Number(changes), lastInsertRowid };
	}

	async get<T>(sql: string, parameters: SqlParameters = []): Promise<T | undefined> {
		const row = this.#prepare(sql).get(...bound(parameters));
		return row === undefined ? undefined : ({ ...row } as T);
	}

	async all<T>(sql: string, parameters: SqlParameters = []): Promise<T[]> {
		return this.#prepare(sql)
			.all(...bound(parameters))
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

function bound(parameters: SqlParameters): SQLInputValue[] {
	return Array.isArray(parameters) ? parameters : [parameters as never];
}

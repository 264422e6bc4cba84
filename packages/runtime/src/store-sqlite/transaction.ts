import { transactionOfEffect } from '../driver/effects.ts';
import { UnsupportedError } from '../errors/internal.ts';
import type { Duration } from '../language/duration.ts';
import type { OpenTransaction } from '../ports/store.ts';
import { type EffectPolicy, effect } from '../registry/effects.ts';
import { TRANSACTION } from '../registry/transactions.ts';

/** A value of SQLite. */
export type SqlValue = null | number | bigint | string | Uint8Array;
/** By position (`?`), or by name (`:name`, bare names here). */
export type SqlParameters = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;
/** After a statement: its values one by one, as a list, or by name. */
export type SqlArguments = readonly SqlValue[] | readonly [SqlParameters];

/**
 * The transaction that a function of `transaction(fn)` works in: on the file of the engine's store. Its own
 * tables may stand there, under other names than the store's (run, input, part, log, mail, outbox, awaited,
 * worker): these it cannot change.
 */
export interface Tx {
	/**
	 * Runs one statement. @throws RangeError where there is no value for a place: it would be NULL. TypeError for a value
	 * that SQLite does not have. UnsupportedError for several statements, and for those that are the store's to run.
	 */
	run(
		sql: string,
		...parameters: SqlArguments
	): Promise<{ readonly changes: number; readonly lastInsertRowid: number | bigint }>;
	/** The first row, if there is one. */
	get<T = Record<string, SqlValue>>(sql: string, ...parameters: SqlArguments): Promise<T | undefined>;
	all<T = Record<string, SqlValue>>(sql: string, ...parameters: SqlArguments): Promise<T[]>;
}

/** Of a policy what a transaction can follow. */
export interface TransactionOptions<A extends unknown[] = never>
	extends Pick<EffectPolicy<A>, 'name' | 'key' | 'retry'> {
	/** How long an attempt may take before it is rolled back: others cannot write meanwhile. Default 5 seconds. */
	readonly timeout?: Duration | undefined;
}

/** Ms. */
const LIMIT = 5000;
export const STORE = 'sqlite';

/**
 * Makes of `fn` a function that durable code awaits and that happens exactly once: what `fn` writes, and that it
 * was done, are one transaction. When `fn` throws, what it wrote is rolled back, and the error is thrown at the
 * await, or `fn` is called again as `retry` says. When the process dies or the commit fails, nothing of it has
 * happened, and `fn` is called again. Calls of the engine within `fn` throw: they would wait for it to end. Needs
 * an engine over `sqlite(...)`.
 * @throws InvalidPolicyError, InvalidDurationError for options that cannot be followed.
 */
export function transaction<A extends unknown[], R>(
	fn: (tx: Tx, ...args: A) => Promise<R>,
	o: TransactionOptions<A> = {},
): (...args: A) => Promise<R> {
	const called = o.name ?? fn.name;
	const within = async (...args: A): Promise<R> => {
		const open = transactionOfEffect();
		// In a thread it is another one, which asks this one.
		if (open?.store === STORE) return fn(open as OpenTransaction & Tx, ...args);
		throw new UnsupportedError({
			what: `${called === '' ? 'a transaction' : `the transaction '${called}'`} outside an engine over sqlite(...)`,
			help: 'await it in a durable function that such an engine drives, and not inside another effect; in tests put replace(...) in its place',
		});
	};
	Object.defineProperty(within, 'name', { value: fn.name, configurable: true });
	Object.defineProperty(within, TRANSACTION, { value: { store: STORE, limit: LIMIT }, configurable: true });
	return effect(within, o as EffectPolicy<A>);
}

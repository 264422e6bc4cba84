import type { Callable } from './shared.ts';

/** What a function is that `transaction` of a store has made: an effect that is committed with its outcome. */
export interface Transaction {
	/** Of which store: its function takes a transaction of that kind. */
	readonly store: string;
	/** How long it may take (ms), unless its policy has a `timeout`. */
	readonly limit: number;
}

/** Registered: two copies of the package know each other's. */
export const TRANSACTION: unique symbol = Symbol.for('perdure.transaction') as never;

export function transactionOf(callee: unknown): Transaction | null {
	if (typeof callee !== 'function') return null;
	return (callee as Callable & { readonly [TRANSACTION]?: Transaction })[TRANSACTION] ?? null;
}

/** The store in one SQLite file: `sqlite(path)`. */
export { sqlite } from './store-sqlite/store.ts';
export {
	type SqlArguments,
	type SqlParameters,
	type SqlValue,
	type TransactionOptions,
	type Tx,
	transaction,
} from './store-sqlite/transaction.ts';

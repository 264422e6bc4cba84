/** The store in one SQLite file: `sqlite(path)`. */
export { sqlite } from './store-sqlite/store.ts';

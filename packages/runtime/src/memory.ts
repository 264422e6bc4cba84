/** A store without a file: `memory()`. */
export { memory } from './store-memory/store.ts';

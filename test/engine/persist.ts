import { createEngine, type Engine, type Store } from '@perdure/runtime';
import type { FaultyStore } from './faulty-store.ts';

/**
 * A client whose calls fail, or whose process dies, and that does each step until it is done: in an engine
 * of its own on the store without the fault, once the first one died.
 */
export function persistence(
	store: FaultyStore,
	inner: Store,
	make = (on: Store): Engine => createEngine({ store: on }),
) {
	let engine = make(store);
	let crash = () => {};
	const crashed = new Promise<'crashed'>((resolve) => (crash = () => resolve('crashed')));
	store.onCrash = () => crash();
	const persist = async <T>(step: () => Promise<T>): Promise<T> => {
		for (let attempt = 0; ; attempt++) {
			const working = step();
			working.catch(() => {});
			try {
				const done = await Promise.race([working, crashed]);
				if (done !== 'crashed' || attempt > 0) return await working;
				engine = make(inner);
			} catch (error) {
				if (attempt > 2 || !/injected/.test(String((error as Error).message))) throw error;
			}
		}
	};
	return { persist, engine: () => engine };
}

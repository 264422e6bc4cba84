import type { DurablePromise } from '../language/durable-promise.ts';
import type { Event } from './turn.ts';

/**
 * Where foreign code that was given a resolver of `new Promise` comes in: `new Promise((r) => setTimeout(r, 10))`.
 *
 * Owns: the promises whose resolvers were made in this process. Called by: resolvers, outside any turn.
 * Who drives the machine listens; when nobody does any more, what comes is of no use to anybody.
 */
export class Door {
	/** Those that may still be settled from outside. */
	readonly promises = new Set<DurablePromise>();
	listener: ((event: Event) => void) | null = null;

	settle(promise: DurablePromise, ok: boolean, value: unknown): void {
		this.promises.delete(promise);
		this.listener?.({ type: 'promiseSettled', promise, ok, value });
	}
}

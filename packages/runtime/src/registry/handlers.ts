import { UnsupportedError } from '../errors/internal.ts';
import { primitiveOf } from './primitives.ts';
import type { Callable } from './shared.ts';

/**
 * Where durable code calls `fn`, `by` is called: as the effect where that is awaited, else at once, for the value that
 * the call has there.
 */
export interface Handler {
	readonly fn: Callable;
	readonly by: Callable;
}

/**
 * Makes a handler: a test's stand-in for an effect, or another implementation by configuration.
 * @throws UnsupportedError for `sleep`, `start` and others of their kind, which are no effects.
 */
export function replace<F extends Callable>(
	fn: F,
	by: (...args: Parameters<F>) => ReturnType<F> | Awaited<ReturnType<F>>,
): Handler {
	const primitive = primitiveOf(fn);
	if (primitive !== undefined) {
		throw new UnsupportedError({
			what: `a stand-in for '${primitive}'`,
			help: 'it is no effect but what the run itself does; in a test it is driven: advance() moves its time, resume() and send() answer it, and children has the runs that it has started',
		});
	}
	return { fn, by: by as Callable };
}

/** The handlers by the function that each replaces. */
export function handlerMap(handlers: readonly Handler[] = []): ReadonlyMap<Callable, Callable> {
	return new Map(handlers.map(({ fn, by }) => [fn, by]));
}

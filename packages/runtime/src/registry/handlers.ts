import type { Callable } from './shared.ts';

/** Where durable code awaits `fn`, `by` is called. */
export interface Handler {
	readonly fn: Callable;
	readonly by: Callable;
}

/** Makes a handler: a test's stand-in for an effect, or another implementation by configuration. */
export function replace<F extends Callable>(
	fn: F,
	by: (...args: Parameters<F>) => ReturnType<F> | Awaited<ReturnType<F>>,
): Handler {
	return { fn, by: by as Callable };
}

/** The handlers by the function that each replaces. */
export function handlerMap(handlers: readonly Handler[] = []): ReadonlyMap<Callable, Callable> {
	return new Map(handlers.map(({ fn, by }) => [fn, by]));
}

import type { AsyncFunction } from '../registry/functions.ts';

/** Names a durable function that this process need not have loaded. */
export interface FunctionRef<F extends AsyncFunction = AsyncFunction> {
	readonly functionId: string;
	/** Only for types. */
	readonly _function?: F;
}

/**
 * A function by its id, to start it and get its runs without its code:
 * `functionRef<typeof checkout>('shop/src/checkout#checkout')`, with `import type`.
 */
export function functionRef<F extends AsyncFunction>(id: string): FunctionRef<F> {
	return { functionId: id };
}

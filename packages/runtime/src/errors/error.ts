/** The base of all errors of the runtime: a code, a message that names the user's thing, the way out. */
import type { ErrorRow } from './table.ts';

/** Registered, so that two copies of the package in one process know each other's errors. */
const BRAND = Symbol.for('perdure.error');

/**
 * Every error the runtime throws on purpose. Facts (`path`, `runId`, ...) are own properties.
 * Never tell errors apart by `instanceof`: two copies of the package have two classes; use `is`.
 */
export abstract class PerdureError extends Error {
	/** `PD` and digits; never moves, never returns. */
	declare readonly code: string;
	/** The way out. */
	declare readonly help: string;

	constructor(row: ErrorRow<never>, facts: object, options?: ErrorOptions) {
		const { code, message, help } = row as ErrorRow<object>;
		super(message(facts), options);
		Object.assign(this, facts, { code, help: typeof help === 'string' ? help : help(facts) });
	}

	static is(e: unknown): e is PerdureError {
		return brandOf(e) !== undefined;
	}
}

/** Gives a class its name: on the prototype, so that it survives minification and costs no instance anything. */
export function brand(Class: { readonly prototype: PerdureError }, name: string): void {
	for (const key of ['name', BRAND])
		Object.defineProperty(Class.prototype, key, { value: name, writable: true, configurable: true });
}

/** The class name of an error of ours, whichever copy of the package made it. */
export function brandOf(e: unknown): string | undefined {
	if (typeof e !== 'object' || e === null) return undefined;
	const name = (e as { [BRAND]?: unknown })[BRAND];
	return typeof name === 'string' ? name : undefined;
}

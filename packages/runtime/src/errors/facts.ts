/** What errors tell, beyond their words: the properties of those that have many. */

/** A position in the user's sources, as messages print it: `src/checkout.ts:14:3`. */
export type Place = string;

/** Into an effect, as an argument or as what it is called on; into a run, or out of one. */
export interface Crossing {
	readonly as: 'argument' | 'receiver' | 'parameter' | 'result';
	/** The effect's callee as written, or the durable function. */
	readonly of: string;
}

export interface NotSerializableFacts {
	/** Path of the value from the variable it was reached by: `customer.session.socket`. */
	readonly path: string;
	/** Where the frame that holds it is parked; absent outside a run. */
	readonly point?: Place | undefined;
	/** What the value is, for the message: `'Socket'`, `a native promise`. */
	readonly type: string;
	/** Captured by a closure, or kept without being in a variable (a temporary, the outcome of a promise). */
	readonly held?: 'closure' | 'kept' | undefined;
	/** Where it was to go, if no frame holds it. */
	readonly crossing?: Crossing | undefined;
	/** The way out for that very kind of value. */
	readonly help: string;
}

export interface DecodeFacts {
	/** What is wrong with the bytes, as a clause: `the magic is missing`. */
	readonly problem: string;
	/** The class, function or kind that is unknown here, where that is the problem. */
	readonly unknown?: string;
	readonly help?: string;
}

export interface SchemaMismatchFacts {
	readonly functionId: string;
	readonly file: string;
	readonly line: number;
	/** What the saved frame needs. */
	readonly expected: string;
	/** What this build of the function has. */
	readonly found: string;
	readonly differences: readonly { readonly slot: string; readonly was: string | null; readonly is: string | null }[];
	/** Ways out, most useful first. */
	readonly ways: readonly string[];
}

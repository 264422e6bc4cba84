/**
 * What a compiled module hands to the runtime: one `FunctionDef` for each durable function and for
 * each closure created in durable code (in the compact form of emitted.ts, which the runtime expands). Everything that is *stored* is a name (function id, point
 * id, slot name); everything that is a number (`pc`, slot index, site index) lives only as long as
 * the process and may change with each build.
 */

/** Changes when emitted code and runtime no longer understand each other. */
export const ABI = 1;

/**
 * How a step is entered: with a value, with an exception to throw at the suspension point, or (at a
 * `yield`) with the value of a return completion that leaves from there.
 */
export type Mode = 0 | 1 | 2;

/**
 * One activation of a compiled function. `s` is written afresh each time the frame parks, so a
 * snapshot that holds it never changes under its holder.
 */
export interface Activation {
	readonly def: FunctionDef;
	/** Where `step` goes on: 0 at entry, else the `pc` of the point it is parked at. */
	pc: number;
	/** Set by `step` when the function has returned. */
	done: boolean;
	/** Live slots at the point it is parked at; at entry the arguments. */
	s: readonly unknown[];
	/** `this` at entry. Afterwards a slot like any other. */
	self: unknown;
	/**
	 * Loops whose head was passed since the runtime last looked: bit `n` (at most 30) for the n-th enclosing
	 * one, from the outermost. `step` sets bits, the runtime clears them.
	 */
	passed: number;
	/** Captured cells and values at entry (closures). Afterwards slots like any others. */
	env: readonly unknown[];
}

/**
 * Runs the function from `frame.pc` to its next suspension point or its end. Returns the awaited
 * operand (or what a helper such as `call` returned), the function's result when `frame.done`, or
 * throws what the function throws.
 */
export type Step = (frame: Activation, mode: Mode, sent: unknown) => unknown;

/** A place that encloses a suspension point and shields it from cancellation. */
export type Guard = 'finally' | number; // number: `pc` of the `catch` handler it lies in

export interface PointDef {
	readonly pc: number;
	/** Point id (schema ids: "of what"). */
	readonly id: string;
	/** Line (1-based) and column (1-based) in the user's file. */
	readonly at: readonly [line: number, column: number];
	/** Names of the slots, by index in `Activation.s`. */
	readonly slots: readonly string[];
	/** Slots that are never stored but read again after a restore: index in `s`, index in `FunctionDef.reloads`. */
	readonly reload?: readonly (readonly [slot: number, reload: number])[];
	/** Only where several points of the function share the id. */
	readonly equal?: EqualPoint;
	/** Enclosing `finally` and `catch` bodies, outermost first. */
	readonly guards?: readonly Guard[];
	/** Ids of the enclosing loops, outermost first. */
	readonly loops?: readonly number[];
}

export interface EqualPoint {
	readonly nth: number;
	readonly of: number;
	readonly before: string | null;
	readonly after: string | null;
	/** Hash of the normalised source between the neighbours. */
	readonly between: string;
}

export interface SiteDef {
	/** Site id, by the same rule as a point id. */
	readonly id: string;
	readonly at: readonly [line: number, column: number];
	/** The callee as written: `stripe.charges.create`. */
	readonly name: string;
	/**
	 * Looks the callee up again, receiver first. Absent where that cannot be done: a saved receiver's
	 * member (then `key` names it) or a local.
	 */
	readonly callee?: () => readonly [self: unknown, callee: unknown];
	/** The member read from the saved receiver; `null` when the key is computed and saved too. */
	readonly key?: string | null;
	/** Reads the callee from the saved receiver where it is no plain member of it: `super.m`, `this.#m`. */
	readonly read?: (self: unknown, key: unknown) => unknown;
	/** Links of a chain after the first call, in order. */
	readonly chain?: readonly ChainLink[];
	/** Enclosing loops, as in `PointDef`. */
	readonly loops?: readonly number[];
}

/** One link of `root(...).a.b(...)`: read `keys` in turn, then call the last (or stop there). */
export interface ChainLink {
	/** Static keys; `null` takes the next of the link's saved computed keys. */
	readonly keys: readonly (string | null)[];
	readonly call: boolean;
	/** A `?.` before this link: the chain ends with `undefined` when the value so far is nullish. */
	readonly optional?: boolean;
	/** A `?.` between the member and its call (`.f?.()`): the chain ends with `undefined` when the member is nullish. */
	readonly optionalCall?: boolean;
}

export interface FunctionDef {
	readonly abi: number;
	/** Which copy of the runtime registered it; set by that copy. */
	readonly runtime?: symbol;
	/** Function id, or closure id. */
	readonly id: string;
	readonly name: string;
	/** Package-relative path with its extension, for messages. */
	readonly file: string;
	readonly at: readonly [line: number, column: number];
	/** Code hash. */
	readonly hash: string;
	readonly kind: 'durable' | 'async-closure' | 'generator-closure' | 'closure' | 'class' | 'thunk' | 'import';
	/**
	 * Of a generator function: its first point is the one before its body, behind the parameters, and
	 * every `yield` is a point.
	 */
	readonly generator?: 'sync' | 'async';
	/** Absent for synchronous closures, classes, thunks and imports. */
	readonly step?: Step;
	/** `handlers[pc]` is the `pc` of the handler that catches what is thrown there, -1 for none. */
	readonly handlers?: readonly number[];
	/** The handlers among them that are `catch` clauses of the user's, not `finally` or closing of an iterator. */
	readonly catches?: readonly number[];
	readonly points?: readonly PointDef[];
	readonly sites?: readonly SiteDef[];
	readonly reloads?: readonly (() => unknown)[];
	/**
	 * Closures: makes the function over its captured cells and values, in the order of `captures`, and its owner.
	 * Classes: the last argument is `(Class) => boolean`, which the class calls with itself before its
	 * static fields and blocks; false when these are not to run. Absent for methods of such classes.
	 * Thunks: gives the value, over its operands. The last argument of one that calls something is undefined, or
	 * `(value, key?) => value` which is asked for the callee, or for what that is a member of.
	 */
	readonly make?: (...env: never[]) => unknown;
	/** Closures and classes: names of what is captured. */
	readonly captures?: readonly string[];
	/** Classes: instances have private members, which only hooks of the class can save. */
	readonly hidden?: boolean;
	/** Closures created in this function (async ones nest further). */
	readonly closures?: readonly FunctionDef[];
}

/**
 * A kind is a plug-in for one sort of value: how it is told, what of it is written, how it is made
 * again. The codec's own types are kinds like those that the machine adds (cells, closures, frames,
 * promises, thunks), so a new savable thing never touches the walk.
 */
import type { WireType } from '@perdure/abi';

/**
 * When an instance can be made. `first`: from strings alone (classes and symbols: others are made from
 * them). `early`: from plain attributes, before anything it refers to; its
 * references are filled in afterwards, so cycles are free. `made`: only when the instances its parts
 * name exist (a closure needs its cells, a view its buffer). `filled`: only when its parts are
 * complete (a class's own hook). A cycle of nothing but late entries cannot exist, and is refused.
 */
export type Moment = 'first' | 'early' | 'made' | 'filled';

/** Captured by a closure, or kept without being in a variable: in a temporary, as the outcome of a promise. */
export type Holding = 'closure' | 'kept';

/** Stands in `make`'s parts for a reference whose instance does not exist yet. */
export const PENDING: unique symbol = Symbol('perdure.pending');

export interface Kind<T = never, H = unknown> {
	/** Names its rows; unique in a codec, two or more letters (one letter is the codec's own). Never changes once stored. */
	readonly tag: string;

	/** Objects that have exactly one of these prototypes. */
	readonly prototypes?: readonly object[];
	/** Exactly these values: sentinels, singletons. */
	readonly values?: readonly unknown[];
	/** Functions and objects of no known prototype; kept cheap: a look at one symbol property. */
	readonly claims?: (value: object, host: H) => boolean;

	/**
	 * What is written: attributes and references, as live values. Reads only; the same value in the
	 * same state gives the same list. Whatever it throws means that the value cannot be saved.
	 */
	take(value: T, host: H): readonly unknown[];
	/**
	 * Path segment of a part: `.name`, `[3]` and ` (its value)` extend the path, '' passes through, anything else starts
	 * the path anew (the slot of a frame). Default: `[index]`.
	 */
	label?(value: T, index: number, host: H): string;
	/** How it holds a part, where what cannot be saved there has a code of its own. */
	holds?(value: T, index: number, host: H): Holding | undefined;
	/** `file:line:column` where the values below it are held: a frame's suspension point. */
	place?(value: T, host: H): string | undefined;

	/**
	 * Whether whoever changes the value says so (`EncodeOptions.touched`), or nobody ever does: then a
	 * write of what changed since the last one does not look at it. What it refers to is looked at all the same.
	 */
	tells?(value: T): boolean;

	/** The part that is made anew each time it is taken: if it is like the last it counts as the last. */
	readonly gives?: number;

	readonly moment?: Moment;
	/**
	 * Makes the instance. Early kinds find `PENDING` in place of references; attributes must be checked,
	 * the bytes may be anybody's. Whatever it throws becomes a `DecodeError`, unless it is an error of ours.
	 */
	make(parts: readonly unknown[], host: H, blob: Uint8Array | undefined): T;
	/** Gives an early instance its references. All instances exist, but some may not be filled yet. */
	fill?(value: T, parts: readonly unknown[], host: H): void;

	/** A part that comes into being with the instance, as a URL's `searchParams` does: it is that entry's instance. */
	brings?(value: T): { readonly part: number; readonly tag: string; readonly value: unknown };

	/** Content written beside the text, not copied before; its length must be the first part. */
	blob?(value: T): Uint8Array;
	/** Registered subclasses of these prototypes, and own properties, are kept around the kind's own content. */
	readonly open?: boolean;
	/** Own properties that `take` has written or that every instance has: no extras. */
	owns?(value: T, key: string | symbol): boolean;
	/** Own keys that may be extras, where listing all own keys would be too dear. */
	extras?(value: T): readonly (string | symbol)[];
	/** Values that are written last and together: `takeAll` sees them all. */
	defers?(value: T): boolean;
	takeAll?(values: readonly T[], memo: WeakMap<object, unknown>): readonly (readonly unknown[])[];
}

// biome-ignore lint/suspicious/noExplicitAny: kinds of any value and host live in one table
export type AnyKind = Kind<any, any>;

/** A kind of the codec's own, with its row in the table of serialisable types. */
export interface BuiltIn extends AnyKind {
	readonly type: WireType['type'] | readonly WireType['type'][];
}

/** Fails unless `ok`: what `make` and `fill` check of hostile parts. */
export function expect(ok: boolean, problem: string): asserts ok {
	if (!ok) throw new BadRow(problem);
}

/** Thrown by kinds over parts that no encoder writes. */
export class BadRow extends Error {}

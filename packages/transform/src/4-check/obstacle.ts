import type { Type } from './type-model.ts';

/**
 * - `unknown`: nothing is known of it (`any`, `unknown`, an unconstrained type parameter).
 * - `value`: it is never saved. `class`: an instance of a class that must be registered first.
 * - `made`: an instance of a class that durable code made: what the class captures decides.
 * - `accessor`, `function`, `promise`, `iterator`, `namespace`: where the value comes from decides.
 */
export type ObstacleKind =
	| 'unknown'
	| 'value'
	| 'accessor'
	| 'class'
	| 'made'
	| 'function'
	| 'promise'
	| 'iterator'
	| 'namespace';

export interface Obstacle {
	readonly kind: ObstacleKind;
	/** From the value to the part in the way: `.session.socket`; empty for the value itself. */
	readonly path: string;
	/** The same as property names, `[]` for an element. */
	readonly keys: readonly string[];
	readonly type: Type;
	/** A function, promise, iterator or namespace: where it comes from may remove it. */
	readonly liftable: boolean;
	/** What it is called in a sentence (abi/refusals.ts). */
	readonly what: string;
	readonly help: string;
}

/** Where the value comes from may remove these. */
export const LIFTABLE: ReadonlySet<ObstacleKind> = new Set([
	'made',
	'accessor',
	'function',
	'promise',
	'iterator',
	'namespace',
]);

/**
 * What emitted code hands to `define`: the tables of a `FunctionDef` as rows, in which nothing is
 * written twice, since they are a third of the size of a compiled function. `define` completes it in
 * place: the steps hold on to the definitions of their closures.
 *
 *     slots: ["id", "for>i"],
 *     points: [[2, "zdkdd4eb...", 11, 17, [0, 1], { loops: [0] }]],
 *     sites: [[0, "priceOf", () => [void 0, priceOf]], [["vadnerdk...", 14, 4, [0]], "list.push", 0, { key: "push" }]],
 */
import type { FunctionDef, PointDef, SiteDef } from './machine.ts';

type Tables = 'points' | 'sites' | 'closures';

export interface EmittedDef extends Omit<FunctionDef, Tables | 'abi' | 'file' | 'kind'> {
	/** Of the outermost function alone, as `file` is. */
	readonly abi?: number;
	readonly file?: string;
	/** Absent: durable. */
	readonly kind?: FunctionDef['kind'];
	/** Names of all slots, in any order. */
	readonly slots?: readonly string[];
	readonly points?: readonly PointRow[];
	readonly sites?: readonly SiteRow[];
	/** Their ids begin with `>`: that of the function around them goes before it. */
	readonly closures?: readonly EmittedDef[];
}

/** `slots` are indexes in `EmittedDef.slots`. */
export type PointRow = readonly [
	pc: number,
	id: string,
	line: number,
	column: number,
	slots: readonly number[],
	rest?: Omit<PointDef, 'pc' | 'id' | 'at' | 'slots'>,
];

export type SiteRow = readonly [
	/** Of a call that is awaited where it stands: the point with its id, place and loops, by index in `points`. */
	place: number | readonly [id: string, line: number, column: number, loops?: readonly number[]],
	name: string,
	/** 0: none. */
	callee?: NonNullable<SiteDef['callee']> | 0,
	rest?: Omit<SiteDef, 'id' | 'at' | 'name' | 'callee' | 'loops'>,
];

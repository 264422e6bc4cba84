/** What a build knows about its durable functions: the artefact that a later build or a deploy is checked against. */

import type * as t from '@babel/types';
import type { EqualPoint } from '@perdure/abi';
import type { DurableFunction } from './2-lower/cfg.ts';
import { captureNames } from './3-analyze/ids.ts';
import { position } from './5-emit/definition.ts';
import type { EmittedBody } from './5-emit/function.ts';
import { broken } from './invariant.ts';

/** A durable function as stored frames know it. Lines and columns are 1-based, and for messages only. */
export interface FunctionSchema {
	readonly id: string;
	readonly name: string;
	readonly file: string;
	readonly line: number;
	readonly column: number;
	/** Code hash. */
	readonly hash: string;
	readonly points: readonly PointSchema[];
	readonly closures: readonly ClosureSchema[];
}

/** A suspension point, as stored frames know it. */
export interface PointSchema {
	readonly id: string;
	readonly line: number;
	readonly column: number;
	/** Names of what is stored: the live variables, but for operands that are read again instead. */
	readonly slots: readonly string[];
	readonly equal?: EqualPoint;
}

/** A closure of a durable function, as stored frames know it. */
export interface ClosureSchema {
	readonly id: string;
	readonly line: number;
	readonly column: number;
	readonly hash: string;
	/** Names of the captured variables. */
	readonly captures: readonly string[];
	readonly points: readonly PointSchema[];
	readonly closures: readonly ClosureSchema[];
}

/** What stored frames depend on in a compiled function. */
export function functionSchema(fn: DurableFunction, file: string, body: EmittedBody): FunctionSchema {
	const { id, hash } = body.ids;
	return {
		id,
		name: fn.name || fn.path,
		file,
		...place(fn.node.loc),
		hash,
		points: points(body),
		closures: closures(body),
	};
}

function points({ ids, graph, slots, emitted }: EmittedBody): PointSchema[] {
	if (!graph || !slots || !emitted) return [];
	return emitted.points.map(({ block }): PointSchema => {
		if (block.end.kind !== 'suspend') broken('a point that no suspend ends');
		const { id, equal } = ids.points.get(block.id)!;
		const kept = slots.parked.get(block.id)!;
		return {
			id,
			...place(block.end.point.loc),
			slots: slots.names.get(block.id)!.filter((_, index) => kept[index]!.reload === null),
			...(equal ? { equal } : {}),
		};
	});
}

function closures(body: EmittedBody): ClosureSchema[] {
	return body.closures.map(({ closure, body: own }) => ({
		id: own.ids.id,
		...place(closure.place.loc),
		hash: own.ids.hash,
		captures: captureNames(closure),
		points: points(own),
		closures: closures(own),
	}));
}

function place(loc: t.SourceLocation | null | undefined): { readonly line: number; readonly column: number } {
	const [line, column] = position(loc);
	return { line, column };
}

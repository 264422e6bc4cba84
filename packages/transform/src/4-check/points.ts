/**
 * The suspension points of a durable function and of the closures in it, in the order of the source, each
 * with what a frame that is parked there holds and which reads of it may follow; calls that end a frame
 * are among them, and hold nothing.
 */
import type * as t from '@babel/types';
import type { Block, Closure, Graph, Operation, Place, Site, Terminal, Unit, Variable } from '../2-lower/cfg.ts';
import { exposedReads, type Read } from '../3-analyze/exposed-reads.ts';

export interface HeldVariable {
	readonly variable: Variable;
	/** In the order of the source; those that lowering added have no place. */
	readonly reads: readonly Read[];
}

export interface HeldPoint {
	/** The whole `await`, `for await`, `yield` ..., as a place. */
	readonly place: t.Node;
	/** Null where the operation is told at another point. */
	readonly op: Operation | null;
	readonly held: readonly HeldVariable[];
}

/** A graph of a durable function: its own, or that of a closure in it. */
export interface HeldGraph {
	/** The closures that it stands in, from the outermost. */
	readonly closures: readonly t.Node[];
	readonly points: readonly OrderedPoint[];
	/**
	 * Calls that are not awaited where they stand. Not those in synchronous closures, which may be called inside
	 * an effect as well: `fetch(url).then((r) => r.json())`.
	 */
	readonly starts: readonly Site[];
}

type OrderedPoint = HeldPoint & { readonly order: number };

export function heldGraphs({ graph, closures }: Unit): HeldGraph[] {
	const held = (each: Graph, around: readonly t.Node[]): HeldGraph => ({
		closures: around,
		points: pointsIn(each),
		starts: each.starts,
	});
	const inside = (each: readonly Closure[], around: readonly t.Node[]): HeldGraph[] =>
		each.flatMap(({ place, body, closures }) => {
			const within = [...around, place.node];
			return [...(body ? [held(body, within)] : []), ...inside(closures, within)];
		});
	return [held(graph, []), ...inside(closures, [])];
}

export function pointsOf(graphs: readonly HeldGraph[]): HeldPoint[] {
	return graphs.flatMap(({ points }) => points).sort((a, b) => a.order - b.order || a.place.end! - b.place.end!);
}

export function startsOf(graphs: readonly HeldGraph[]): Site[] {
	return graphs.flatMap(({ starts }) => starts).sort((a, b) => a.node.start! - b.node.start!);
}

function pointsIn(graph: Graph): OrderedPoint[] {
	const reads = exposedReads(graph);
	// A chain is one effect, or goes link by link where its first call is none: its last call is no effect by itself.
	const chains = new Set([...graph.blocks.values()].flatMap(({ end }) => chainIn(end)));
	return [...graph.blocks.values()].flatMap((block) => {
		const place = placeOf(block);
		if (place === null || (block.end.kind !== 'suspend' && block.end.kind !== 'tail')) return [];
		const held = [...(reads.get(block.id) ?? [])].flatMap(([name, reads]) => {
			const variable = graph.variables.get(name)!;
			return variable.reload ? [] : [{ variable, reads }];
		});
		const { op } = block.end;
		return [
			{ place, op: op.kind === 'call' && chains.has(op.site.node) ? null : op, held, order: orderOf(block.end, place) },
		];
	});
}

function chainIn(end: Terminal): t.Node[] {
	return end.kind === 'suspend' && end.op.kind === 'chain' ? [end.op.site.node] : [];
}

/** An expression waits when all of it is evaluated, what it awaits inside first; a loop before its body. */
function orderOf(end: Extract<Terminal, { kind: 'suspend' | 'tail' }>, place: t.Node): number {
	const node = end.kind === 'suspend' ? end.point.node : end.op.site.node;
	return node.end === place.end ? place.end! : place.start!;
}

function placeOf({ end }: Block): t.Node | null {
	if (end.kind === 'suspend') return end.op.kind === 'start' ? null : placed(end.point);
	return end.kind === 'tail' ? placed(end.op.site) : null;
}

/** Of a point only the place of the whole `await e` is known. Null for one that the source does not show. */
function placed({ node, loc }: Place): t.Node | null {
	if (loc) return { ...node, start: loc.start.index, end: loc.end.index, loc };
	return node.start == null ? null : node;
}

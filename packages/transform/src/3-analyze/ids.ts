/**
 * The ids that stored frames are matched by (schema ids): of suspension points, call sites and
 * closures, and the code hash. All of them are hashes of canonical text, so that lines, comments,
 * formatting and types do not enter, and of names, never of positions.
 */

import type * as t from '@babel/types';
import type { EqualPoint } from '@perdure/abi';
import type { Block, BlockId, Closure, Graph, Place, Unit } from '../2-lower/cfg.ts';
import { broken } from '../invariant.ts';
import { canonical, canonicalSpans, type Span } from './canonical.ts';
import { hashText } from './hash.ts';

export interface PointIds {
	readonly id: string;
	readonly equal: EqualPoint | null;
}

export interface FunctionIds {
	/** Function id, or closure id. */
	readonly id: string;
	/** Code hash. */
	readonly hash: string;
	/** By the block that the `suspend` ends. */
	readonly points: ReadonlyMap<BlockId, PointIds>;
	readonly closures: ReadonlyMap<Closure, FunctionIds>;
}

/** The ids of a durable function whose function id is `id` and whose source is `node`. */
export function assignIds(id: string, node: t.Node, unit: Unit): FunctionIds {
	const source = canonicalSpans(node);
	return functionIds(id, null, node, unit.graph, unit.closures, source);
}

/** Id of a point or a site: its source and the kinds of the constructs around it. */
export function placeId(place: Place): string {
	return hashText(`${place.chain.join('>')}\n${canonical(place.node)}`);
}

/** Names of what a closure captures: values of expressions are named by their source. */
export function captureNames(closure: Closure): string[] {
	const met = new Map<string, number>();
	return closure.captures.map(({ source, node }) => {
		if (!node) return source;
		const name = `${source}:${hashText(canonical(node))}`;
		const count = (met.get(name) ?? 0) + 1;
		met.set(name, count);
		return count === 1 ? name : `${name}~${count}`;
	});
}

interface Source {
	readonly text: string;
	readonly spans: ReadonlyMap<t.Node, Span>;
}

/** Something with an id that others may share. */
interface Item {
	readonly id: string;
	readonly span: Span;
}

function functionIds(
	id: string,
	path: string | null,
	node: t.Node,
	graph: Graph | null,
	closures: readonly Closure[],
	source: Source,
): FunctionIds {
	const whole = spanOf(node, source);
	return {
		id,
		hash: hashText(source.text.slice(whole.start, whole.end)),
		points: graph ? pointIds(graph, whole, source) : new Map(),
		closures: closureIds(id, path, closures, whole, source),
	};
}

function pointIds(graph: Graph, whole: Span, source: Source): Map<BlockId, PointIds> {
	const points: (Item & { readonly block: Block })[] = [];
	/** The one before a generator's body: nothing of its source is in its id, and it is nobody's neighbour. */
	let started: [BlockId, PointIds] | null = null;
	for (const block of graph.blocks.values()) {
		if (block.end.kind !== 'suspend') continue;
		const { point, op } = block.end;
		if (op.kind === 'start') {
			started = [block.id, { id: hashText('start'), equal: null }];
			continue;
		}
		points.push({ id: placeId(point), span: spanOf(point.node, source), block });
	}
	const equals = equalItems(points, whole, source);
	const found = points.map((point): [BlockId, PointIds] => [
		point.block.id,
		{ id: point.id, equal: equals.get(point) ?? null },
	]);
	return new Map(started ? [started, ...found] : found);
}

function closureIds(
	id: string,
	path: string | null,
	closures: readonly Closure[],
	whole: Span,
	source: Source,
): Map<Closure, FunctionIds> {
	const items = closures.map((closure) => ({
		id: `${id}>${closure.path === null ? placeId(closure.place) : below(closure.path, path)}`,
		span: spanOf(closure.place.node, source),
		closure,
	}));
	const equals = equalItems(items, whole, source);
	return new Map(
		items.map((item) => {
			const { closure } = item;
			const equal = equals.get(item);
			// What a point keeps beside its id is part of the id here: a reference to a closure has no room for it.
			const own = equal ? `${item.id}~${hashText(JSON.stringify(equal))}` : item.id;
			return [closure, functionIds(own, closure.path, closure.place.node, closure.body, closure.closures, source)];
		}),
	);
}

/** The part of a name path that the id of the closure around does not say already. */
function below(path: string, around: string | null): string {
	return around !== null && path.startsWith(`${around}.`) ? path.slice(around.length + 1) : path;
}

/**
 * What tells items of one id apart, so that their order alone never decides: which of how many, the
 * nearest items of another id, and the source between those. Items come in the order in which they
 * are evaluated: by where they end.
 */
function equalItems<I extends Item>(items: readonly I[], whole: Span, source: Source): Map<I, EqualPoint> {
	const ordered = [...items].sort((a, b) => a.span.end - b.span.end || a.span.start - b.span.start);
	const counts = new Map<string, number>();
	for (const { id } of ordered) counts.set(id, (counts.get(id) ?? 0) + 1);
	const met = new Map<string, number>();
	const out = new Map<I, EqualPoint>();
	// Equal ones in a row have the same neighbours.
	for (let start = 0, end = 0; start < ordered.length; start = end) {
		const { id } = ordered[start]!;
		while (ordered[end]?.id === id) end++;
		const of = counts.get(id)!;
		if (of === 1) continue;
		const [before, after] = [ordered[start - 1], ordered[end]];
		const from = before ? before.span.end : whole.start;
		const to = after ? after.span.start : whole.end;
		// A neighbour that encloses the item starts before it: then the text runs the other way.
		const between = hashText(source.text.slice(Math.min(from, to), Math.max(from, to)));
		for (const item of ordered.slice(start, end)) {
			const nth = (met.get(id) ?? 0) + 1;
			met.set(id, nth);
			out.set(item, { nth, of, before: before?.id ?? null, after: after?.id ?? null, between });
		}
	}
	return out;
}

function spanOf(node: t.Node, source: Source): Span {
	const span = source.spans.get(node);
	if (!span) broken(`a ${node.type} that is no part of the user's source was given an id`);
	return span;
}

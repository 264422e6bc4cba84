/**
 * Which blocks of a graph become a `case`, in which order, and under which `pc`. A block that only
 * one edge leads to is printed where that edge is and needs none.
 */
import * as t from '@babel/types';
import type { Block, BlockId, Graph } from '../2-lower/cfg.ts';
import { alwaysTaken } from '../3-analyze/live-expression.ts';
import { jumpTarget } from '../3-analyze/liveness.ts';
import { broken } from '../invariant.ts';

/** A place that a `switch` can enter. */
export interface Head {
	readonly kind: 'start' | 'resume' | 'block';
	/** The block entered, or the one whose `suspend` is resumed; the entry block for the start. */
	readonly block: Block;
	readonly pc: number;
}

export interface Layout {
	/** In the order of the text: the start first. */
	readonly heads: readonly Head[];
	/** Null for a block that is printed at its only edge. */
	readonly headOf: (block: BlockId) => Head | null;
	readonly resumeOf: (block: BlockId) => Head;
	/** Blocks that only forward are skipped: the one where an edge to `block` really leads. */
	readonly target: (block: BlockId) => BlockId;
	readonly block: (id: BlockId) => Block;
	/** Blocks that can be reached, skipped ones not among them. */
	readonly reachable: readonly Block[];
}

export function layout(graph: Graph): Layout {
	const block = (id: BlockId) => graph.blocks.get(id)!;
	const target = forwarding(graph);
	const entry = target(graph.entry);
	const jumps = new Map<BlockId, readonly BlockId[]>();
	for (const { id, body } of graph.blocks.values()) jumps.set(id, jumpsIn(body).map(target));

	const heads = new Set<BlockId>();
	const edges = new Map<BlockId, number>([[entry, 1]]);
	const order = new Map<string, { kind: Head['kind']; block: Block }>();
	const reachable: Block[] = [];

	// Reverse postorder: what is visited first comes last, so handlers first, then loop exits.
	const visited = new Set<BlockId>();
	const finished: { kind: Head['kind']; block: Block }[] = [];
	const visit = (root: BlockId) => {
		const stack: { block: Block; next: readonly BlockId[]; at: number }[] = [];
		const open = (id: BlockId) => {
			visited.add(id);
			const found = block(id);
			reachable.push(found);
			const next = successors(found, jumps.get(id)!, target);
			for (const to of next) edges.set(to, (edges.get(to) ?? 0) + 1);
			stack.push({ block: found, next, at: 0 });
		};
		open(root);
		while (stack.length > 0) {
			const top = stack.at(-1)!;
			const to = top.next[top.at++];
			if (to === undefined) {
				stack.pop();
				if (top.block.end.kind === 'suspend') finished.push({ kind: 'resume', block: top.block });
				finished.push({ kind: 'block', block: top.block });
			} else if (!visited.has(to)) open(to);
		}
	};
	visit(entry);

	for (const { id, handler } of reachable) {
		if (handler !== null) heads.add(target(handler));
		for (const to of jumps.get(id)!) heads.add(to);
	}
	for (const [id, count] of edges) if (count > 1) heads.add(id);

	order.set('start', { kind: 'start', block: block(entry) });
	for (const item of finished.reverse()) {
		if (item.kind === 'resume' || heads.has(item.block.id)) order.set(`${item.kind} ${item.block.id}`, item);
	}
	const placed = [...order.values()].map((item, pc): Head => ({ ...item, pc }));
	const byBlock = new Map(placed.filter((head) => head.kind === 'block').map((head) => [head.block.id, head]));
	const byResume = new Map(placed.filter((head) => head.kind === 'resume').map((head) => [head.block.id, head]));
	return {
		heads: placed,
		headOf: (id) => byBlock.get(target(id)) ?? null,
		resumeOf: (id) => byResume.get(id)!,
		target,
		block,
		reachable,
	};
}

/**
 * Follows blocks that do nothing but go on. A loop of them is a block that goes to itself. An empty
 * handler stays: where its own exceptions go must be told, since a cancellation may pass it.
 */
function forwarding(graph: Graph): (id: BlockId) => BlockId {
	const handlers = new Set([...graph.blocks.values()].map(({ handler }) => handler));
	const known = new Map<BlockId, BlockId>();
	return (id) => {
		const path: BlockId[] = [];
		let to = id;
		for (;;) {
			const done = known.get(to);
			if (done !== undefined) {
				to = done;
				break;
			}
			const found = graph.blocks.get(to);
			if (!found) broken(`the graph has no block ${to}`);
			if (found.body.length > 0 || found.end.kind !== 'goto' || handlers.has(to) || path.includes(to)) break;
			path.push(to);
			to = found.end.to;
		}
		for (const passed of path) known.set(passed, to);
		return to;
	};
}

/** Blocks that opaque statements jump to. */
function jumpsIn(body: readonly t.Statement[]): BlockId[] {
	const out: BlockId[] = [];
	for (const statement of body) {
		t.traverseFast(statement, (node) => {
			if (node.type !== 'ContinueStatement') return;
			const to = jumpTarget(node.label?.name ?? null);
			if (to !== null) out.push(to);
		});
	}
	return out;
}

/** The one visited last is printed next. An edge that is there twice counts twice. */
function successors(block: Block, jumps: readonly BlockId[], target: (id: BlockId) => BlockId): BlockId[] {
	const out: BlockId[] = [];
	if (block.handler !== null) out.push(target(block.handler));
	out.push(...jumps);
	const { end } = block;
	switch (end.kind) {
		case 'goto':
			out.push(target(end.to));
			break;
		case 'suspend':
			if (end.returned) out.push(target(end.returned.to));
			out.push(target(end.to));
			break;
		case 'branch': {
			const taken = alwaysTaken(end.test);
			if (taken !== true) out.push(target(end.no));
			if (taken !== false) out.push(target(end.yes));
			break;
		}
		case 'dispatch':
			out.push(target(end.otherwise));
			for (const [, to] of end.cases.toReversed()) out.push(target(to));
			break;
		default:
			break;
	}
	return out;
}

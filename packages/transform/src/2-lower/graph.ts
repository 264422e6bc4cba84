import * as t from '@babel/types';
import type { Block, BlockId, Graph, Terminal } from './cfg.ts';
import type { Draft, Frame } from './frame.ts';

/** Freezes a frame's blocks into a graph: only what can be reached, numbered in the order met. */
export function finishGraph(frame: Frame, parameters: Graph['parameters']): Graph {
	const blocks = new Map<BlockId, Block>();
	const pending: BlockId[] = [0];
	for (let at = 0; at < pending.length; at++) {
		const id = pending[at]!;
		if (blocks.has(id)) continue;
		const draft = frame.blocks.get(id)!;
		blocks.set(id, draft);
		pending.push(...successorsOf(draft));
	}
	const ordered = [...blocks.keys()].sort((a, b) => a - b);
	return {
		entry: 0,
		blocks: new Map(ordered.map((id) => [id, blocks.get(id)!])),
		variables: frame.variables,
		parameters,
		starts: frame.starts,
	};
}

export function successorsOf(block: Draft | Block): BlockId[] {
	const found = targetsOf(block.end);
	if (block.handler !== null) found.push(block.handler);
	for (const statement of block.body) found.push(...jumpsOf(statement));
	for (const guard of block.guards) if (guard !== 'finally') found.push(guard);
	return found;
}

export function targetsOf(end: Terminal): BlockId[] {
	switch (end.kind) {
		case 'goto':
			return [end.to];
		case 'suspend':
			return end.returned ? [end.to, end.returned.to] : [end.to];
		case 'branch':
			return [end.yes, end.no];
		case 'dispatch':
			return [...end.cases.map(([, to]) => to), end.otherwise];
		default:
			return [];
	}
}

/** Targets of the jumps that an opaque statement makes out of itself. */
export function jumpsOf(node: t.Node): BlockId[] {
	if (node.type === 'ContinueStatement') {
		const name = node.label?.name ?? '';
		return name.startsWith('%') ? [Number(name.slice(1))] : [];
	}
	if (t.isExpression(node)) return [];
	const found: BlockId[] = [];
	for (const key of t.VISITOR_KEYS[node.type] ?? []) {
		const child = (node as unknown as Record<string, unknown>)[key];
		for (const each of Array.isArray(child) ? child : [child]) if (each) found.push(...jumpsOf(each as t.Node));
	}
	return found;
}

/**
 * The live variables at each suspension point: what a stored frame holds, no more. Backward data
 * flow over the graph; the statements inside a block are walked by live-statement.ts.
 *
 * An exception may leave a block before any of its statements that can throw, so there what its
 * handler reads is live as well; a suspension point can always throw.
 */
import type * as t from '@babel/types';
import type { Block, BlockId, Graph, Operation, Terminal } from '../2-lower/cfg.ts';
import { successorsOf } from '../2-lower/graph.ts';
import { alwaysTaken, liveBefore } from './live-expression.ts';
import { liveBeforeList, type StatementScope } from './live-statement.ts';
import { add, equal, has, membersOf, NOTHING, remove, union, type VariableSet } from './variable-set.ts';

export interface Liveness {
	/** How many times a block was walked: what the analysis costs. */
	readonly walks: number;
	/** Is a variable live at the entry of a block? */
	readonly atEntry: (block: BlockId, name: string) => boolean;
	/** Live at the entry of a block, in the order in which the graph declares them. */
	readonly entry: (block: BlockId) => string[];
	/** Live while parked, by the block that a `suspend` ends; its result is not among them. */
	readonly parked: ReadonlyMap<BlockId, readonly string[]>;
}

/** Block a `continue "%12"` names, if the label is such a mark. */
export function jumpTarget(label: string | null): BlockId | null {
	return label?.startsWith('%') ? Number(label.slice(1)) : null;
}

export function liveness(graph: Graph): Liveness {
	const names = [...graph.variables.keys()];
	const indexes = new Map(names.map((name, index) => [name, index]));
	const { entry, parked, walks } = solve(graph, {
		read: (node, after) => {
			const index = indexes.get(node.name);
			return index === undefined ? undefined : add(after, index);
		},
		store: (name, after) => {
			const index = indexes.get(name);
			return index === undefined ? undefined : remove(after, index);
		},
	});
	const at = (id: BlockId) => entry.get(id) ?? NOTHING;
	const named = (set: VariableSet) => membersOf(set).map((member) => names[member]!);
	return {
		walks,
		atEntry: (block, name) => indexes.has(name) && has(at(block), indexes.get(name)!),
		entry: (block) => named(at(block)),
		parked: new Map([...parked].map(([block, set]) => [block, named(set)])),
	};
}

interface Solution {
	readonly walks: number;
	/** Live at the entry of a block, by block. */
	readonly entry: ReadonlyMap<BlockId, VariableSet>;
	readonly parked: ReadonlyMap<BlockId, VariableSet>;
}

/** The data flow itself, whatever the members of its sets are: `read` adds some, `store` removes some. */
export function solve(graph: Graph, { read, store }: Pick<StatementScope, 'read' | 'store'>): Solution {
	const entry = new Map<BlockId, VariableSet>();
	const parked = new Map<BlockId, VariableSet>();
	const readers = new Map<BlockId, Set<BlockId>>([...graph.blocks.keys()].map((id) => [id, new Set()]));
	let walked: BlockId | null = null;
	const at = (id: BlockId | null) => {
		if (id === null) return NOTHING;
		if (walked !== null) readers.get(id)!.add(walked);
		return entry.get(id) ?? NOTHING;
	};
	const isCell = (name: string) => graph.variables.get(name)?.cell === true;
	const handlers = new Set([...graph.blocks.values()].map(({ handler }) => handler));

	/** Read by what a return completion at a `yield` goes on with. */
	const returned = ({ returned: left }: Extract<Terminal, { kind: 'suspend' }>): VariableSet => {
		if (!left) return NOTHING;
		return store(left.value, at(left.to)) ?? at(left.to);
	};

	const transfer = (block: Block): VariableSet => {
		const scope: StatementScope = {
			read,
			store,
			isCell,
			thrown: at(block.handler),
			returned: () => NOTHING,
			atBreak: (label) => at(jumpTarget(label)),
			atContinue: (label) => at(jumpTarget(label)),
		};
		const live = liveBeforeList(block.body, beforeEnd(block, scope), scope);
		// A cancellation that a handler has swallowed once passes it the next time, whatever stands in it.
		return handlers.has(block.id) ? union(live, scope.thrown) : live;
	};

	const beforeEnd = (block: Block, scope: StatementScope): VariableSet => {
		const { end } = block;
		switch (end.kind) {
			case 'goto':
				return at(end.to);
			case 'branch': {
				const taken = alwaysTaken(end.test);
				if (taken !== null) return at(taken ? end.yes : end.no);
				return liveBefore(end.test, union(at(end.yes), at(end.no)), scope);
			}
			case 'dispatch': {
				const targets = end.cases.reduce((live, [, to]) => union(live, at(to)), at(end.otherwise));
				return liveBefore(end.on, targets, scope);
			}
			case 'suspend': {
				const resumed = (end.result === null ? undefined : store(end.result, at(end.to))) ?? at(end.to);
				const live = union(union(resumed, returned(end)), scope.thrown);
				parked.set(block.id, live);
				return beforeOperands(end.op, live, scope);
			}
			case 'tail':
				return beforeOperands(end.op, scope.thrown, scope);
			case 'return':
				return liveBefore(end.value, NOTHING, scope);
			case 'throw':
				return liveBefore(end.value, scope.thrown, scope);
			case 'unreachable':
				return NOTHING;
		}
	};

	// In the rounds after the first only those are walked again that read what has changed.
	const order = successorsFirst(graph);
	const due = new Set(graph.blocks.keys());
	let walks = 0;
	while (due.size > 0) {
		for (const block of order) {
			if (!due.delete(block.id)) continue;
			walks++;
			walked = block.id;
			const live = transfer(block);
			walked = null;
			if (equal(live, at(block.id))) continue;
			entry.set(block.id, live);
			for (const reader of readers.get(block.id)!) due.add(reader);
		}
	}
	return { walks, entry, parked };
}

/** The blocks in postorder: what is live in a block is known when those before it are walked, but for loops. */
function successorsFirst(graph: Graph): Block[] {
	const met = new Set<BlockId>();
	const order: Block[] = [];
	const open: { readonly block: Block; readonly next: BlockId[] }[] = [];
	const enter = (id: BlockId) => {
		if (met.has(id)) return;
		met.add(id);
		const block = graph.blocks.get(id)!;
		open.push({ block, next: successorsOf(block) });
	};
	// Guards are named by blocks that control cannot reach from the entry, if only a cancellation does.
	for (const root of [graph.entry, ...graph.blocks.keys()]) {
		enter(root);
		for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
			const next = top.next.pop();
			if (next !== undefined) enter(next);
			else {
				order.push(top.block);
				open.pop();
			}
		}
	}
	return order;
}

/** Operands of an operation are evaluated in order: callee, receiver (evaluated already), arguments. */
export function operandsOf(op: Operation): readonly t.Node[] {
	if (op.kind === 'start') return [];
	if (op.kind === 'value' || op.kind === 'yield') return [op.value];
	const operands: t.Node[] = [op.callee];
	if (op.self) operands.push(op.self);
	operands.push(...op.args);
	if (op.kind === 'chain') for (const link of op.rest) operands.push(...link.keys, ...link.args);
	return operands;
}

function beforeOperands(op: Operation, after: VariableSet, scope: StatementScope): VariableSet {
	const operands = operandsOf(op);
	let live = after;
	for (let i = operands.length - 1; i >= 0; i--) live = liveBefore(operands[i], live, scope);
	return live;
}

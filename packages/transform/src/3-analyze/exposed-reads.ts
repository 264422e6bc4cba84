/**
 * Which reads of a variable the value that it has while a frame is parked may reach: those with no store
 * between the point and them. The same data flow as liveness, over reads instead of variables, so a
 * variable is live at a point exactly where it has such a read. Only the checker asks: it costs more.
 */
import type * as t from '@babel/types';
import type { BlockId, Graph } from '../2-lower/cfg.ts';
import { solve } from './liveness.ts';
import { add, membersOf, NOTHING, type VariableSet, without } from './variable-set.ts';

export type Read = t.Identifier | t.JSXIdentifier;

/** By the block that a `suspend` ends, then by variable, in the order of the source; what lowering added has no place. */
export function exposedReads(graph: Graph): ReadonlyMap<BlockId, ReadonlyMap<string, readonly Read[]>> {
	const reads: Read[] = [];
	const indexes = new Map<Read, number>();
	const ofVariable = new Map<string, VariableSet>();
	const { parked } = solve(graph, {
		read: (node, after) => {
			if (!graph.variables.has(node.name)) return undefined;
			let index = indexes.get(node);
			if (index === undefined) {
				index = reads.push(node) - 1;
				indexes.set(node, index);
				ofVariable.set(node.name, add(ofVariable.get(node.name) ?? NOTHING, index));
			}
			return add(after, index);
		},
		store: (name, after) => (graph.variables.has(name) ? without(after, ofVariable.get(name) ?? NOTHING) : undefined),
	});
	return new Map(
		[...parked].map(([block, set]) => {
			const byName = new Map<string, Read[]>();
			for (const index of membersOf(set)) {
				const read = reads[index]!;
				const known = byName.get(read.name);
				if (known) known.push(read);
				else byName.set(read.name, [read]);
			}
			return [block, new Map([...byName].map(([name, each]) => [name, inOrder(each)]))];
		}),
	);
}

/** Lowering may write one read of the source twice. */
function inOrder(reads: readonly Read[]): Read[] {
	const sorted = reads.toSorted((a, b) => (a.start ?? -1) - (b.start ?? -1));
	return sorted.filter(({ start }, index) => start == null || start !== sorted[index - 1]?.start);
}

/** The slots of a graph: for each suspension point the variables that a parked frame keeps. */
import type * as t from '@babel/types';
import type { BlockId, Graph, Variable } from '../2-lower/cfg.ts';
import { canonical } from './canonical.ts';
import { type Liveness, liveness } from './liveness.ts';

export interface Slots {
	readonly live: Liveness;
	/** By the block that the `suspend` ends; in the order in which the graph declares its variables. */
	readonly parked: ReadonlyMap<BlockId, readonly Variable[]>;
	/** Expressions that are read again after a restore, and by variable the index of its own. */
	readonly reloads: readonly t.Expression[];
	readonly reloadOf: ReadonlyMap<string, number>;
}

export function assignSlots(graph: Graph): Slots {
	const live = liveness(graph);
	const parked = new Map<BlockId, readonly Variable[]>();
	const reloads: t.Expression[] = [];
	const reloadOf = new Map<string, number>();
	const known = new Map<string, number>();
	for (const [block, names] of live.parked) {
		const slots = [...graph.variables.values()].filter((variable) => names.has(variable.name));
		parked.set(block, slots);
		for (const { name, reload } of slots) {
			if (!reload || reloadOf.has(name)) continue;
			const text = canonical(reload);
			if (!known.has(text)) known.set(text, reloads.push(reload) - 1);
			reloadOf.set(name, known.get(text)!);
		}
	}
	return { live, parked, reloads, reloadOf };
}

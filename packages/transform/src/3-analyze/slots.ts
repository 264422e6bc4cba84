/** The slots of a graph: for each suspension point the variables that a parked frame keeps. */
import type * as t from '@babel/types';
import type { BlockId, Graph, Variable } from '../2-lower/cfg.ts';
import { canonical } from './canonical.ts';
import { hashText } from './hash.ts';
import { type Liveness, liveness } from './liveness.ts';

export interface Slots {
	readonly live: Liveness;
	/** By the block that the `suspend` ends; in the order in which the graph declares its variables. */
	readonly parked: ReadonlyMap<BlockId, readonly Variable[]>;
	/** The names under which they are stored, by the same block and in the same order. */
	readonly names: ReadonlyMap<BlockId, readonly string[]>;
	/** Expressions that are read again after a restore, and by variable the index of its own. */
	readonly reloads: readonly t.Expression[];
	readonly reloadOf: ReadonlyMap<string, number>;
}

export function assignSlots(graph: Graph): Slots {
	const live = liveness(graph);
	const parked = new Map<BlockId, readonly Variable[]>();
	const stored = new Map<BlockId, readonly string[]>();
	const bare = new Map<Variable, string>();
	const nameOf = (variable: Variable) => {
		const known = bare.get(variable) ?? storedName(variable);
		bare.set(variable, known);
		return known;
	};
	const reloads: t.Expression[] = [];
	const reloadOf = new Map<string, number>();
	const known = new Map<string, number>();
	for (const [block, names] of live.parked) {
		const slots = names.map((name) => graph.variables.get(name)!);
		parked.set(block, slots);
		stored.set(block, tellApart(slots, nameOf));
		for (const { name, reload } of slots) {
			if (!reload || reloadOf.has(name)) continue;
			const text = canonical(reload);
			if (!known.has(text)) known.set(text, reloads.push(reload) - 1);
			reloadOf.set(name, known.get(text)!);
		}
	}
	return { live, parked, names: stored, reloads, reloadOf };
}

/** A temporary is named by its role and by what it holds the value of. */
function storedName({ slot, temporary }: Variable): string {
	return temporary ? `${slot}:${hashText(canonical(temporary))}` : slot;
}

/**
 * Equal temporaries of one point (and variables of two loops alike, where both are taken to be live) become `<name>~<nth>/<of>`. Only what lives at the same point counts,
 * so that an equal expression elsewhere in the function disturbs no stored frame; and how many there
 * are is part of the name, so that one of two is never taken for the only one.
 */
function tellApart(slots: readonly Variable[], nameOf: (variable: Variable) => string): string[] {
	const equals = new Map<string, Variable[]>();
	for (const variable of slots) {
		const name = nameOf(variable);
		const known = equals.get(name);
		if (!known) equals.set(name, [variable]);
		else known.push(variable);
	}
	return slots.map((variable) => {
		const name = nameOf(variable);
		const group = equals.get(name)!;
		return group.length === 1 ? name : `${name}~${group.indexOf(variable) + 1}/${group.length}`;
	});
}

/**
 * Prints a graph as one `step(frame, mode, value)`: a `switch` in a loop, real `let` locals that are
 * restored at the head of each resume label and written to a fresh `frame.s` only when it parks.
 */
import type * as t from '@babel/types';
import type { Block, BlockId } from '../2-lower/cfg.ts';
import { emitCases } from './cases.ts';
import { type Layout, layout } from './layout.ts';
import { emitSplit, partsOf } from './split.ts';
import type { StepParts } from './step-context.ts';
import { emitFunction } from './step-function.ts';

export interface EmittedStep {
	/** The name of the step function. */
	readonly name: string;
	readonly statements: readonly t.Statement[];
	/** By `pc`, -1 for none; null when nothing is caught. */
	readonly handlers: readonly number[] | null;
	/** Handlers that are `catch` clauses of the user's. */
	readonly catches: readonly number[];
	/** The suspending blocks, in the order of their `pc`. */
	readonly points: readonly { readonly pc: number; readonly block: Block }[];
	/** `pc` of a handler, for guards. */
	readonly pcOf: (block: BlockId) => number;
}

export function emitStep(parts: StepParts): EmittedStep {
	const plan = layout(parts.graph);
	const catches = plan.reachable.some(({ handler }) => handler !== null);
	const handlers: number[] = [];
	const cases = emitCases(parts, plan, catches, handlers);
	const completion = plan.heads.length;
	if (cases.some(({ completes }) => completes)) handlers[completion] = -1;
	const groups = partsOf(cases, parts.nodesPerStep);
	const statements =
		groups.length === 1
			? [emitFunction(parts, { name: parts.name, cases, catches, completion })]
			: emitSplit(parts, plan, groups, { handlers, catches, completion });
	return {
		name: parts.name,
		statements,
		handlers: catches ? handlers : null,
		catches: clauses(plan),
		points: plan.heads.filter(({ kind }) => kind === 'resume').map(({ pc, block }) => ({ pc, block })),
		pcOf: (block) => plan.headOf(block)!.pc,
	};
}

/** A `catch` clause guards itself; handlers of `finally` and of iterators that must be closed do not. */
function clauses(plan: Layout): number[] {
	const pcs = new Set<number>();
	for (const { handler } of plan.reachable) {
		if (handler !== null && plan.block(handler).guards.includes(handler)) pcs.add(plan.headOf(handler)!.pc);
	}
	return [...pcs].sort((a, b) => a - b);
}

/**
 * A step that the engine would never optimise is printed as several functions, each with the cases of
 * a range of `pc`s, and one that calls the right one:
 *
 *     for (;;) { const s = pc < 310 ? f$step$1(f, m, v) : f$step$2(f, m, v); if (s !== f) return s; ... }
 *
 * Where control goes on in another part it passes an exit, `case 310: f.s = [310, x, y]; return f;`:
 * what is live there is handed over in `f.s` as when the frame parks. But `f.pc` stays: it names the
 * point the frame was last parked at, and with it what shields it from a cancellation.
 */
import * as t from '@babel/types';
import {
	array,
	assign,
	at,
	binary,
	block as blockOf,
	call,
	conditional,
	declare,
	functionDeclaration,
	give,
	id,
	member,
	num,
	run,
	sequence,
	when,
} from './build.ts';
import { type Case, caseOf } from './cases.ts';
import type { Head, Layout } from './layout.ts';
import type { StepParts } from './step-context.ts';
import { emitFunction, type StepFunction, TAKE_OVER } from './step-function.ts';

/**
 * Nodes of syntax in one function. V8 optimises none of more than 60 KiB of bytecode (its flag
 * `max-optimized-bytecode-size`), and emitted code has three to six bytes a node: some 300 to 500
 * states of ordinary code.
 */
export const NODES_PER_STEP = 10_000;

/** Divides cases into parts of at most `limit` nodes: in their order, and where the fewest loops are open. */
export function partsOf(cases: readonly Case[], limit: number = NODES_PER_STEP): Case[][] {
	const sizes = cases.map(({ statement }) => nodesOf(statement));
	const parts: Case[][] = [];
	for (let start = 0; start < cases.length; ) {
		let end = start;
		let best = start + 1;
		for (let nodes = 0; end < cases.length; end++) {
			nodes += sizes[end]!;
			if (nodes > limit && end > start) break;
			if (nodes > limit * 0.7 && end > start && depth(cases[end]!) <= depth(cases[best] ?? cases[end]!)) best = end;
		}
		if (end < cases.length) end = best;
		parts.push(cases.slice(start, end));
		start = end;
	}
	return parts;
}

function depth({ head }: Case): number {
	return head.block.loops.length;
}

function nodesOf(node: t.Node): number {
	let count = 0;
	t.traverseFast(node, () => {
		count++;
	});
	return count;
}

interface Shared extends Pick<StepFunction, 'catches' | 'completion'> {
	readonly handlers: readonly number[];
}

export function emitSplit(
	parts: StepParts,
	plan: Layout,
	groups: readonly (readonly Case[])[],
	{ handlers, ...shared }: Shared,
): t.FunctionDeclaration[] {
	const isHandler = new Set(plan.reachable.map(({ handler }) => handler));
	const live = (head: Head) => {
		const variables = parts.slots.live.entry(head.block.id);
		return isHandler.has(head.block.id) ? [...variables, parts.names.exception] : variables;
	};
	const leads = groups.map((cases) => exitsOf(cases, handlers).map((pc) => plan.heads[pc]!));
	const entered = new Set(leads.flat());
	const functions = groups.map((cases, at) => {
		const heads = new Set(cases.map(({ head }) => head));
		const entries = [...entered].filter((head) => heads.has(head)).sort((a, b) => a.pc - b.pc);
		const used = new Set([...entries, ...leads[at]!].flatMap(live));
		if (entries.some((head) => live(head).length > 0)) used.add(parts.names.saved);
		return emitFunction(parts, {
			...shared,
			name: parts.pick(`${parts.name}$${at + 1}`),
			cases,
			part: {
				exits: leads[at]!.map((head) => emitExit(parts, head, live(head))),
				entries: entries.map((head) => emitEntry(parts, head, live(head))),
				used,
			},
		});
	});
	const first = groups.map((cases) => cases[0]!.head.pc);
	return [
		...functions,
		emitDispatch(
			parts,
			functions.map((part) => part.id!.name),
			first,
		),
	];
}

/** The heads in other parts that control may go to, by `pc`; the one that the last case runs on into comes first. */
function exitsOf(cases: readonly Case[], handlers: readonly number[]): number[] {
	const own = new Set(cases.map(({ head }) => head.pc));
	const behind = cases.at(-1)!.fallsTo;
	const caught = new Set<number>();
	for (const each of cases) {
		for (const handler of each.handlers) {
			// A cancellation may pass a handler, outwards.
			for (let pc = handler; pc >= 0 && !caught.has(pc); pc = handlers[pc] ?? -1) caught.add(pc);
		}
	}
	const found = new Set([...caught, ...cases.flatMap(({ jumps }) => [...jumps])]);
	const others = [...found].filter((pc) => !own.has(pc) && pc !== behind?.pc).sort((a, b) => a - b);
	return behind ? [behind.pc, ...others] : others;
}

function emitExit({ names }: StepParts, { pc }: Head, live: readonly string[]): t.SwitchCase {
	const handed = array([num(pc), ...live.map(id)]);
	return caseOf(pc, [run(assign(member(id(names.frame), 's'), handed)), give(id(names.frame))]);
}

function emitEntry({ names }: StepParts, { pc }: Head, live: readonly string[]): t.SwitchCase {
	const leave = { type: 'BreakStatement', label: null } as t.BreakStatement;
	const taken = live.map((name, index) => assign(id(name), at(id(names.saved), num(index + 1))));
	if (taken.length === 0) return caseOf(pc, [leave]);
	return caseOf(pc, [run(sequence([assign(id(names.saved), member(id(names.frame), 's')), ...taken])), leave]);
}

function emitDispatch(
	{ name, names, directives }: StepParts,
	functions: readonly string[],
	first: readonly number[],
): t.FunctionDeclaration {
	const params = () => [id(names.frame), id(names.mode), id(names.value)];
	const choose = (from: number, to: number): t.Expression => {
		if (to - from === 1) return call(id(functions[from]!), params());
		const middle = (from + to) >> 1;
		return conditional(binary('<', id(names.pc), num(first[middle]!)), choose(from, middle), choose(middle, to));
	};
	const body = blockOf([
		declare('const', [[id(names.saved), choose(0, functions.length)]]),
		when(binary('!==', id(names.saved), id(names.frame)), [give(id(names.saved))]),
		run(assign(id(names.mode), num(TAKE_OVER))),
		run(assign(id(names.pc), assign(id(names.value), at(member(id(names.frame), 's'), num(0))))),
	]);
	const loop = { type: 'ForStatement', init: null, test: null, update: null, body } as t.ForStatement;
	const start = declare('let', [[id(names.pc), member(id(names.frame), 'pc')]]);
	return functionDeclaration(name, params(), blockOf([start, loop], directives));
}

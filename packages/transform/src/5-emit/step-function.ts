/** Prints the function around cases: the whole of a step, or a part of one that is split. */
import type * as t from '@babel/types';
import {
	assign,
	block as blockOf,
	call,
	conditional,
	declare,
	equals,
	functionDeclaration,
	give,
	id,
	member,
	num,
	run,
} from './build.ts';
import { type Case, caseOf, setDone } from './cases.ts';
import type { StepParts } from './step-context.ts';

/** Cases that stand in one function. */
export interface StepFunction {
	readonly name: string;
	readonly cases: readonly Case[];
	/** Some region of the graph has a handler. */
	readonly catches: boolean;
	/** `pc` of the case that completes the function when a `finally` around the `return` has run. */
	readonly completion: number;
	/** Of a part of a split step. */
	readonly part?: {
		/** Cases that lead to other parts. */
		readonly exits: readonly t.SwitchCase[];
		/** Cases that take over from other parts. */
		readonly entries: readonly t.SwitchCase[];
		/** What these mention. */
		readonly used: ReadonlySet<string>;
	};
}

/** How a part is entered from another: `v` is the `pc`, `f.s` what is live there. No `Mode` of the runtime's. */
export const TAKE_OVER = 3;

/** The function around the cases: only as much of loop, `try` and locals as they need. */
export function emitFunction(
	parts: StepParts,
	{ name, cases, catches, completion, part }: StepFunction,
): t.FunctionDeclaration {
	const { names, graph } = parts;
	const used = new Set(part?.used);
	for (const each of cases) for (const local of each.used) used.add(local);
	const jumps = cases.some((each) => each.jumps.size > 0 || each.completes);
	const looping = jumps || catches || part !== undefined;
	const all = [...cases.map(({ statement }) => statement), ...(part?.exits ?? [])];
	// A `return` inside an opaque `try ... finally`: the `finally` runs first, and may override it.
	if (cases.some(({ completes }) => completes)) {
		all.push(caseOf(completion, [setDone(names), give(id(names.value))]));
	}
	const single = all.length === 1 && !looping;
	const discriminant = looping ? id(names.pc) : member(id(names.frame), 'pc');
	let body: t.Statement[] = single ? unwrapped(all[0]!.consequent) : [switchOf(discriminant, all)];
	if (catches) body = [guarded(parts, body, used.has(names.exception))];
	if (looping) {
		const loop = { type: 'ForStatement', init: null, test: null, update: null, body: body[0]! } as t.ForStatement;
		const label = cases.some(({ labelled }) => labelled);
		body = [label ? ({ type: 'LabeledStatement', label: id(names.loop), body: loop } as t.LabeledStatement) : loop];
	}
	const locals = [...graph.variables.keys(), names.saved, names.exception].filter((local) => used.has(local));
	const declared: [t.LVal, t.Expression | null][] = locals.map((local) => [id(local), null]);
	const entries = part?.entries ?? [];
	if (looping) {
		const kept = member(id(names.frame), 'pc');
		const taken = equals(id(names.mode), num(TAKE_OVER));
		declared.unshift([id(names.pc), entries.length > 0 ? conditional(taken, id(names.value), kept) : kept]);
	}
	const before: t.Statement[] = declared.length > 0 ? [declare('let', declared)] : [];
	if (entries.length > 0) before.push(...takeOver(parts, entries));
	const params = [id(names.frame), id(names.mode), id(names.value)];
	return functionDeclaration(name, params, blockOf([...before, ...body], parts.directives));
}

/** `if (m === 3) { m = 0; switch (pc) { ... } }` */
function takeOver({ names }: StepParts, entries: readonly t.SwitchCase[]): t.Statement[] {
	const body = [run(assign(id(names.mode), num(0))), switchOf(id(names.pc), entries)];
	const test = equals(id(names.mode), num(TAKE_OVER));
	return [{ type: 'IfStatement', test, consequent: blockOf(body), alternate: null } as t.IfStatement];
}

function switchOf(discriminant: t.Expression, cases: readonly t.SwitchCase[]): t.SwitchStatement {
	return { type: 'SwitchStatement', discriminant, cases: [...cases] } as t.SwitchStatement;
}

function guarded({ names, mark }: StepParts, body: readonly t.Statement[], exception: boolean): t.TryStatement {
	const unwind = call(mark('unwind'), [id(names.frame), id(names.pc), id(names.error)]);
	const caught: t.Statement[] = [run(assign(id(names.pc), unwind)), run(assign(id(names.mode), num(0)))];
	if (exception) caught.push(run(assign(id(names.exception), id(names.error))));
	return {
		type: 'TryStatement',
		block: blockOf(body),
		handler: { type: 'CatchClause', param: id(names.error), body: blockOf(caught) },
		finalizer: null,
	} as unknown as t.TryStatement;
}

function unwrapped(body: readonly t.Statement[]): t.Statement[] {
	return body.length === 1 && body[0]!.type === 'BlockStatement' ? body[0]!.body : [...body];
}

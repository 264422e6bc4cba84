/**
 * Prints what happens around a suspension point: parking (slots written, the operation handed over)
 * and resuming (slots restored, the outcome delivered).
 */
import * as t from '@babel/types';
import type { Block, BlockId, CallOperation, ChainOperation } from '../2-lower/cfg.ts';
import { operandsOf } from '../3-analyze/liveness.ts';
import {
	array,
	assign,
	at,
	call,
	equals,
	give,
	id,
	located,
	member,
	num,
	run,
	sequence,
	throwStatement,
	undefinedValue,
	when,
} from './build.ts';
import type { StepContext } from './step-context.ts';

/** Sets the variables that come with the frame; only those that the body reads. */
export function emitParameters(step: StepContext, entry: BlockId, out: t.Statement[]): void {
	const { graph, slots } = step.parts;
	const { args, self, env } = graph.parameters;
	const frame = id(step.names.frame);
	const set = (name: string | null, value: t.Expression) => {
		if (name !== null && slots.live.atEntry(entry, name)) out.push(run(assign(step.variable(name), value)));
	};
	set(args, member(frame, 's'));
	set(self, member(frame, 'self'));
	env.forEach((name, index) => {
		set(name, at(member(frame, 'env'), num(index)));
	});
}

/**
 * The head of a resume label: restores the slots, then throws or takes the result. `leave` goes on
 * where a return completion leads.
 */
export function emitResume(
	step: StepContext,
	block: Block,
	leave: (to: BlockId) => t.Statement[],
	out: t.Statement[],
): void {
	if (block.end.kind !== 'suspend') return;
	const { names, parts } = step;
	const { result, to, point, op, returned } = block.end;
	const slots = parts.slots.parked.get(block.id)!;
	const stored = member(id(names.frame), 's');
	if (slots.length === 1) out.push(run(assign(step.variable(slots[0]!.name), at(stored, num(0)))));
	else if (slots.length > 1) {
		const restore = slots.map(({ name }, index) => assign(step.variable(name), at(id(names.saved), num(index))));
		out.push(run(sequence([assign(step.variable(names.saved), stored), ...restore])));
	}
	// Before its body runs a generator is never resumed with anything but `next()`.
	if (op.kind === 'start') return;
	const abrupt: t.Statement[] = [throwStatement(id(names.value))];
	if (returned) {
		const taken: t.Statement[] = [];
		if (parts.slots.live.atEntry(returned.to, returned.value)) {
			taken.push(run(assign(step.variable(returned.value), id(names.value))));
		}
		abrupt.unshift(when(equals(id(names.mode), num(2)), [...taken, ...leave(returned.to)]));
	}
	out.push(when(id(names.mode), abrupt));
	// A result that nothing reads has no variable to go to.
	if (result !== null && parts.slots.live.atEntry(to, result)) {
		out.push(located(run(assign(step.variable(result), id(names.value))), point.loc));
	}
}

/** The end of a block that parks, to be resumed at `pc`. */
export function emitSuspend(step: StepContext, block: Block, pc: number, out: t.Statement[]): void {
	if (block.end.kind !== 'suspend') return;
	const { op, point } = block.end;
	const value = id(step.names.value);
	const frame = id(step.names.frame);
	const slots = step.parts.slots.parked.get(block.id)!;
	const park = [
		assign(member(frame, 'pc'), num(pc)),
		assign(member(frame, 's'), array(slots.map(({ name }) => step.variable(name)))),
	];
	const kept = new Set(slots.map(({ name }) => name));
	if (op.kind === 'start') {
		out.push(...park.map(run), give(null));
		return;
	}
	if (!operandsOf(op).some((operand) => writes(operand, kept))) {
		const isValue = op.kind === 'value' || op.kind === 'yield';
		const awaited = isValue ? step.expression(op.value) : emitOperation(step, op.kind, op);
		out.push(...park.map(run), located(give(awaited), point.loc));
	} else if (op.kind === 'value' || op.kind === 'yield') {
		// `await (x = g())`: what is kept is the new `x`.
		out.push(run(assign(value, step.expression(op.value))), ...park.map(run), located(give(value), point.loc));
	} else {
		// A last argument is evaluated behind all operands; the helper does not look at it.
		out.push(located(give(emitOperation(step, op.kind, op, sequence(park))), point.loc));
	}
}

/** `%call(frame, site, callee, self, args, ...)`; `last`: one more argument, for its evaluation only. */
export function emitOperation(
	step: StepContext,
	helper: 'call' | 'chain' | 'tail',
	op: CallOperation | ChainOperation,
	last?: t.Expression,
): t.Expression {
	const list = (nodes: readonly (t.Expression | t.SpreadElement)[]) =>
		array(nodes.map((node) => step.expression(node)));
	const args: t.Expression[] = [
		id(step.names.frame),
		num(step.parts.site(op.site)),
		step.expression(op.callee),
		op.self ? step.expression(op.self) : undefinedValue(),
		list(op.args),
	];
	if (op.kind === 'chain') args.push(array(op.rest.map((link) => array([list(link.keys), list(link.args)]))));
	if (op.key) args.push(step.expression(op.key));
	else if (last) args.push(undefinedValue());
	if (last) args.push(last);
	return located(call(step.parts.mark(helper), args), op.site.loc);
}

/** Does evaluating `node` assign one of the variables? Captured ones that change are cells and do not count. */
function writes(node: t.Node, names: ReadonlySet<string>): boolean {
	let found = false;
	t.traverseFast(node, (inner) => {
		if (inner.type !== 'AssignmentExpression' && inner.type !== 'UpdateExpression') return;
		t.traverseFast(inner.type === 'AssignmentExpression' ? inner.left : inner.argument, (part) => {
			if (part.type === 'Identifier' && names.has(part.name)) found = true;
		});
	});
	return found;
}

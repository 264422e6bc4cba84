import type * as t from '@babel/types';
import { childrenOf } from '../1-parse/hoist.ts';
import { type FunctionNode, generatorOf, isFunctionNode } from '../1-parse/scope.ts';
import { endsInCall, type Suspensions, suspends } from '../1-parse/suspends.ts';
import { lowerAwait, suspendAt } from './awaits.ts';
import { assign, at, call, helper, id, member, nothing, number, statement } from './build.ts';
import type { BlockId } from './cfg.ts';
import { lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { complete } from './returns.ts';

/**
 * What suspends in a generator is not the same: every `return` with an operand of an async one awaits
 * it, and none of a synchronous one does. Called before anything asks.
 */
export function markReturns(node: FunctionNode, memo: Suspensions): void {
	const generator = generatorOf(node);
	if (generator === null) return;
	const visit = (inner: t.Node): void => {
		if (isFunctionNode(inner)) return;
		for (const child of childrenOf(inner)) visit(child);
		if (inner.type !== 'ReturnStatement' || !inner.argument) return;
		if (generator === 'async') memo.set(inner, true);
		else if (endsInCall(inner.argument)) memo.set(inner, suspends(inner.argument, memo));
	};
	visit(node.body);
}

/** The parameters are bound by the call, the body waits for the first `next()` (ECMA-262 EvaluateGeneratorBody). */
export function lowerStart(frame: Frame, node: FunctionNode): void {
	if (frame.generator === null) return;
	const body = frame.block();
	frame.end({
		kind: 'suspend',
		point: { node, chain: ['start'], loc: node.loc ?? null },
		op: { kind: 'start' },
		result: null,
		to: body.id,
	});
	frame.current = body;
}

/** `yield`: what is sent goes to `result`; a return completion leaves from here, through the exits around. */
export function lowerYield(frame: Frame, node: t.YieldExpression, result: string | null): void {
	if (node.delegate) lowerDelegation(frame, node, result);
	else yieldAt(frame, lowerYielded(frame, node), result, node);
}

/** An async generator awaits what it yields (ECMA-262 Yield). */
function lowerYielded(frame: Frame, node: t.YieldExpression): t.Expression {
	if (frame.generator === 'sync') return node.argument ? lowerValue(frame, node.argument) : nothing();
	const awaited = frame.temporary('yield', node.argument ?? node);
	within(frame, 'yield', () => {
		if (node.argument) lowerAwait(frame, node.argument, awaited, node);
		else suspendAt(frame, { kind: 'value', value: nothing() }, awaited, node, node);
	});
	return call(helper('yielded'), [id(awaited)]);
}

/** Ends the block at a `yield` of a value, goes on behind it, and gives the block that a return completion enters. */
function yieldAt(frame: Frame, value: t.Expression, result: string | null, node: t.YieldExpression): void {
	const left = suspendYield(frame, value, result, node);
	const next = frame.current;
	frame.current = frame.blocks.get(left)!;
	awaitReturned(frame, node);
	complete(frame, id(frame.resultVariable));
	frame.current = next;
}

function suspendYield(frame: Frame, value: t.Expression, result: string | null, node: t.YieldExpression): BlockId {
	const next = frame.block();
	const left = frame.block();
	frame.end({
		kind: 'suspend',
		point: { node, chain: frame.chain, loc: node.loc ?? null },
		op: { kind: 'yield', value },
		result,
		to: next.id,
		returned: { to: left.id, value: frame.resultVariable },
	});
	frame.current = next;
	return left.id;
}

/** ECMA-262 AsyncGeneratorUnwrapYieldResumption: the value of a return completion is awaited at the `yield`. */
function awaitReturned(frame: Frame, node: t.YieldExpression): void {
	if (frame.generator === 'sync') return;
	const value = frame.resultVariable;
	within(frame, 'return', () => suspendAt(frame, { kind: 'value', value: id(value) }, value, node, node));
}

/**
 * `yield*` (ECMA-262 15.5.5): a loop around a record that keeps the inner iterator and what is to be
 * handed to it next. Whatever the generator is resumed with at the `yield` goes there.
 */
function lowerDelegation(frame: Frame, node: t.YieldExpression, result: string | null): void {
	const isAsync = frame.generator === 'async';
	const operand = node.argument!;
	const record = frame.temporary('delegate', operand);
	const made = call(helper(isAsync ? 'delegateAsync' : 'delegate'), [lowerValue(frame, operand)]);
	frame.emit(at(statement(assign(id(record), made)), operand));
	const of = (name: string, ...args: t.Expression[]) => call(member(id(record), name), args);
	const resume = (mode: number, value: t.Expression) => {
		frame.emit(statement(of('resume', number(mode), value)));
		frame.goto(ask);
	};

	const ask = frame.block();
	const failed = frame.block();
	const more = frame.block({ ...frame.region, handler: failed.id });
	const done = frame.block();
	frame.enter(ask);
	if (isAsync) {
		const answer = frame.temporary('answer', operand);
		within(frame, 'yield*', () =>
			suspendAt(frame, { kind: 'value', value: of('ask', helper('frame')) }, answer, operand, node),
		);
		frame.branch(of('take', id(answer)), done, more);
	} else frame.branch(of('ask'), done, more);

	frame.current = more;
	frame.inside({ handler: failed.id }, () => {
		const sent = frame.temporary('sent', node);
		const value = isAsync ? call(helper('yielded'), [member(id(record), 'value')]) : id(record);
		const left = suspendYield(frame, value, sent, node);
		const next = frame.current;
		frame.current = frame.blocks.get(left)!;
		awaitReturned(frame, node);
		resume(2, id(frame.resultVariable));
		frame.current = next;
		resume(0, id(sent));
	});
	frame.current = failed;
	resume(1, helper('exception'));

	const leaving = frame.block();
	const after = frame.block();
	frame.current = done;
	frame.branch(member(id(record), 'returning'), leaving, after);
	frame.current = leaving;
	complete(frame, member(id(record), 'value'));
	frame.current = after;
	if (result !== null) frame.emit(statement(assign(id(result), member(id(record), 'value'))));
}

/** The user's source has no place of its own for what is lowered here: the construct tells its points apart. */
function within(frame: Frame, construct: string, lower: () => void): void {
	frame.inside({ chain: [...frame.chain, construct] }, lower);
}

import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { endsInCall } from '../1-parse/suspends.ts';
import { lowerAwaitedCall } from './awaited-calls.ts';
import { id } from './build.ts';
import type { Operation } from './cfg.ts';
import { branchLogical, lowerEffect, lowerInto, lowerTest, lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { markBegin } from './starts.ts';

/**
 * `await operand`, its result in `result`. The await is distributed into the operand's arms, so that
 * a call there is in await position (language.md, "Calls").
 */
export function lowerAwait(frame: Frame, operand: t.Expression, result: string | null, whole: t.Node): void {
	const node = unwrap(operand);
	switch (endsInCall(node) ? node.type : '') {
		case 'SequenceExpression': {
			const { expressions } = node as t.SequenceExpression;
			for (const each of expressions.slice(0, -1)) lowerEffect(frame, each);
			lowerAwait(frame, expressions.at(-1)!, result, whole);
			return;
		}
		case 'ConditionalExpression': {
			const { test, consequent, alternate } = node as t.ConditionalExpression;
			const yes = frame.block();
			const no = frame.block();
			const after = frame.block();
			lowerTest(frame, test, yes, no);
			frame.current = yes;
			frame.inside({ chain: frame.around('?').chain }, () => lowerAwait(frame, consequent, result, whole));
			frame.enter(after);
			frame.current = no;
			frame.inside({ chain: frame.around(':').chain }, () => lowerAwait(frame, alternate, result, whole));
			frame.enter(after);
			return;
		}
		case 'LogicalExpression': {
			const { operator, left, right } = node as t.LogicalExpression;
			const value = frame.temporary('left', left);
			lowerInto(frame, left, value);
			const more = frame.block();
			const short = frame.block();
			const after = frame.block();
			branchLogical(frame, operator, id(value), more, short);
			frame.current = short;
			suspendAt(frame, { kind: 'value', value: id(value) }, result, left, whole);
			frame.goto(after);
			frame.current = more;
			lowerAwait(frame, right, result, whole);
			frame.enter(after);
			return;
		}
		case 'AssignmentExpression':
			// The variable gets the promise, which is then waited for.
			markBegin(frame, node);
			suspendAt(frame, { kind: 'value', value: lowerValue(frame, node) }, result, node, whole);
			return;
		case '':
			suspendAt(frame, { kind: 'value', value: lowerValue(frame, node) }, result, node, whole);
			return;
		default:
			lowerAwaitedCall(frame, node as t.CallExpression, { kind: 'await', result, whole });
	}
}

/** Ends the block at a suspension point and goes on behind it. */
export function suspendAt(frame: Frame, op: Operation, result: string | null, node: t.Node, whole: t.Node): void {
	const next = frame.block();
	frame.end({
		kind: 'suspend',
		point: { node, chain: frame.chain, loc: whole.loc ?? node.loc ?? null },
		op,
		result,
		to: next.id,
	});
	frame.current = next;
}

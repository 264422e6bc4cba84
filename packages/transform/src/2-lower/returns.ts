import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { endsInCall } from '../1-parse/suspends.ts';
import { lowerAwaitedCall } from './awaited-calls.ts';
import { lowerAwait } from './awaits.ts';
import { id } from './build.ts';
import { jumpFrom, passesFinally } from './exits.ts';
import { branchLogical, lowerEffect, lowerInto, lowerTest, lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { markBegin } from './starts.ts';

/** `return operand`: a call there replaces the frame; anything else completes the function. */
export function lowerReturn(frame: Frame, operand: t.Expression, whole: t.Node): void {
	if (frame.generator !== null) {
		returnFromGenerator(frame, operand, whole);
		return;
	}
	const node = unwrap(operand);
	if (!endsInCall(node)) {
		complete(frame, lowerValue(frame, node));
		return;
	}
	switch (node.type) {
		case 'SequenceExpression':
			for (const each of node.expressions.slice(0, -1)) lowerEffect(frame, each);
			lowerReturn(frame, node.expressions.at(-1)!, whole);
			return;
		case 'ConditionalExpression': {
			const yes = frame.block();
			const no = frame.block();
			lowerTest(frame, node.test, yes, no);
			frame.current = yes;
			frame.inside({ chain: frame.around('?').chain }, () => lowerReturn(frame, node.consequent, whole));
			frame.current = no;
			frame.inside({ chain: frame.around(':').chain }, () => lowerReturn(frame, node.alternate, whole));
			return;
		}
		case 'LogicalExpression': {
			const value = frame.temporary('left', node.left);
			lowerInto(frame, node.left, value);
			const right = frame.block();
			const short = frame.block();
			branchLogical(frame, node.operator, id(value), right, short);
			frame.current = short;
			complete(frame, id(value));
			frame.current = right;
			lowerReturn(frame, node.right, whole);
			return;
		}
		case 'AssignmentExpression':
			markBegin(frame, node);
			complete(frame, lowerValue(frame, node));
			return;
		default:
			if (passesFinally(frame.region.exits)) {
				// Issued here, then the `finally` blocks run, then it is waited for.
				markBegin(frame, node);
				complete(frame, lowerValue(frame, node));
				return;
			}
			lowerAwaitedCall(frame, node as t.CallExpression, { kind: 'return', whole });
	}
}

/** An async generator awaits the operand where it stands, inside a `try` around it (ECMA-262 14.10.1). */
function returnFromGenerator(frame: Frame, operand: t.Expression, whole: t.Node): void {
	if (frame.generator === 'sync') {
		complete(frame, lowerValue(frame, operand));
		return;
	}
	const value = frame.temporary('return', operand);
	frame.inside({ chain: [...frame.chain, 'return'] }, () => lowerAwait(frame, operand, value, whole));
	complete(frame, id(value));
}

export function complete(frame: Frame, value: t.Expression): void {
	jumpFrom(frame, frame.region.exits, { kind: 'return' }, value);
}

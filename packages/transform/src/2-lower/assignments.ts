import type * as t from '@babel/types';
import { isConstant, type Reference, unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { assign, at, binary, call, helper, id, statement } from './build.ts';
import { again } from './calls.ts';
import { branchLogical, lowerInto, lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { lowerNamed, lowerNamedInto } from './literals.ts';
import { shallow } from './nodes.ts';
import { holdNode, holdValue } from './operands.ts';
import { lowerPattern } from './patterns.ts';
import { privateKey } from './private-names.ts';
import { rewrite, rewriteNode } from './rewrite.ts';
import { assignTo, rewriteNamed } from './rewrite-assignment.ts';
import { rewritePattern } from './rewrite-pattern.ts';
import { readReference, storageOf, writeReference } from './storage.ts';
import { isOfUnit } from './unit.ts';

/** An assignment with a suspension in its target or its value. */
export function lowerAssignment(frame: Frame, node: t.AssignmentExpression): t.Expression {
	const left = unwrap(node.left as t.Node);
	const operator = node.operator.slice(0, -1);
	const short = operator === '&&' || operator === '||' || operator === '??' ? operator : null;
	if (left.type === 'Identifier') {
		const reference = frame.unit.scopes.references.get(left)!;
		if (short) return lowerLogical(frame, node, short, identifierTarget(frame, left, reference));
		if (operator === '') return assignName(frame, node, left, reference);
		// The old value is read before the right side runs.
		const before = holdValue(frame, readReference(frame, left, reference), 'left', left);
		const value = binary(operator as t.BinaryExpression['operator'], before, lowerValue(frame, node.right));
		return at(writeReference(frame, left, { ...reference, early: false }, value), node);
	}
	if (left.type === 'ObjectPattern' || left.type === 'ArrayPattern') {
		if (!suspends(left, frame.unit.memo)) {
			return at(assign(rewritePattern(frame, left, 'assign'), lowerValue(frame, node.right)), node);
		}
		const held = holdNode(frame, node.right, 'value');
		lowerPattern(frame, left, held, 'assign');
		return again(held);
	}
	const target = left as t.MemberExpression;
	const rightSuspends = suspends(node.right, frame.unit.memo);
	if (operator === '') {
		const written = lowerMember(frame, target, rightSuspends, false);
		const right = rightSuspends ? lowerValue(frame, node.right) : rewriteNamed(frame, node.right, null);
		return at(assign(written, right), node);
	}
	const written = lowerMember(frame, target, true, true);
	const twice = (): t.MemberExpression =>
		({
			...written,
			object: again(written.object as t.Expression),
			property: { ...written.property },
		}) as t.MemberExpression;
	if (short) {
		return lowerLogical(frame, node, short, { read: () => written, write: (value) => assign(twice(), value) });
	}
	if (!rightSuspends) return at(assign(written, rewrite(frame, node.right), node.operator), node);
	const before = holdValue(frame, written, 'left', target);
	return at(
		assign(twice(), binary(operator as t.BinaryExpression['operator'], before, lowerValue(frame, node.right))),
		node,
	);
}

interface Target {
	read(): t.Expression;
	write(value: t.Expression): t.Expression;
}

function identifierTarget(frame: Frame, left: t.Identifier, reference: Reference): Target {
	return {
		read: () => readReference(frame, left, reference),
		write: (value) => writeReference(frame, left, { ...reference, early: false }, value),
	};
}

function assignName(
	frame: Frame,
	node: t.AssignmentExpression,
	left: t.Identifier,
	reference: Reference,
): t.Expression {
	const binding = reference.binding;
	if (isOfUnit(frame.unit, binding) && !isConstant(binding) && !reference.early) {
		const storage = storageOf(frame.unit, binding);
		if (storage.frame && !storage.cell) {
			// `x = await f()`: the result lands in `x` itself; what is left is its value.
			const right = unwrap(node.right);
			if (right.type === 'AwaitExpression') {
				lowerInto(frame, right, storage.name);
				return id(storage.name);
			}
		}
	}
	return assignTo(frame, node, left, reference, lowerNamed(frame, node.right, left.name));
}

/** `a ||= b`: the target is evaluated once, and written only if the right side runs. */
function lowerLogical(
	frame: Frame,
	node: t.AssignmentExpression,
	operator: '&&' | '||' | '??',
	target: Target,
): t.Expression {
	const result = frame.temporary('value', node);
	frame.emit(statement(assign(id(result), target.read())));
	const right = frame.block();
	const after = frame.block();
	branchLogical(frame, operator, id(result), right, after);
	frame.current = right;
	const left = unwrap(node.left as t.Node);
	const name = left.type === 'Identifier' ? left.name : null;
	if (suspends(node.right, frame.unit.memo)) lowerNamedInto(frame, node.right, result, name);
	else frame.emit(statement(assign(id(result), rewriteNamed(frame, node.right, name))));
	frame.emit(at(statement(target.write(id(result))), node));
	frame.goto(after);
	frame.current = after;
	return id(result);
}

/**
 * A member as a target. Object and key are evaluated once; a plain assignment makes the key a
 * property key when it is written (after the right side), the others when they read.
 */
export function lowerMember(frame: Frame, node: t.MemberExpression, keep: boolean, reads: boolean): t.MemberExpression {
	const memo = frame.unit.memo;
	const result = shallow(node);
	const object = node.object as t.Expression;
	const keySuspends = node.computed && suspends(node.property, memo);
	// What stands for `super` is made anew each time.
	if (node.object.type === 'Super') result.object = rewriteNode(frame, node.object) as t.Expression;
	else if (keep || keySuspends) result.object = holdNode(frame, object, 'object');
	else result.object = suspends(object, memo) ? lowerValue(frame, object) : rewrite(frame, object);
	if (!node.computed) {
		result.property = shallow(node.property) as t.Identifier;
		return privateKey(frame, node, result);
	}
	const property = node.property as t.Expression;
	if (!keep) result.property = suspends(property, memo) ? lowerValue(frame, property) : rewrite(frame, property);
	else if (!reads) result.property = holdNode(frame, property, 'key');
	else if (/^(String|Numeric)Literal$/.test(property.type)) result.property = shallow(property);
	else {
		const key = suspends(property, memo) ? lowerValue(frame, property) : rewrite(frame, property);
		result.property = holdValue(frame, call(helper('propertyKey'), [key]), 'key', property);
	}
	return result;
}

/** `(await o).x++`: the operand's parts suspend; reading and writing do not. */
export function lowerUpdate(frame: Frame, node: t.UpdateExpression): t.Expression {
	const result = shallow(node);
	result.argument = lowerMember(frame, unwrap(node.argument as t.Node) as t.MemberExpression, false, true);
	return result;
}

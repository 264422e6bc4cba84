import type * as t from '@babel/types';
import { isConstant, type Reference, unwrap } from '../1-parse/scope.ts';
import { assign, at, binary, call, helper, logical, named, sequence, text, unary } from './build.ts';
import { shallow } from './nodes.ts';
import { rewrite, rewriteNode } from './rewrite.ts';
import { rewritePattern } from './rewrite-pattern.ts';
import { isNative, place, readReference, storageOf, targetReference, writeReference } from './storage.ts';
import { type Code, into, isOfUnit } from './unit.ts';

export function rewriteAssignment(code: Code, node: t.AssignmentExpression): t.Expression {
	const left = unwrap(node.left as t.Node);
	if (left.type === 'ObjectPattern' || left.type === 'ArrayPattern') {
		const result = shallow(node);
		result.left = rewritePattern(code, left, 'assign') as t.AssignmentExpression['left'];
		result.right = rewrite(code, node.right);
		return result;
	}
	if (left.type !== 'Identifier') {
		const result = shallow(node);
		result.left = rewriteNode(code, left) as t.MemberExpression;
		result.right = rewrite(code, node.right);
		return result;
	}
	const reference = code.unit.scopes.references.get(left)!;
	const name = node.left === left && !left.extra?.['parenthesized'] ? left.name : null;
	return assignTo(code, node, left, reference, rewriteNamed(code, node.right, name));
}

/** `left op= value` for an identifier, the value already written. */
export function assignTo(
	code: Code,
	node: t.AssignmentExpression,
	left: t.Identifier,
	reference: Reference,
	value: t.Expression,
): t.Expression {
	if (node.operator === '=') return at(writeReference(code, left, reference, value), node);
	if (isPlainTarget(code, reference)) {
		return at(assign(targetReference(code, left, reference), value, node.operator), node);
	}
	const operator = node.operator.slice(0, -1);
	const read = readReference(code, left, reference);
	// A read in the dead zone throws already: the write needs no check of its own.
	const sure = { ...reference, early: false };
	if (operator === '&&' || operator === '||' || operator === '??') {
		return logical(operator, read, writeReference(code, left, sure, value));
	}
	return writeReference(code, left, sure, binary(operator as t.BinaryExpression['operator'], read, value));
}

export function rewriteUpdate(code: Code, node: t.UpdateExpression): t.Expression {
	const argument = unwrap(node.argument as t.Node);
	const result = shallow(node);
	if (argument.type !== 'Identifier') {
		result.argument = rewriteNode(code, argument) as t.MemberExpression;
		return result;
	}
	const reference = code.unit.scopes.references.get(argument)!;
	if (isPlainTarget(code, reference)) {
		result.argument = targetReference(code, argument, reference) as t.Identifier;
		return result;
	}
	const binding = reference.binding!;
	const read = readReference(code, argument, reference);
	if (isConstant(binding) || binding.kind === 'function-name') {
		// ToNumeric of the old value may throw first.
		return isConstant(binding)
			? sequence(unary('-', read), call(helper('constant'), [text(binding.name)]))
			: unary('-', unary('-', read));
	}
	result.argument = place(storageOf(code.unit, binding));
	return sequence(read, result);
}

/** Can the reference be assigned without any check? */
function isPlainTarget(code: Code, reference: Reference): boolean {
	const binding = reference.binding;
	if (!isOfUnit(code.unit, binding)) return true;
	const storage = storageOf(code.unit, binding);
	if (isNative(code, binding) && !storage.cell) return true;
	return !isConstant(binding) && binding.kind !== 'function-name' && !(reference.early && storage.tdz);
}

/** A value that is assigned to a name: anonymous functions and classes take it (ECMA-262 NamedEvaluation). */
export function rewriteNamed(code: Code, node: t.Expression, name: string | null): t.Expression {
	const value = rewrite(name === null ? into(code, null) : into(code, name), node);
	return keepName(node, value, name);
}

/**
 * A class keeps the name of the binding that it is assigned to, even if that is stored under
 * another name, where it stays native. (The name of what is data is in its definition.)
 */
export function keepName(node: t.Expression, value: t.Expression, name: string | null): t.Expression {
	const source = unwrap(node);
	const native = source.type === 'ClassExpression' && !source.id && value.type === 'ClassExpression';
	return native && name !== null ? named(value, name) : value;
}

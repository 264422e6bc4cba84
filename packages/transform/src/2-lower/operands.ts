import type * as t from '@babel/types';
import { isConstant, unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { array, assign, id, spread, statement } from './build.ts';
import { lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { rewrite } from './rewrite.ts';
import { staticPath } from './static-path.ts';
import { storageOf } from './storage.ts';
import { type Code, isOfUnit } from './unit.ts';

/** A temporary: assigned once, right before it is used, so it still has its value later. */
export function isHeld(frame: Frame, value: t.Expression): boolean {
	return value.type === 'Identifier' && frame.variables.get(value.name)?.temporary != null;
}

/** Keeps a value for after what comes next. */
export function holdValue(
	frame: Frame,
	value: t.Expression,
	role: string,
	node: t.Node,
	reload: t.Expression | null = null,
): t.Identifier {
	if (isHeld(frame, value)) return value as t.Identifier;
	const name = frame.temporary(role, node, reload);
	frame.emit(statement(assign(id(name), value)));
	return id(name);
}

/**
 * Evaluates a node and keeps its value. What cannot change needs no temporary; a module binding or
 * global with static keys becomes one that is read again after a restore (language.md, "Operands
 * that outlive an await").
 */
export function holdNode(
	frame: Frame,
	node: t.Expression,
	role: string,
	write: (node: t.Expression) => t.Expression = (each) => rewrite(frame, each),
): t.Expression {
	const plain = unwrap(node);
	if (isFixed(frame, plain)) return rewrite(frame, plain);
	const path = staticPath(frame, plain);
	if (path) return holdValue(frame, path, role, plain, staticPath(frame, plain));
	const value = suspends(plain, frame.unit.memo) ? lowerValue(frame, plain) : write(plain);
	return holdValue(frame, value, role, plain);
}

/** Does reading the expression later surely give the same value? */
export function isFixed(frame: Pick<Code, 'unit'>, node: t.Expression): boolean {
	switch (node.type) {
		case 'NumericLiteral':
		case 'StringLiteral':
		case 'BooleanLiteral':
		case 'NullLiteral':
		case 'BigIntLiteral':
			return true;
		case 'Identifier':
		case 'ThisExpression': {
			const reference = frame.unit.scopes.references.get(node);
			if (!reference) return false;
			const binding = reference.binding;
			if (!isOfUnit(frame.unit, binding))
				return node.type === 'Identifier' && node.name === 'undefined' && binding === null;
			const storage = storageOf(frame.unit, binding);
			if (reference.early || storage.cell) return false;
			// A `var` or function may be read before its value is there, and then again after.
			const steady = binding.kind !== 'var' && (!binding.reassigned || isConstant(binding));
			return steady && storage.frame;
		}
		default:
			return false;
	}
}

type Element = t.Expression | t.SpreadElement;

/**
 * A list that is evaluated from left to right. What stands before the last suspension is kept in
 * temporaries; `write` writes an element that stands after it.
 */
export function lowerList(
	frame: Frame,
	elements: readonly (t.Node | null)[],
	role: string,
	write: (node: t.Expression) => t.Expression = (node) => rewrite(frame, node),
): (Element | null)[] {
	const last = elements.findLastIndex((element) => element !== null && suspends(element, frame.unit.memo));
	return elements.map((element, i) => {
		if (element === null) return null;
		if (element.type === 'SpreadElement') {
			const value = lowerOne(element.argument, i === last);
			// Spreading iterates now; spreading the copy again later has no effects.
			return i < last ? spread(holdValue(frame, array([spread(value)]), role, element)) : spread(value);
		}
		const node = element as t.Expression;
		return i < last ? holdNode(frame, node, role) : lowerOne(node, i === last);
	});

	function lowerOne(node: t.Expression, suspending: boolean): t.Expression {
		return suspending || suspends(node, frame.unit.memo) ? lowerValue(frame, node) : write(node);
	}
}

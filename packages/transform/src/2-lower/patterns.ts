import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { lowerMember } from './assignments.ts';
import {
	array,
	assign,
	at,
	binary,
	block,
	call,
	conditional,
	helper,
	id,
	index,
	member,
	nothing,
	statement,
	text,
} from './build.ts';
import { again } from './calls.ts';
import { lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { lowerNamedInto } from './literals.ts';
import { shallow } from './nodes.ts';
import { holdValue } from './operands.ts';
import { rewrite } from './rewrite.ts';
import { rewriteNamed } from './rewrite-assignment.ts';
import { rewritePattern, targetName } from './rewrite-pattern.ts';
import { place, storageOf, writeReference } from './storage.ts';
import { isOfUnit } from './unit.ts';

type Mode = 'declare' | 'assign';

/**
 * A pattern with a suspension inside (a default or a computed key), step by step as ECMA-262
 * DestructuringAssignmentEvaluation has it. Parts that do not suspend stay patterns.
 */
export function lowerPattern(frame: Frame, pattern: t.Node, value: t.Expression, mode: Mode): void {
	const node = unwrap(pattern);
	switch (node.type) {
		case 'ObjectPattern':
			lowerObjectPattern(frame, node, value, mode);
			return;
		case 'ArrayPattern':
			lowerArrayPattern(frame, node, value, mode);
			return;
		default:
			prepareTarget(frame, node, mode)(value);
	}
}

function lowerObjectPattern(frame: Frame, node: t.ObjectPattern, source: t.Expression, mode: Mode): void {
	const value = source;
	// ECMA-262 checks first of all; engines check with the first key or read, behind the parts of a
	// member target, and a program shall not tell.
	let checked = false;
	const check = () => {
		if (!checked) frame.emit(at(statement(call(helper('coercible'), [again(value)])), node));
		checked = true;
	};
	if (node.properties.length === 0) check();
	const hasRest = node.properties.at(-1)?.type === 'RestElement';
	const taken: t.Expression[] = [];
	for (const property of node.properties) {
		if (property.type === 'RestElement') {
			const target = prepareTarget(frame, property.argument, mode);
			check();
			target(call(helper('restOf'), [again(value), array(taken)]));
			continue;
		}
		let key: t.Expression;
		if (property.computed) {
			check();
			const node_ = property.key as t.Expression;
			const written = suspends(node_, frame.unit.memo) ? lowerValue(frame, node_) : rewrite(frame, node_);
			key = holdValue(frame, call(helper('propertyKey'), [written]), 'key', node_);
		} else key = property.key.type === 'Identifier' ? text(property.key.name) : (shallow(property.key) as t.Expression);
		if (hasRest) taken.push({ ...key });
		const read = () => {
			check();
			return key.type === 'StringLiteral' ? member(again(value), key.value) : index(again(value), { ...key });
		};
		lowerElement(frame, property.value, read, mode);
	}
}

/** One target with its default: the target's own parts come first, then the value, then the default. */
function lowerElement(frame: Frame, element: t.Node, read: () => t.Expression, mode: Mode): void {
	const node = unwrap(element);
	const withDefault = node.type === 'AssignmentPattern';
	const target = withDefault ? unwrap(node.left) : node;
	const write = prepareTarget(frame, target, mode);
	if (!withDefault) {
		write(read());
		return;
	}
	const value = frame.temporary('value', node);
	frame.emit(statement(assign(id(value), read())));
	const fallback = node.right;
	if (!suspends(fallback, frame.unit.memo)) {
		const written = rewriteNamed(frame, fallback, targetName(target));
		write(conditional(binary('===', id(value), nothing()), written, id(value)));
		return;
	}
	const missing = frame.block();
	const after = frame.block();
	frame.branch(binary('===', id(value), nothing()), missing, after);
	frame.current = missing;
	lowerNamedInto(frame, fallback, value, targetName(target));
	frame.goto(after);
	frame.current = after;
	write(id(value));
}

/** Evaluates the parts of a target now; the result writes it. */
function prepareTarget(frame: Frame, element: t.Node, mode: Mode): (value: t.Expression) => void {
	const node = unwrap(element);
	if (node.type === 'MemberExpression') {
		const target = lowerMember(frame, node, true, false);
		return (value) => frame.emit(at(statement(assign(target, value)), node));
	}
	return (value) => {
		if ((node.type === 'ObjectPattern' || node.type === 'ArrayPattern') && suspends(node, frame.unit.memo)) {
			lowerPattern(frame, node, holdValue(frame, value, 'value', node), mode);
		} else writeTarget(frame, node, value, mode);
	};
}

function writeTarget(frame: Frame, node: t.Node, value: t.Expression, mode: Mode): void {
	if (node.type !== 'Identifier') {
		frame.emit(at(statement(assign(rewritePattern(frame, node, mode), value)), node));
		return;
	}
	if (mode === 'assign') {
		const reference = frame.unit.scopes.references.get(node)!;
		frame.emit(at(statement(writeReference(frame, node, reference, value)), node));
		return;
	}
	const binding = frame.unit.scopes.declared.get(node) ?? null;
	if (!isOfUnit(frame.unit, binding)) return;
	// The declaration has made its cells already.
	frame.emit(at(statement(assign(place(storageOf(frame.unit, binding)), value)), node));
}

/**
 * The iterator is closed when the pattern is done or left, or with the error of a default or a target;
 * an error of the iterator itself has ended it.
 */
function lowerArrayPattern(frame: Frame, node: t.ArrayPattern, source: t.Expression, mode: Mode): void {
	const iterator = frame.temporary('iterator', node);
	frame.emit(statement(assign(id(iterator), call(helper('iterate'), [source]))));
	const failed = frame.block();
	const outer = frame.region;
	// A return completion at a `yield` inside leaves through here.
	const exits = {
		kind: 'closing',
		iterator,
		awaited: null,
		region: outer,
		ways: new Map(),
		outer: outer.exits,
	} as const;
	frame.inside({ handler: failed.id, exits }, () => {
		frame.enter(frame.block());
		for (const element of node.elements) {
			const step = () => call(member(id(iterator), 'step'), []);
			if (element === null) {
				frame.emit(statement(step()));
				continue;
			}
			if (element.type === 'RestElement') {
				const write = prepareTarget(frame, element.argument, mode);
				const rest = frame.temporary('rest', element);
				const push = call(member(id(rest), 'push'), [member(id(iterator), 'value')]);
				frame.emit(statement(assign(id(rest), array([]))));
				frame.emit({ type: 'WhileStatement', test: step(), body: block([statement(push)]) } as t.WhileStatement);
				write(id(rest));
				continue;
			}
			lowerElement(frame, element, () => conditional(step(), member(id(iterator), 'value'), nothing()), mode);
		}
	});
	const after = frame.block(outer);
	frame.enter(after);
	frame.emit(statement(call(member(id(iterator), 'close'), [])));
	const done = frame.current!;
	frame.current = failed;
	const error = holdValue(frame, helper('exception'), 'error', node);
	frame.emit(statement(call(member(id(iterator), 'closeThrow'), [])));
	frame.end({ kind: 'throw', value: error });
	frame.current = done;
}

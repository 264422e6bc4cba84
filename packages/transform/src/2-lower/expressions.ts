import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { lowerAssignment, lowerUpdate } from './assignments.ts';
import { lowerAwait } from './awaits.ts';
import { assign, at, binary, id, statement } from './build.ts';
import { lowerLinked } from './calls.ts';
import type { Draft, Frame } from './frame.ts';
import { type ImportParts, importOf, importParts } from './imports.ts';
import { lowerJsx } from './jsx.ts';
import { lowerArray, lowerClass, lowerNew, lowerObject, lowerTagged, lowerTemplate } from './literals.ts';
import { shallow } from './nodes.ts';
import { holdNode, isHeld } from './operands.ts';
import { privateIn } from './private-names.ts';
import { copy, keepParentheses, passesName, rewrite } from './rewrite.ts';
import { lowerYield } from './yields.ts';

/**
 * Writes everything of `node` up to its last suspension and returns the rest: an expression that
 * gives the value where it is evaluated *next*. Who evaluates anything else first must hold it.
 */
export function lowerValue(frame: Frame, node: t.Expression): t.Expression {
	if (!suspends(node, frame.unit.memo)) return rewrite(frame, node);
	if (frame.path !== null && !passesName(node)) return frame.under(null, () => lowerValue(frame, node));
	switch (node.type) {
		case 'ParenthesizedExpression':
		case 'TSAsExpression':
		case 'TSSatisfiesExpression':
		case 'TSNonNullExpression':
		case 'TSTypeAssertion':
		case 'TSInstantiationExpression':
			return lowerValue(frame, unwrap(node));
		case 'AwaitExpression': {
			const result = frame.temporary('await', node.argument);
			lowerAwait(frame, node.argument, result, node);
			return id(result);
		}
		case 'YieldExpression': {
			const result = frame.temporary('sent', node);
			lowerYield(frame, node, result);
			return id(result);
		}
		case 'SequenceExpression':
			for (const each of node.expressions.slice(0, -1)) lowerEffect(frame, each);
			return lowerValue(frame, node.expressions.at(-1)!);
		case 'ConditionalExpression':
		case 'LogicalExpression': {
			const result = frame.temporary('value', node);
			lowerInto(frame, node, result);
			return id(result);
		}
		case 'BinaryExpression': {
			const result = shallow(node);
			const left = node.left as t.Expression;
			if (left.type === ('PrivateName' as string)) {
				const right = lowerValue(frame, node.right);
				const apart = privateIn(frame, node, () => right);
				if (apart) return apart;
				result.left = copy(frame, left);
				result.right = right;
				return result;
			}
			const held = suspends(node.right, frame.unit.memo) ? holdNode(frame, left, 'left') : lowerValue(frame, left);
			result.left = held;
			result.right = lowerValue(frame, node.right);
			return keepParentheses(node, result);
		}
		case 'UnaryExpression': {
			const result = shallow(node);
			const operand = unwrap(node.argument);
			if (node.operator === 'delete' && /Member|Call/.test(operand.type)) return lowerLinked(frame, operand, 'delete');
			result.argument = lowerValue(frame, node.argument);
			return result;
		}
		case 'AssignmentExpression':
			return lowerAssignment(frame, node);
		case 'UpdateExpression':
			return lowerUpdate(frame, node);
		case 'CallExpression':
			if (node.callee.type === 'Import') return lowerImport(frame, node, importParts(node)!);
			return lowerLinked(frame, node, 'value');
		case 'MemberExpression':
		case 'OptionalMemberExpression':
		case 'OptionalCallExpression':
			return lowerLinked(frame, node, 'value');
		case 'NewExpression':
			return lowerNew(frame, node);
		case 'ArrayExpression':
			return lowerArray(frame, node);
		case 'ObjectExpression':
			return lowerObject(frame, node);
		case 'TemplateLiteral':
			return lowerTemplate(frame, node);
		case 'TaggedTemplateExpression':
			return lowerTagged(frame, node);
		case 'ImportExpression':
			return lowerImport(frame, node, importParts(node)!);
		case 'JSXElement':
		case 'JSXFragment':
			return lowerJsx(frame, node);
		case 'ClassExpression':
			return lowerClass(frame, node, null);
		default:
			frame.unit.sink.report('PD2017', node, {
				what: `A suspension inside ${node.type}`,
				way: 'await into a variable first and use that',
			});
			return id('undefined');
	}
}

function lowerImport(frame: Frame, node: t.Expression, { source, options }: ImportParts): t.Expression {
	const isFirst = options !== null && suspends(options, frame.unit.memo);
	const first = isFirst ? holdNode(frame, source, 'arg') : lowerValue(frame, source);
	return importOf(frame, node, { source: first, options: options && lowerValue(frame, options) });
}

/** Evaluates and drops the value. */
export function lowerEffect(frame: Frame, node: t.Expression): void {
	const plain = unwrap(node);
	switch (suspends(plain, frame.unit.memo) ? plain.type : '') {
		case 'AwaitExpression':
			lowerAwait(frame, (plain as t.AwaitExpression).argument, null, plain);
			return;
		case 'YieldExpression':
			lowerYield(frame, plain as t.YieldExpression, null);
			return;
		case 'SequenceExpression':
			for (const each of (plain as t.SequenceExpression).expressions) lowerEffect(frame, each);
			return;
		case 'ConditionalExpression':
		case 'LogicalExpression':
			lowerArms(frame, plain as t.ConditionalExpression | t.LogicalExpression, null);
			return;
		default: {
			const value = lowerValue(frame, plain);
			// A temporary has nothing left to evaluate.
			if (!isHeld(frame, value)) frame.emit(at(statement(value), node));
		}
	}
}

/** Evaluates into a variable. */
export function lowerInto(frame: Frame, node: t.Expression, name: string): void {
	const plain = unwrap(node);
	if (frame.path !== null && !passesName(plain)) {
		frame.under(null, () => lowerInto(frame, plain, name));
		return;
	}
	switch (suspends(plain, frame.unit.memo) ? plain.type : '') {
		case 'AwaitExpression':
			lowerAwait(frame, (plain as t.AwaitExpression).argument, name, plain);
			return;
		case 'YieldExpression':
			lowerYield(frame, plain as t.YieldExpression, name);
			return;
		case 'ConditionalExpression':
			lowerArms(frame, plain as t.ConditionalExpression, name);
			return;
		case 'LogicalExpression':
			// The left value is kept in the variable while the right one runs: no variable of the user's.
			if (frame.variables.get(name)?.temporary) {
				lowerArms(frame, plain as t.LogicalExpression, name);
				return;
			}
	}
	const value = lowerValue(frame, plain);
	if (value.type !== 'Identifier' || value.name !== name) frame.emit(at(statement(assign(id(name), value)), node));
}

/** `?:`, `&&`, `||` and `??` with a suspension in an arm. */
function lowerArms(frame: Frame, node: t.ConditionalExpression | t.LogicalExpression, name: string | null): void {
	const after = frame.block();
	const into = (arm: t.Expression) => {
		if (name === null) lowerEffect(frame, arm);
		else lowerInto(frame, arm, name);
		if (frame.current) frame.goto(after);
	};
	if (node.type === 'ConditionalExpression') {
		const yes = frame.block({ ...frame.region, ...frame.around('?') });
		const no = frame.block({ ...frame.region, ...frame.around(':') });
		lowerTest(frame, node.test, yes, no);
		frame.current = yes;
		frame.inside({ chain: frame.around('?').chain }, () => into(node.consequent));
		frame.current = no;
		frame.inside({ chain: frame.around(':').chain }, () => into(node.alternate));
	} else {
		const right = frame.block();
		if (name === null && node.operator !== '??') {
			lowerTest(frame, node.left, ...(node.operator === '&&' ? ([right, after] as const) : ([after, right] as const)));
		} else {
			const left = name ?? frame.temporary('left', node.left);
			lowerInto(frame, node.left, left);
			branchLogical(frame, node.operator, id(left), right, after);
		}
		frame.current = right;
		into(node.right);
	}
	frame.current = after;
}

/** Goes to `right` where a logical operator evaluates its right side, else to `short`. */
export function branchLogical(
	frame: Frame,
	operator: '&&' | '||' | '??',
	left: t.Expression,
	right: Draft,
	short: Draft,
): void {
	if (operator === '&&') frame.branch(left, right, short);
	else if (operator === '||') frame.branch(left, short, right);
	else frame.branch(isNullish(left), right, short);
}

export function isNullish(value: t.Expression): t.Expression {
	return binary('==', value, { type: 'NullLiteral' } as t.NullLiteral);
}

/** Branches on a condition, through its own short circuits. */
export function lowerTest(frame: Frame, node: t.Expression, yes: Draft, no: Draft): void {
	const plain = unwrap(node);
	if (suspends(plain, frame.unit.memo)) {
		if (plain.type === 'UnaryExpression' && plain.operator === '!') {
			lowerTest(frame, plain.argument, no, yes);
			return;
		}
		if (plain.type === 'LogicalExpression' && plain.operator !== '??') {
			const right = frame.block();
			if (plain.operator === '&&') lowerTest(frame, plain.left, right, no);
			else lowerTest(frame, plain.left, yes, right);
			frame.current = right;
			lowerTest(frame, plain.right, yes, no);
			return;
		}
	}
	frame.branch(lowerValue(frame, plain), yes, no);
}

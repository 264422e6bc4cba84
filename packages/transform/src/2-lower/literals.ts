import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { array, arrow, assign, at, call, helper, id, number, object, spread, statement, template } from './build.ts';
import { callThere, follow } from './calls.ts';
import { aroundClass, classOf, finishOperand, operandsOf } from './classes.ts';
import { lowerInto, lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { withHome } from './home.ts';
import { takeApart } from './links.ts';
import { propertyName, shallow } from './nodes.ts';
import { holdNode, holdValue, lowerList } from './operands.ts';
import { rewrite, rewriteNode, rewriteValue, takesKey } from './rewrite.ts';
import { keepName } from './rewrite-assignment.ts';
import { assemble, isClosure, rewriteMember } from './rewrite-class.ts';
import { isPromise } from './starts.ts';
import { type Code, into } from './unit.ts';

export function lowerNew(frame: Frame, node: t.NewExpression): t.Expression {
	const result = shallow(node);
	const held = node.arguments.some((argument) => suspends(argument, frame.unit.memo));
	const callee = node.callee as t.Expression;
	if (isPromise(frame, callee)) result.callee = helper('PromiseOf');
	else result.callee = held ? holdNode(frame, callee, 'callee') : lowerValue(frame, callee);
	result.arguments = lowerList(frame, node.arguments, 'arg') as t.Expression[];
	return result;
}

/** A value that is given a name: a class takes it, and the closures of an object literal are found below it. */
export function lowerNamed(frame: Frame, node: t.Expression, name: string | null): t.Expression {
	const plain = unwrap(node);
	if (plain.type === 'ClassExpression') return lowerClass(frame, plain, name);
	return frame.under(into(frame, name).path, () => lowerValue(frame, plain));
}

export function lowerNamedInto(frame: Frame, node: t.Expression, variable: string, name: string | null): void {
	const plain = unwrap(node);
	if (plain.type !== 'ClassExpression') frame.under(into(frame, name).path, () => lowerInto(frame, plain, variable));
	else frame.emit(at(statement(assign(id(variable), lowerClass(frame, plain, name))), node));
}

/** Heritage and computed keys are evaluated in order; then the class is made over them. */
export function lowerClass(frame: Frame, node: t.Class, name: string | null): t.Expression {
	const { memo } = frame.unit;
	const operands = operandsOf(frame, node);
	const around = aroundClass(frame, node);
	const last = operands.findLastIndex((each) => suspends(each.node, memo));
	const values = operands.map((each, i) => {
		const value = suspends(each.node, memo) ? lowerAround(frame, around, each.node) : rewrite(around, each.node);
		const finished = finishOperand(each, value);
		return i < last ? holdValue(frame, finished, each.role, each.node) : finished;
	});
	return at(classOf(into(frame, name), node, values), node);
}

/** What awaits in the head of a class: the name of the class is dead there as well. */
function lowerAround(frame: Frame, { dead }: Code, node: t.Expression): t.Expression {
	const outside = frame.dead;
	frame.dead = dead;
	const value = frame.under(null, () => lowerValue(frame, node));
	frame.dead = outside;
	return value;
}

export function lowerArray(frame: Frame, node: t.ArrayExpression): t.Expression {
	return at(array(lowerList(frame, node.elements, 'element')), node);
}

/**
 * Keys and values before the last suspension are kept in temporaries; the object is made at the
 * end, in one literal, so order, `__proto__` and the home objects of methods are as written.
 */
export function lowerObject(frame: Frame, node: t.ObjectExpression): t.Expression {
	return withHome(frame, node, () => lowerLiteral(frame, node));
}

function lowerLiteral(frame: Frame, node: t.ObjectExpression): t.Expression {
	const memo = frame.unit.memo;
	const last = node.properties.findLastIndex((property) => suspends(property, memo));
	const properties = node.properties.map((property, i): t.Node => {
		if (property.type === 'SpreadElement') {
			const value = frame.under(null, () => lowerValue(frame, property.argument));
			return spread(i < last ? holdValue(frame, object([spread(value)]), 'spread', property.argument) : value);
		}
		if (i > last) {
			return property.type === 'ObjectMethod' ? rewriteMember(frame, property) : rewriteNode(frame, property);
		}
		const key = property.computed
			? frame.under(null, () => lowerKey(frame, property, i < last))
			: shallow(property.key);
		if (property.type === 'ObjectMethod') {
			const method = rewriteMember(frame, property, property.computed ? (key as t.Expression) : null);
			if (method.type === 'ObjectMethod') method.key = key as t.Identifier;
			return method;
		}
		const result = shallow(property);
		result.key = key as t.Expression;
		result.shorthand = false;
		const value = property.value as t.Expression;
		const name = propertyName(property);
		const kept =
			result.computed && key.type === 'Identifier' && takesKey(frame, value) ? ({ ...key } as t.Identifier) : null;
		const write = (each: t.Expression) => keepName(each, rewriteValue(into(frame, name), each, kept), name);
		const awaits = suspends(value, memo);
		if (!awaits) result.value = i < last ? holdNode(frame, value, 'value', write) : write(value);
		else {
			const lowered = lowerNamed(frame, value, name);
			result.value = i < last ? holdValue(frame, lowered, 'value', value) : lowered;
		}
		return result;
	});
	return at(assemble(properties), node);
}

/** A computed key becomes a property key when it is evaluated, before its value (ECMA-262 PropertyDefinitionEvaluation). */
function lowerKey(frame: Frame, property: t.ObjectProperty | t.ObjectMethod, before: boolean): t.Expression {
	const node = property.key as t.Expression;
	const value = suspends(node, frame.unit.memo) ? lowerValue(frame, node) : rewrite(frame, node);
	const valueSuspends = property.type === 'ObjectProperty' && suspends(property.value, frame.unit.memo);
	const named = property.type === 'ObjectMethod' ? isClosure(frame, property) : takesKey(frame, property.value);
	if (!before && !valueSuspends && !named) return value;
	return holdValue(frame, call(helper('propertyKey'), [value]), 'key', node);
}

/** Each substitution becomes a string before the next one is evaluated (ECMA-262 13.2.8.6). */
export function lowerTemplate(frame: Frame, node: t.TemplateLiteral): t.Expression {
	const expressions = node.expressions as t.Expression[];
	const chunks = node.quasis.map(({ value }) => ({ raw: value.raw, cooked: value.cooked ?? null }));
	let quasis = [chunks[0]!];
	let values: t.Expression[] = [];
	expressions.forEach((expression, i) => {
		if (suspends(expression, frame.unit.memo) && values.length > 0) {
			const prefix = holdValue(frame, template(quasis, values), 'template', node);
			quasis = [
				{ raw: '', cooked: '' },
				{ raw: '', cooked: '' },
			];
			values = [prefix];
		}
		values.push(suspends(expression, frame.unit.memo) ? lowerValue(frame, expression) : rewrite(frame, expression));
		quasis.push(chunks[i + 1]!);
	});
	return at(template(quasis, values), node);
}

export function lowerTagged(frame: Frame, node: t.TaggedTemplateExpression): t.Expression {
	const expressions = node.quasi.expressions as t.Expression[];
	const held = expressions.some((each) => suspends(each, frame.unit.memo));
	const { root, links } = takeApart(node.tag);
	const target = follow(frame, root, links, null, held ? 'held' : 'now');
	const args = [templateObject(node.quasi), ...(lowerList(frame, expressions, 'arg') as t.Expression[])];
	return callThere(frame, node, target, target.value, args);
}

/** The template object of a site, which is the same each time: an identity as tag gives it away. */
export function templateObject(node: t.TemplateLiteral): t.Expression {
	const strings = id('s');
	const quasi = template(
		node.quasis.map(({ value }) => ({ raw: value.raw, cooked: value.cooked ?? null })),
		node.expressions.map(() => number(0)),
	);
	return { type: 'TaggedTemplateExpression', tag: arrow([strings], strings), quasi } as t.TaggedTemplateExpression;
}

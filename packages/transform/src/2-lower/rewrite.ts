import * as t from '@babel/types';
import { isType, unwrap } from '../1-parse/scope.ts';
import { assign, at, call, helper, id, sequence } from './build.ts';
import { closureOf, rewriteFunction } from './closures.ts';
import { importParts, rewriteImport } from './imports.ts';
import { isShorthand, propertyName, shallow } from './nodes.ts';
import { privateIn, privateKey } from './private-names.ts';
import { rewriteAssignment, rewriteUpdate } from './rewrite-assignment.ts';
import { callsInChain, rewriteChain } from './rewrite-chain.ts';
import { rewriteClass, rewriteObject } from './rewrite-class.ts';
import { markSpent } from './spent.ts';
import { rewriteCall, rewriteTagged } from './starts.ts';
import { readReference } from './storage.ts';
import { rewriteOptionalSuper, rewriteSuperTag, superObject } from './super.ts';
import { type Code, into } from './unit.ts';

/**
 * Opaque code: a copy of what the user wrote without types and comments, where identifiers stand
 * for their storage, functions are closures (`%closure`), and jumps out of the statement are marks.
 * Nothing here suspends.
 */
export function rewrite(code: Code, node: t.Expression): t.Expression {
	return rewriteNode(code, node) as t.Expression;
}

/** As `rewrite`, for any node that is no statement, declaration or pattern. */
export function rewriteNode(code: Code, node: t.Node): t.Node {
	if (code.path !== null && !passesName(node)) code = into(code, null);
	switch (node.type) {
		case 'Identifier':
		case 'ThisExpression': {
			const reference = code.unit.scopes.references.get(node);
			return reference ? readReference(code, node, reference) : copy(code, node);
		}
		case 'Super':
			return superObject(code, node) ?? shallow(node);
		case 'TaggedTemplateExpression':
			return rewriteSuperTag(code, node) ?? rewriteTagged(code, node);
		case 'MetaProperty': {
			const reference = code.unit.scopes.references.get(node);
			return reference ? readReference(code, node, reference) : copy(code, node);
		}
		case 'BinaryExpression':
			return privateIn(code, node, () => rewrite(code, node.right)) ?? keepParentheses(node, copy(code, node));
		case 'ParenthesizedExpression':
		case 'TSAsExpression':
		case 'TSSatisfiesExpression':
		case 'TSNonNullExpression':
		case 'TSTypeAssertion':
		case 'TSInstantiationExpression':
			return rewriteNode(code, unwrap(node));
		case 'UnaryExpression': {
			const operand = unwrap(node.argument);
			if (node.operator !== 'delete' || code.plain || !callsInChain(operand)) return copy(code, node);
			return rewriteChain(code, operand, { kind: 'delete' });
		}
		case 'OptionalCallExpression':
			if (!code.plain && callsInChain(node)) return rewriteChain(code, node);
			return rewriteOptionalSuper(code, node) ?? copy(code, node);
		case 'MemberExpression':
		case 'OptionalMemberExpression': {
			if (!code.plain && callsInChain(node)) return rewriteChain(code, node);
			const result = shallow(node);
			(result as t.MemberExpression).object = rewriteNode(code, node.object) as t.Expression;
			(result as t.MemberExpression).property = (
				node.computed ? rewriteNode(code, node.property) : copy(code, node.property)
			) as t.Expression;
			return privateKey(code, node, result);
		}
		case 'SequenceExpression':
			return at(sequence(...node.expressions.map((each) => rewrite(code, each))), node);
		case 'SpreadElement':
			markSpent(code, node.argument);
			return copy(code, node);
		case 'ObjectProperty':
			return rewriteProperty(code, node, rewriteValue);
		case 'ObjectExpression':
			return rewriteObject(code, node);
		case 'CallExpression':
		case 'NewExpression':
			return rewriteCall(code, node);
		case 'ImportExpression':
			return code.plain ? copy(code, node) : rewriteImport(code, node, importParts(node)!);
		case 'AssignmentExpression':
			return rewriteAssignment(code, node);
		case 'UpdateExpression':
			return rewriteUpdate(code, node);
		case 'ClassExpression':
			return rewriteClass(code, node);
		case 'FunctionExpression':
		case 'ArrowFunctionExpression':
			return code.plain ? rewriteFunction(code, node) : closureOf(code, node, null);
		case 'JSXIdentifier':
		case 'JSXMemberExpression':
		case 'JSXOpeningElement':
		case 'JSXClosingElement':
			return rewriteJsx(code, node);
		default:
			if (t.isStatement(node)) throw new Error(`a statement of kind ${node.type} among expressions`);
			return copy(code, node);
	}
}

/** Does what is being initialised give its name to the node, or to something in it? */
/** Does a function in it take the name of what it initialises? */
export function passesName(node: t.Node): boolean {
	switch (node.type) {
		case 'ArrowFunctionExpression':
		case 'FunctionExpression':
		case 'ClassExpression':
		case 'ObjectExpression':
		case 'ObjectProperty':
		case 'ParenthesizedExpression':
			return true;
		default:
			return node.type.startsWith('TS');
	}
}

/** The value of a property of an object literal. `name` keeps a computed key. */
export function rewriteValue(code: Code, value: t.Expression, name: t.Identifier | null): t.Expression {
	const plain = unwrap(value);
	if (!name || !isAnonymous(plain)) return rewrite(code, value);
	return plain.type === 'ClassExpression' ? rewriteClass(code, plain, name) : closureOf(code, plain, null, name);
}

/**
 * `[key]: () => {}` takes the name of its key (ECMA-262 PropertyDefinitionEvaluation), which the
 * closure then captures: `write` gets the variable that keeps it.
 */
export function rewriteProperty(
	code: Code,
	node: t.ObjectProperty,
	write: (code: Code, value: t.Expression, name: t.Identifier | null) => t.Expression,
): t.ObjectProperty {
	const result = shallow(node) as t.ObjectProperty;
	const value = node.value as t.Expression;
	const static_ = propertyName(node);
	result.key = (node.computed ? rewriteNode(into(code, null), node.key) : shallow(node.key)) as t.Expression;
	if (static_ === null && takesKey(code, value)) {
		const name = id(code.local('key', node.key));
		result.key = assign(name, call(helper('propertyKey'), [result.key]));
		result.value = write(into(code, null), value, { ...name });
	} else result.value = write(into(code, static_), value, null);
	result.shorthand = isShorthand(result);
	return result;
}

/** Is the value of a computed property a closure or class that is named by its key? */
export function takesKey(code: Code, value: t.Node): boolean {
	return !code.plain && isAnonymous(unwrap(value));
}

function isAnonymous(node: t.Node): node is t.ArrowFunctionExpression | t.FunctionExpression | t.ClassExpression {
	if (node.type === 'ArrowFunctionExpression') return true;
	return (node.type === 'FunctionExpression' || node.type === 'ClassExpression') && !node.id;
}

/**
 * `(a < b) > (c)` without its parentheses is a call with type arguments to TypeScript, which may
 * read what is printed. Elsewhere the printer puts parentheses where they are needed.
 */
export function keepParentheses(node: t.BinaryExpression, written: t.Expression): t.Expression {
	if (node.operator !== '<' || !node.extra?.parenthesized) return written;
	return { type: 'ParenthesizedExpression', expression: written } as t.ParenthesizedExpression;
}

/** A copy with every child rewritten. */
export function copy<N extends t.Node>(code: Code, node: N): N {
	const result = shallow(node);
	for (const key of t.VISITOR_KEYS[node.type] ?? []) {
		const child = (node as unknown as Record<string, unknown>)[key];
		if (Array.isArray(child)) {
			(result as unknown as Record<string, unknown>)[key] = child
				.filter((each) => each === null || !isType(each))
				.map((each) => each && rewriteNode(code, each));
		} else if (child && !isType(child as t.Node)) {
			(result as unknown as Record<string, unknown>)[key] = rewriteNode(code, child as t.Node);
		}
	}
	return result;
}

/** `<x.y/>` where `x` lives in a cell is `<x.v.y/>`. */
function rewriteJsx(code: Code, node: t.Node): t.Node {
	switch (node.type) {
		case 'JSXIdentifier': {
			const reference = code.unit.scopes.references.get(node);
			return reference ? toJsx(readReference(code, node, reference)) : copy(code, node);
		}
		case 'JSXMemberExpression':
			return at(
				{
					type: 'JSXMemberExpression',
					object: rewriteJsx(code, node.object),
					property: copy(code, node.property),
				} as t.JSXMemberExpression,
				node,
			);
		case 'JSXOpeningElement': {
			const result = shallow(node);
			result.name = rewriteJsx(code, node.name) as t.JSXIdentifier;
			result.attributes = node.attributes.map((attribute) => copy(code, attribute));
			return result;
		}
		case 'JSXClosingElement': {
			const result = shallow(node);
			result.name = rewriteJsx(code, node.name) as t.JSXIdentifier;
			return result;
		}
		default:
			return copy(code, node);
	}
}

function toJsx(node: t.Expression): t.Node {
	switch (node.type) {
		case 'Identifier':
			return at({ type: 'JSXIdentifier', name: node.name } as t.JSXIdentifier, node);
		case 'ThisExpression':
			return { type: 'JSXIdentifier', name: 'this' } as t.JSXIdentifier;
		case 'MemberExpression':
			return {
				type: 'JSXMemberExpression',
				object: toJsx(node.object as t.Expression),
				property: { type: 'JSXIdentifier', name: (node.property as t.Identifier).name },
			} as t.JSXMemberExpression;
		default:
			return node;
	}
}

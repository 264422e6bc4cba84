import * as t from '@babel/types';
import { isType, unwrap } from '../1-parse/scope.ts';
import { at } from './build.ts';
import { checkCall } from './check.ts';
import { closureOf, rewriteFunction } from './closures.ts';
import { rewriteAssignment, rewriteUpdate } from './rewrite-assignment.ts';
import { rewriteClass, rewriteObject } from './rewrite-class.ts';
import { readReference } from './storage.ts';
import type { Code } from './unit.ts';

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
	switch (node.type) {
		case 'Identifier':
		case 'ThisExpression': {
			const reference = code.unit.scopes.references.get(node);
			return reference ? readReference(code, node, reference) : copy(code, node);
		}
		case 'MetaProperty': {
			const reference = code.unit.scopes.references.get(node);
			return reference ? readReference(code, node, reference) : copy(code, node);
		}
		case 'BinaryExpression':
			return keepParentheses(node, copy(code, node));
		case 'ParenthesizedExpression':
		case 'TSAsExpression':
		case 'TSSatisfiesExpression':
		case 'TSNonNullExpression':
		case 'TSTypeAssertion':
		case 'TSInstantiationExpression':
			return rewriteNode(code, unwrap(node));
		case 'MemberExpression':
		case 'OptionalMemberExpression': {
			const result = shallow(node);
			(result as t.MemberExpression).object = rewriteNode(code, node.object) as t.Expression;
			(result as t.MemberExpression).property = (
				node.computed ? rewriteNode(code, node.property) : copy(code, node.property)
			) as t.Expression;
			return result;
		}
		case 'ObjectProperty': {
			const result = shallow(node) as t.ObjectProperty;
			result.key = (node.computed ? rewriteNode(code, node.key) : copy(code, node.key)) as t.Expression;
			const name = propertyName(node);
			result.value = rewriteNode(into(code, name), node.value) as t.Expression;
			result.shorthand = isShorthand(result);
			return result;
		}
		case 'ObjectExpression':
			return rewriteObject(code, node);
		case 'CallExpression':
		case 'OptionalCallExpression':
		case 'NewExpression':
			checkCall(code, node);
			return copy(code, node);
		case 'AssignmentExpression':
			return rewriteAssignment(code, node);
		case 'UpdateExpression':
			return rewriteUpdate(code, node);
		case 'ClassExpression':
			return rewriteClass(code, node, null);
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

const DROPPED = new Set([
	'leadingComments',
	'trailingComments',
	'innerComments',
	'extra',
	'typeAnnotation',
	'typeParameters',
	'typeArguments',
	'returnType',
	'superTypeArguments',
	'superTypeParameters',
	'implements',
	'accessibility',
	'override',
	'abstract',
	'definite',
	'declare',
	'readonly',
	'predicate',
]);

/** A copy of a node's own fields, children not yet; types, comments and parentheses are left behind. */
export function shallow<N extends t.Node>(node: N): N {
	const result: Record<string, unknown> = {};
	for (const key in node) if (!DROPPED.has(key)) result[key] = (node as unknown as Record<string, unknown>)[key];
	const raw = node.extra?.['raw'];
	if (raw !== undefined) result['extra'] = { raw, rawValue: node.extra?.['rawValue'] };
	if (node.type === 'Identifier' || t.isMethod(node) || t.isClassProperty(node)) delete result['optional'];
	return result as unknown as N;
}

/** The same code with another path of names, for what is initialised here. */
export function into(code: Code, name: string | null): Code {
	if (name === null) return code.path === null ? code : withCode(code, { path: null });
	return withCode(code, { path: code.path === null ? name : `${code.path}.${name}` });
}

/** A view of `code` with some fields changed. */
export function withCode<C extends Code>(code: C, changes: Partial<Code>): C {
	const view = Object.create(code) as C;
	for (const key in changes) Object.defineProperty(view, key, { value: changes[key as keyof Code] });
	return view;
}

export function propertyName(node: { key: t.Node; computed?: boolean | null }): string | null {
	if (node.computed) return node.key.type === 'StringLiteral' ? node.key.value : null;
	switch (node.key.type) {
		case 'Identifier':
			return node.key.name;
		case 'StringLiteral':
			return node.key.value;
		case 'NumericLiteral':
			return String(node.key.value);
		default:
			return null;
	}
}

export function isShorthand(node: t.ObjectProperty): boolean {
	if (node.computed || node.key.type !== 'Identifier') return false;
	const value = node.value.type === 'AssignmentPattern' ? node.value.left : node.value;
	return value.type === 'Identifier' && value.name === node.key.name;
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

/** What stands in for a durable function: a plain method or arrow that enters the compiled body. */
import * as t from '@babel/types';
import { generatorOf } from '../1-parse/scope.ts';
import type { DurableFunction } from '../2-lower/cfg.ts';
import {
	array,
	arrow,
	at,
	block,
	call,
	give,
	id,
	member,
	object,
	property,
	str,
	thisValue,
	undefinedValue,
} from './build.ts';
import type { Helpers } from './helpers.ts';
import type { Names } from './names.ts';
import { signatureOf } from './signature.ts';

export interface CallableParts {
	readonly fn: DurableFunction;
	/** Directives of the body other than our own. */
	readonly directives: readonly t.Directive[];
	readonly names: Names;
	readonly helpers: Helpers;
}

/** The key of a method. */
export interface Key {
	/** Where the method stands. */
	readonly first: t.Node;
	/** To name it again. */
	readonly again: t.Node;
	readonly computed: boolean;
}

export function enter(parts: CallableParts, definition: t.Expression): t.Statement {
	const enter = generatorOf(parts.fn.node) === null ? 'enter' : 'generate';
	return give(call(parts.helpers.use(enter), [definition, thisValue(), id('arguments')]));
}

/** The wrapper as an expression: out of an object literal, for its name. */
export function detached(
	parts: CallableParts,
	node: t.FunctionDeclaration | t.FunctionExpression | t.ArrowFunctionExpression | t.ClassPrivateMethod,
	name: string,
	definition: t.Expression,
): t.Expression {
	// `{ __proto__: f }` would set the prototype; as a method the name is only a name.
	if (node.type !== 'ArrowFunctionExpression') {
		const key = { first: keyNode(name), again: keyNode(name), computed: false };
		return memberOf(object([methodOf(parts, node, key, definition)]), key);
	}
	const { params, forward } = signatureOf(node.params, parts.names);
	const body = call(parts.helpers.use('enter'), [definition, undefinedValue(), array(forward)]);
	const { directives } = parts;
	const wrapper = arrow(params, directives.length > 0 ? block([give(body)], directives) : body);
	copyTypes(node, wrapper);
	const named = property(name, wrapper);
	if (name === '__proto__') Object.assign(named, { computed: true, key: str(name) });
	return member(object([named]), name);
}

/** The wrapper as a method of an object literal. */
export function methodOf(
	parts: CallableParts,
	node: t.FunctionDeclaration | t.FunctionExpression | t.ObjectMethod | t.ClassPrivateMethod,
	key: Key,
	definition: t.Expression,
): t.ObjectMethod {
	const method = {
		type: 'ObjectMethod',
		kind: 'method',
		key: key.again,
		computed: key.computed,
		params: signatureOf(node.params, parts.names).params,
		body: block([enter(parts, definition)], parts.directives),
		async: false,
		generator: false,
	} as unknown as t.ObjectMethod;
	copyTypes(node, method);
	return method;
}

/** The member of `of` under the key of a method. */
export function memberOf(of: t.Expression, key: Key): t.Expression {
	if (key.computed) return at(of, key.again as t.Expression);
	if (key.again.type === 'Identifier') return member(of, key.again.name);
	if (key.again.type === 'PrivateName') {
		return { type: 'MemberExpression', object: of, property: key.again, computed: false } as t.MemberExpression;
	}
	return at(of, key.again as t.Expression);
}

function keyNode(name: string): t.Identifier | t.StringLiteral {
	return t.isValidIdentifier(name, false) ? id(name) : str(name);
}

function copyTypes(from: t.Node, to: t.Node): void {
	const { typeParameters, returnType } = from as t.FunctionExpression;
	if (typeParameters) (to as t.FunctionExpression).typeParameters = typeParameters;
	if (returnType) (to as t.FunctionExpression).returnType = returnType;
}

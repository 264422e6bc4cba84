import type * as t from '@babel/types';
import { assign, at, call, helper, id, object, property, text } from './build.ts';
import { aroundClass, classOf, finishOperand, operandsOf } from './classes.ts';
import { closureOf, rewriteFunction } from './closures.ts';
import { withHome } from './home.ts';
import { propertyName, shallow } from './nodes.ts';
import { parameterFields } from './parameter-properties.ts';
import { copy, rewrite, rewriteNode } from './rewrite.ts';
import { rewriteBody } from './rewrite-scope.ts';
import { type Code, into, isClosureMethod, withCode } from './unit.ts';

/** A class is data (classes.ts), except in code that stays native. `key` is a variable with its computed name. */
export function rewriteClass(code: Code, node: t.Class, key: t.Identifier | null = null): t.Expression {
	if (code.plain) return rewriteNativeClass(code, node);
	const operands = operandsOf(code, node);
	const around = aroundClass(code, node);
	const values = operands.map((each) => finishOperand(each, rewrite(around, each.node)));
	return at(classOf(code, node, values, key), node);
}

function rewriteNativeClass(code: Code, node: t.Class): t.Expression {
	const result = shallow(node) as t.ClassExpression;
	(result as t.Node).type = 'ClassExpression';
	// The copy must not be found as the declaration it is made from.
	if (node.id) result.id = shallow(node.id);
	if (node.superClass) result.superClass = rewrite(code, node.superClass);
	if (node.decorators) result.decorators = node.decorators.map((decorator) => copy(code, decorator));
	result.body = shallow(node.body);
	result.body.body = [
		...parameterFields(node),
		...node.body.body.flatMap((member) => rewriteClassMember(code, member)),
	];
	return result;
}

/** An object literal: its methods and accessors are closures like any function. */
export function rewriteObject(code: Code, node: t.ObjectExpression): t.Expression {
	return withHome(code, node, () => {
		const properties = node.properties.map((member) =>
			member.type === 'ObjectMethod' ? rewriteMember(code, member) : (rewriteNode(code, member) as t.ObjectProperty),
		);
		return at(assemble(properties), node);
	});
}

/** A property whose value is a getter or setter that was made apart. */
type Accessor = t.ObjectProperty & { readonly accessor?: 'get' | 'set' };

/**
 * An object literal cannot take a function as a getter: what stands before one is made first, then
 * `%accessor(object, key, "get", f)` adds it, and `%properties(object, { ... })` what stands behind it.
 */
export function assemble(properties: readonly t.Node[]): t.Expression {
	let whole: t.Expression | null = null;
	let segment: t.Node[] = [];
	const flush = (): t.Expression => {
		const literal = object(segment);
		const made = whole === null ? literal : segment.length === 0 ? whole : call(helper('properties'), [whole, literal]);
		segment = [];
		return made;
	};
	for (const property of properties) {
		const { accessor, key, computed, value } = property as Accessor;
		if (accessor === undefined) segment.push(property);
		else {
			const name = computed ? key : text(propertyName({ key })!);
			whole = call(helper('accessor'), [flush(), name as t.Expression, text(accessor), value as t.Expression]);
		}
	}
	return flush();
}

/** Is a member of a literal made apart? */
export function isClosure(code: Code, node: t.ObjectMethod): boolean {
	return !code.plain && isClosureMethod(code.unit, code.unit.scopes.functions.get(node)!);
}

/** A method or accessor of an object literal; `kept` is a variable that has its computed key already. */
export function rewriteMember(
	code: Code,
	node: t.ObjectMethod,
	kept: t.Expression | null = null,
): t.ObjectMethod | t.ObjectProperty {
	if (!isClosure(code, node)) return rewriteMethod(code, node);
	const made = rewriteApart(code, node, kept);
	return node.kind === 'method' ? made : ({ ...made, accessor: node.kind } as Accessor);
}

function rewriteApart(code: Code, node: t.ObjectMethod, kept: t.Expression | null): t.ObjectProperty {
	const name = propertyName(node);
	if (kept?.type === 'Identifier') return property(kept, closureOf(into(code, null), node, '', { ...kept }), true);
	const key = node.computed ? rewrite(into(code, null), node.key as t.Expression) : shallow(node.key as t.Expression);
	if (name !== null) {
		const called = node.kind === 'method' ? name : `${node.kind} ${name}`;
		return methodProperty(key, closureOf(into(code, called), node, name), name);
	}
	const local = id(code.local('key', node.key));
	const computed = assign(local, call(helper('propertyKey'), [key]));
	return property(computed, closureOf(into(code, null), node, '', { ...local }), true);
}

/** `__proto__() {}` is a property of that name; `__proto__: f` is not. */
function methodProperty(key: t.Expression, value: t.Expression, name: string): t.ObjectProperty {
	return name === '__proto__' ? property(text(name), value, true) : property(key, value, false);
}

export function rewriteMethod<N extends t.ObjectMethod | t.ClassMethod | t.ClassPrivateMethod>(code: Code, node: N): N {
	const key =
		node.type !== 'ClassPrivateMethod' && node.computed ? rewrite(code, node.key as t.Expression) : shallow(node.key);
	const result = rewriteFunction(withCode(code, { plain: true }), node) as N;
	result.key = key;
	return result;
}

function rewriteClassMember(code: Code, member: t.ClassBody['body'][number]): t.ClassBody['body'][number][] {
	switch (member.type) {
		case 'ClassMethod':
		case 'ClassPrivateMethod':
			if ('abstract' in member && member.abstract) return [];
			return [rewriteMethod(code, member)];
		case 'ClassProperty':
		case 'ClassPrivateProperty':
		case 'ClassAccessorProperty': {
			if (('declare' in member && member.declare) || ('abstract' in member && member.abstract)) return [];
			const result = shallow(member);
			const computed = 'computed' in member && member.computed;
			result.key = (computed ? rewriteNode(code, member.key) : shallow(member.key)) as t.Identifier;
			const fn = code.unit.scopes.functions.get(member);
			const name = propertyName({ key: member.key, computed: computed ?? false });
			if (member.value && fn) {
				const inside = withCode(into(code, name), { plain: true, frame: false, fn, jumps: null });
				result.value = rewrite(inside, member.value);
			}
			if (member.decorators) result.decorators = member.decorators.map((decorator) => copy(code, decorator));
			return [result];
		}
		case 'StaticBlock': {
			const fn = code.unit.scopes.functions.get(member);
			const scope = code.unit.scopes.byNode.get(member);
			const result = shallow(member);
			if (fn && scope) {
				const inside = withCode(code, { plain: true, frame: false, fn, jumps: null });
				result.body = rewriteBody(inside, scope, member.body);
			}
			return [result];
		}
		default:
			return [];
	}
}

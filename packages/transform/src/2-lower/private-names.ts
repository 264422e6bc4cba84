import type * as t from '@babel/types';
import type { Binding, FunctionInfo } from '../1-parse/scope.ts';
import { call, helper, text } from './build.ts';
import { shallow } from './nodes.ts';
import { readBinding } from './storage.ts';
import { type Code, isNativeFunction, isOfUnit } from './unit.ts';

/**
 * Private names of a class made in durable code, in code that stands outside its text: closures made
 * in its members, the steps of its async methods. Until it is printed, `o.#x` there is the member
 * `o[%private(C, "x")]`; marks.ts makes it a call of what the class has to reach its own by.
 */
export function privateKey<N extends { property: t.Node; computed?: boolean }>(
	code: Code,
	node: t.MemberExpression | t.OptionalMemberExpression,
	result: N,
): N {
	const name = node.property;
	if (name.type !== 'PrivateName') return result;
	const Class = classOf(code, name);
	if (Class === null) {
		result.property = shallow(name);
		return result;
	}
	result.property = call(helper('private'), [Class, text(name.id.name)]);
	result.computed = true;
	return result;
}

/** `#x in o`. */
export function privateIn(code: Code, node: t.BinaryExpression, object: () => t.Expression): t.Expression | null {
	const name = node.left as t.Node;
	if (name.type !== 'PrivateName') return null;
	const Class = classOf(code, name);
	return Class && call(helper('privateIn'), [Class, text(name.id.name), object()]);
}

/** The class that declares a name which the code cannot see itself; null where it can. */
function classOf(code: Code, name: t.PrivateName): t.Expression | null {
	const binding = code.unit.scopes.references.get(name)?.binding ?? null;
	if (!isOfUnit(code.unit, binding) || !isApart(code, binding)) return null;
	return readBinding(code, binding, false);
}

/** Is the code printed somewhere else than in the class? */
function isApart(code: Code, binding: Binding): boolean {
	const owner = binding.scope.fn;
	for (let fn: FunctionInfo | null = code.fn; fn && fn !== owner; fn = fn.parent) {
		if (isNativeFunction(fn)) continue;
		const { node } = fn;
		if (fn.parent !== owner) return true;
		if ((node.type === 'ClassMethod' || node.type === 'ClassPrivateMethod') && (node.async || node.generator))
			return true;
	}
	return false;
}

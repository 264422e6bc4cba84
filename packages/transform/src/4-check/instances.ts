/**
 * Whose members `this` has: of the object literal or the class that a method, or the value of a field,
 * stands in. A method that is lent to another object is looked at with its own.
 */
import * as t from '@babel/types';
import type { FunctionInfo } from '../1-parse/scope.ts';
import { propertyName } from '../2-lower/nodes.ts';
import { EACH, type Flows, outOfTypes } from './flows.ts';

/** Null where `this` is of a plain function, or a class itself. */
export function receiverOf(owner: FunctionInfo['node'], { parentOf }: Flows): t.ObjectExpression | t.Class | null {
	const around = outOfTypes(owner, parentOf);
	switch (owner.type) {
		case 'ObjectMethod':
			return parentOf(owner) as t.ObjectExpression;
		case 'FunctionExpression':
			return around?.type === 'ObjectProperty' ? objectAround(around, parentOf) : null;
		case 'ClassMethod':
		case 'ClassPrivateMethod':
		case 'ClassProperty':
		case 'ClassPrivateProperty':
		case 'ClassAccessorProperty':
			return owner.static ? null : (parentOf(parentOf(owner)!) as t.Class);
		default:
			return null;
	}
}

function objectAround(property: t.ObjectProperty, parentOf: Flows['parentOf']): t.ObjectExpression | null {
	const object = parentOf(property);
	return object?.type === 'ObjectExpression' ? object : null;
}

export type Member =
	| t.ClassMethod
	| t.ClassPrivateMethod
	| t.ClassProperty
	| t.ClassPrivateProperty
	| t.ClassAccessorProperty;

/** What instances of a class have under a key by its body, or the class itself. */
export function membersOf({ body }: t.Class, key: string, statics = false): Member[] {
	return body.body.filter((member): member is Member => {
		if (!('key' in member) || (member.static === true) !== statics || member.type.startsWith('TS')) return false;
		const name = memberName(member as Member) ?? EACH;
		return name === key || name === EACH || key === EACH;
	});
}

function memberName(member: Member): string | null {
	return member.key.type === 'PrivateName' ? `#${member.key.id.name}` : propertyName(member as t.ClassMethod);
}

/** The constructor's parameter that is a field as well: `constructor(readonly run: () => number) {}`. */
export function parameterProperty(
	{ body }: t.Class,
	key: string,
): { readonly fn: t.ClassMethod; readonly index: number } | null {
	const fn = body.body.find((member) => t.isClassMethod(member, { kind: 'constructor' }));
	if (fn?.type !== 'ClassMethod') return null;
	const index = fn.params.findIndex(
		(param) => param.type === 'TSParameterProperty' && key in t.getBindingIdentifiers(param.parameter),
	);
	return index < 0 ? null : { fn, index };
}

/** Which bindings hold one value, made once and never changed: of those the text tells without types. */
import type * as t from '@babel/types';
import { type Binding, unwrap } from '../1-parse/scope.ts';
import { addedBy } from './collections.ts';
import { type Flows, outOfTypes } from './flows.ts';
import { keyOf } from './member-names.ts';

/** Nothing but its parts is ever read, so that these are what they were made with. */
export function isOnlyRead(binding: Binding, { uses, parentOf }: Flows): boolean {
	return uses(binding).every((use) => {
		const member = outOfTypes(use, parentOf);
		if (member?.type === 'VariableDeclarator')
			return unwrap(member.init!) === use && member.id.type === 'ObjectPattern';
		if (member?.type !== 'MemberExpression' && member?.type !== 'OptionalMemberExpression') return false;
		const around = outOfTypes(member, parentOf);
		const written = around?.type === 'AssignmentExpression' && unwrap(around.left) === member;
		const called = around !== null && 'callee' in around && unwrap(around.callee as t.Node) === member;
		return unwrap(member.object) === use && !written && !(called && addedBy(keyOf(member), [1]).length > 0);
	});
}

/** Not the one value from its declaration on. */
export function mayChange({ kind, reassigned, capturedEarly, tdz, scope }: Binding): boolean {
	if (reassigned || kind === 'var') return true;
	// A module has been evaluated before anything of it runs.
	return scope.fn !== null && kind !== 'function' && kind !== 'class' && (capturedEarly || tdz);
}

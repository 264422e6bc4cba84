/** What member expressions and calls of methods name, as steps of a path. */
import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { EACH } from './flows.ts';

/** The step that a member expression takes: its static key, or any. */
export function keyOf(node: t.MemberExpression | t.OptionalMemberExpression): string {
	const { property, computed } = node;
	if (property.type === 'PrivateName') return `#${property.id.name}`;
	if (!computed) return property.type === 'Identifier' ? property.name : EACH;
	if (property.type === 'StringLiteral') return property.value;
	return property.type === 'NumericLiteral' ? `[${property.value}]` : EACH;
}

/** The method that a call calls, and of what; null for a plain call or a computed key. */
export function methodOf(call: t.Node): { readonly object: t.Expression; readonly name: string } | null {
	if (call.type !== 'CallExpression' && call.type !== 'OptionalCallExpression') return null;
	const callee = unwrap(call.callee);
	if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return null;
	const name = keyOf(callee);
	return name === EACH || name.startsWith('[') || callee.object.type === 'Super'
		? null
		: { object: callee.object as t.Expression, name };
}

/** `[0]`, or any element. */
export const isElement = (step: string | undefined) => step?.startsWith('[') === true;

/** May the two keys be the same? */
export const matches = (key: string, step: string) => key === step || key === EACH || step === EACH;

/** What is called, or is the tag. */
export function calleeNode(call: t.CallExpression | t.OptionalCallExpression | t.TaggedTemplateExpression): t.Node {
	return call.type === 'TaggedTemplateExpression' ? call.tag : call.callee;
}

import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { isGlobal } from './static-path.ts';
import type { Code } from './unit.ts';

/** Methods of the language that give an iterator. */
const GIVES_ITERATOR = new Set(['entries', 'keys', 'values', 'matchAll', 'map', 'filter', 'take', 'drop', 'flatMap']);

/**
 * An expression that is iterated at once and by the language itself (the head of a loop without
 * suspensions, a spread, a pattern): the iterator that a call there gives is over before anybody could
 * save it. It stays the native one, which the engine walks up to ten times as fast as one of ours.
 */
export function markSpent(code: Code, iterated: t.Node): void {
	const node = unwrap(iterated);
	if (node.type !== 'CallExpression') return;
	const callee = unwrap(node.callee);
	if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return;
	if (GIVES_ITERATOR.has(callee.property.name)) code.unit.spent.add(node);
}

/** `Array.from(map.values())`, `new Set(list.keys())`: built-ins that use up their first argument. */
export function spendsFirst(code: Code, node: t.CallExpression | t.NewExpression): boolean {
	if (node.arguments.length === 0) return false;
	const callee = unwrap(node.callee);
	if (node.type === 'NewExpression')
		return callee.type === 'Identifier' && /^(Map|Set)$/.test(callee.name) && isGlobal(code, callee);
	if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return false;
	const object = unwrap(callee.object);
	return (
		object.type === 'Identifier' &&
		isGlobal(code, object) &&
		/^(Array\.from|Object\.fromEntries)$/.test(`${object.name}.${callee.property.name}`)
	);
}

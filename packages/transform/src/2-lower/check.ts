import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { isPromise } from './starts.ts';
import { type Code, isOfUnit } from './unit.ts';

/** `await new Promise((resolve) => { keep = resolve })`: the resolver outlives the call. */
export function keepsResolvers(code: Code, node: t.NewExpression): boolean {
	const executor = node.arguments[0] && unwrap(node.arguments[0]);
	const info = executor && code.unit.scopes.functions.get(executor);
	if (!isPromise(code, node.callee) || !info) return false;
	for (const reference of code.unit.scopes.references.values()) {
		if (!reference.write || reference.binding === null || !isOfUnit(code.unit, reference.binding)) continue;
		for (let fn = reference.fn; fn; fn = fn.parent) {
			if (fn === info && info.free.has(reference.binding)) return true;
		}
	}
	return false;
}

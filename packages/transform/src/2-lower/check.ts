import type * as t from '@babel/types';
import { type Binding, unwrap } from '../1-parse/scope.ts';
import { isPromise } from './starts.ts';
import { type Code, isOfUnit } from './unit.ts';

/** The function that a binding is declared with. */
function functionOf(binding: Binding): t.FunctionDeclaration | t.FunctionExpression | t.ArrowFunctionExpression | null {
	const made = binding.declaration;
	if (made.type === 'FunctionDeclaration') return made;
	if (made.type !== 'VariableDeclarator' || made.id.type !== 'Identifier' || !made.init) return null;
	const value = unwrap(made.init);
	return value.type === 'FunctionExpression' || value.type === 'ArrowFunctionExpression' ? value : null;
}

export function checkClosure(
	code: Code,
	node: t.FunctionExpression | t.ArrowFunctionExpression | t.FunctionDeclaration | t.ObjectMethod,
): void {
	if (!node.async || !node.generator) return;
	code.unit.sink.report('PD2005', node, {
		what: 'An async generator inside a durable function',
		way: 'await one item after the other in a loop',
	});
}

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

/** `for (const x of numbers()) await …`: a generator of this function would be stored half-way. */
export function checkIterated(code: Code, right: t.Expression): void {
	const plain = unwrap(right);
	if (plain.type !== 'CallExpression') return;
	const callee = unwrap(plain.callee);
	const binding = callee.type === 'Identifier' ? code.unit.scopes.references.get(callee)?.binding : null;
	if (!binding || !isOfUnit(code.unit, binding) || !functionOf(binding)?.generator) return;
	code.unit.sink.report('PD2005', right, {
		what: 'A generator that is iterated while its loop awaits',
		way: 'collect its items in an array first: [...items()]',
	});
}

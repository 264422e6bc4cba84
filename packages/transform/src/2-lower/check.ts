import type * as t from '@babel/types';
import { type Binding, isConstant, unwrap } from '../1-parse/scope.ts';
import { endsInCall } from '../1-parse/suspends.ts';
import { isGlobal } from './static-path.ts';
import { type Code, isOfUnit } from './unit.ts';

const COMBINATORS = new Set(['all', 'allSettled', 'any', 'race']);

/** Is it the call of a combinator of the global `Promise`? */
export function combinatorOf(code: Code, node: t.Node): string | null {
	if (node.type !== 'CallExpression') return null;
	const callee = unwrap(node.callee);
	if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return null;
	const object = unwrap(callee.object);
	if (object.type !== 'Identifier' || object.name !== 'Promise' || !isGlobal(code, object)) return null;
	return COMBINATORS.has(callee.property.name) ? callee.property.name : null;
}

/** Calls elsewhere than in await position that start something. */
export function checkCall(code: Code, node: t.CallExpression | t.OptionalCallExpression | t.NewExpression): void {
	if (code.plain) return;
	checkCombinator(code, node);
	if (!isAsyncCode(code)) return;
	for (const argument of node.arguments) {
		const value = unwrap(argument);
		if ((value.type === 'ArrowFunctionExpression' || value.type === 'FunctionExpression') && value.async) {
			code.unit.sink.report('PD2010', value, {
				what: 'An async function handed to a call that is not awaited',
				way: 'await the call, or do its work in a loop that awaits',
			});
		}
	}
	if (node.type === 'NewExpression') return;
	const callee = unwrap(node.callee);
	if (callee.type !== 'Identifier') return;
	const binding = code.unit.scopes.references.get(callee)?.binding;
	if (binding && (code.unit.durable.has(binding) || isAsyncClosure(code, binding))) {
		code.unit.sink.report('PD2011', node, {
			what: `Starting '${callee.name}' without awaiting it`,
			way: `await it: await ${callee.name}(…)`,
		});
	}
}

/** Does the binding always hold one async function of the unit? */
function isAsyncClosure(code: Code, binding: Binding): boolean {
	if (!isOfUnit(code.unit, binding) || (binding.reassigned && !isConstant(binding))) return false;
	const fn = functionOf(binding);
	return fn !== null && fn.async === true;
}

/** The function that a binding is declared with. */
function functionOf(binding: Binding): t.FunctionDeclaration | t.FunctionExpression | t.ArrowFunctionExpression | null {
	const made = binding.declaration;
	if (made.type === 'FunctionDeclaration') return made;
	if (made.type !== 'VariableDeclarator' || made.id.type !== 'Identifier' || !made.init) return null;
	const value = unwrap(made.init);
	return value.type === 'FunctionExpression' || value.type === 'ArrowFunctionExpression' ? value : null;
}

export function checkCombinator(code: Code, node: t.Node): void {
	const name = combinatorOf(code, node);
	const list = name === null ? undefined : (node as t.CallExpression).arguments[0];
	if (list?.type !== 'ArrayExpression') return;
	const started = list.elements.find((element) => element && element.type !== 'SpreadElement' && endsInCall(element));
	if (started) {
		code.unit.sink.report('PD2013', started, {
			what: `A call started inside Promise.${name}`,
			way: 'await the calls one after the other',
		});
	}
}

/** The durable body itself or an async closure: there a durable function that is called is started. */
function isAsyncCode(code: Code): boolean {
	const node = code.fn.node;
	return 'async' in node && node.async === true && !code.inPlace;
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
export function checkExecutor(code: Code, node: t.NewExpression): void {
	const callee = unwrap(node.callee as t.Expression);
	const executor = node.arguments[0] && unwrap(node.arguments[0]);
	if (callee.type !== 'Identifier' || callee.name !== 'Promise' || !isGlobal(code, callee)) return;
	const info = executor && code.unit.scopes.functions.get(executor);
	if (!info) return;
	for (const [at, reference] of code.unit.scopes.references) {
		if (!reference.write || reference.binding === null || !isOfUnit(code.unit, reference.binding)) continue;
		for (let fn = reference.fn; fn; fn = fn.parent) {
			if (fn !== info || !info.free.has(reference.binding)) continue;
			code.unit.sink.report('PD2015', at, {
				what: `Keeping '${reference.binding.name}' from inside an awaited new Promise`,
				way: 'resolve the promise with the value and use what the await gives',
			});
		}
	}
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

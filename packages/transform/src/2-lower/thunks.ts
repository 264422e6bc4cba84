import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { array, arrow, call, conditional, helper, id, spread, text } from './build.ts';
import type { Closure } from './cfg.ts';
import { templateObject } from './literals.ts';
import { shallow } from './nodes.ts';
import { copy, rewrite } from './rewrite.ts';
import { isPromise, promiseStatic } from './starts.ts';
import { calleeText, isGlobal, staticKey, staticPath } from './static-path.ts';
import { type Code, uniqueName } from './unit.ts';

/** Writes a call or `new` made in place as an argument so that it may be made again; null where an ordinary one does. */
export type Making = (code: Code, node: t.CallExpression | t.NewExpression) => t.Expression | null;

/** Names the function that is called with the arguments that are written. Null where it surely becomes an effect. */
export type CalledWith = (() => t.Expression) | null;

/** By thunks, for a call in await position. */
export function lazily(callee: CalledWith): Making {
	return (code, node) => lazyOf(code, node, callee);
}

/**
 * A call or `new` of a module binding or global, made in place as an argument of what may become an
 * effect: `%lazy(definition, [operands], callee)`. It runs now, and again for a later attempt if what it
 * gave cannot be saved. Should the callee turn out to be no effect, it is a call like any that is not
 * awaited. Null where an ordinary call does.
 */
function lazyOf(code: Code, node: t.CallExpression | t.NewExpression, callee: CalledWith): t.Expression | null {
	const path = foundAgain(code, node);
	if (path === null) return null;
	const known = code.unit.closures.get(node);
	const operands: t.Expression[] = [];
	const params: t.Identifier[] = [];
	const args = node.arguments.map((argument): t.Node => {
		const isSpread = argument.type === 'SpreadElement';
		const value = unwrap((isSpread ? argument.argument : argument) as t.Expression);
		if (!isSpread && isLiteral(value)) return rewrite(code, value);
		operands.push(isSpread ? array([copy(code, argument)]) : operandOf(code, value, callee));
		const name = known ? '' : uniqueName(code.unit, '$operand');
		params.push(id(name));
		return isSpread ? spread(id(name)) : id(name);
	});
	let thunk = known;
	if (!thunk) {
		const made = shallow(node);
		const by = node.type === 'CallExpression' ? id(uniqueName(code.unit, '$by')) : null;
		made.callee = by === null ? path : exchangeable(path, by);
		made.arguments = args as t.Expression[];
		thunk = defineThunk(code, node, calleeText(node.type === 'NewExpression' ? node : node.callee), params, made, {
			by,
		});
	}
	return call(helper('lazy'), [id(thunk.ref), array(operands), ...(callee ? [callee()] : [])]);
}

/** The callee of what may be made again, as it is found then; null where that need not or cannot be. */
export function foundAgain(code: Code, node: t.CallExpression | t.NewExpression): t.Expression | null {
	if (givesSaveable(code, node) || code.unit.begins.has(node) || ofPromise(code, node)) return null;
	return staticPath(code, node.callee);
}

/** `new Promise(...)` and `Promise.all(...)` are of the run. */
function ofPromise(code: Code, node: t.CallExpression | t.NewExpression): boolean {
	return node.type === 'NewExpression' ? isPromise(code, node.callee) : promiseStatic(code, node) !== null;
}

function operandOf(code: Code, node: t.Expression, callee: CalledWith): t.Expression {
	const nested = node.type === 'CallExpression' || node.type === 'NewExpression' ? lazyOf(code, node, callee) : null;
	return nested ?? rewrite(code, node);
}

function isLiteral(node: t.Expression): boolean {
	return /^(Numeric|String|Boolean|Null|BigInt)Literal$/.test(node.type);
}

/** A handler may have another function in its place: `by` gives that, or what has it as that member. */
function exchangeable(path: t.Expression, by: t.Identifier): t.Expression {
	const ask = (value: t.Expression, ...key: t.Expression[]) =>
		conditional({ ...by }, call({ ...by }, [value, ...key]), structuredClone(value));
	if (path.type !== 'MemberExpression') return ask(path);
	return { ...path, object: ask(path.object as t.Expression, text(staticKey(path)!)) };
}

/** Built-ins whose results are plain values: no thunk is needed to have them again. */
const PLAIN = new Set(
	(
		'Array ArrayBuffer BigInt Boolean DataView Date Error EvalError JSON Map Math Number Object RangeError ReferenceError ' +
		'RegExp Set String Symbol SyntaxError TypeError URIError URL URLSearchParams Buffer Uint8Array Uint8ClampedArray Uint16Array ' +
		'Uint32Array Int8Array Int16Array Int32Array Float32Array Float64Array BigInt64Array BigUint64Array decodeURI ' +
		'decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt structuredClone'
	).split(' '),
);

function givesSaveable(code: Code, node: t.CallExpression | t.NewExpression): boolean {
	let root = unwrap(node.callee as t.Expression);
	while (root.type === 'MemberExpression') root = unwrap(root.object) as t.Expression;
	return root.type === 'Identifier' && isGlobal(code, root) && PLAIN.has(root.name);
}

/** A template object cannot be saved, only made again: the same for the same site. */
export function lazyTemplate(code: Code, quasi: t.TemplateLiteral): t.Expression {
	const thunk = code.unit.closures.get(quasi) ?? defineThunk(code, quasi, '', [], templateObject(quasi));
	return call(helper('lazy'), [id(thunk.ref), array([])]);
}

/** What makes `value` again, of the operands that `params` name. `by`: a last parameter, see `FunctionDef.make`. */
export function defineThunk(
	code: Code,
	node: t.Node,
	name: string,
	params: readonly t.Identifier[],
	value: t.Expression,
	{ kind = 'thunk', by = null }: { readonly kind?: 'thunk' | 'import'; readonly by?: t.Identifier | null } = {},
): Closure {
	const thunk: Closure = {
		ref: `%def${code.unit.definitions++}`,
		kind,
		name,
		place: { node, chain: code.chain, loc: node.loc ?? null },
		path: null,
		captures: params.map(({ name }, i) => ({ name, source: `operand${i}`, cell: false })),
		make: arrow(by === null ? params : [...params, by], value),
		body: null,
		wrapper: null,
		closures: [],
		starts: [],
	};
	code.unit.closures.set(node, thunk);
	code.closures.push(thunk);
	return thunk;
}

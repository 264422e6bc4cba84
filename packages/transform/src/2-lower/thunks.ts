import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { array, arrow, call, helper, id, spread } from './build.ts';
import type { Closure } from './cfg.ts';
import type { Frame } from './frame.ts';
import { templateObject } from './literals.ts';
import { shallow } from './nodes.ts';
import { copy, rewrite } from './rewrite.ts';
import { isPromise, promiseStatic } from './starts.ts';
import { calleeText, isGlobal, staticPath } from './static-path.ts';
import { type Code, uniqueName } from './unit.ts';

/** Names the function that is called with the arguments that are written. Null where it surely becomes an effect. */
export type CalledWith = (() => t.Expression) | null;

/**
 * A call or `new` of a module binding or global, made in place as an argument of what may become an
 * effect: `%lazy(definition, [operands], callee)`. It runs now, and again for a later attempt if what it
 * gave cannot be saved. Should the callee turn out to be no effect, it is a call like any that is not
 * awaited. Null where an ordinary call does.
 */
export function lazyOf(
	frame: Frame,
	node: t.CallExpression | t.NewExpression,
	callee: CalledWith,
): t.Expression | null {
	const path = staticPath(frame, node.callee);
	if (!path || givesSaveable(frame, node) || frame.unit.begins.has(node) || ofPromise(frame, node)) return null;
	const known = frame.unit.closures.get(node);
	const operands: t.Expression[] = [];
	const params: t.Identifier[] = [];
	const args = node.arguments.map((argument): t.Node => {
		const isSpread = argument.type === 'SpreadElement';
		const value = unwrap((isSpread ? argument.argument : argument) as t.Expression);
		if (!isSpread && isLiteral(value)) return rewrite(frame, value);
		operands.push(isSpread ? array([copy(frame, argument)]) : operandOf(frame, value, callee));
		const name = known ? '' : uniqueName(frame.unit, '$operand');
		params.push(id(name));
		return isSpread ? spread(id(name)) : id(name);
	});
	let thunk = known;
	if (!thunk) {
		const made = shallow(node);
		made.callee = path;
		made.arguments = args as t.Expression[];
		thunk = defineThunk(frame, node, calleeText(node.type === 'NewExpression' ? node : node.callee), params, made);
	}
	return call(helper('lazy'), [id(thunk.ref), array(operands), ...(callee ? [callee()] : [])]);
}

/** `new Promise(...)` and `Promise.all(...)` are of the run. */
function ofPromise(frame: Frame, node: t.CallExpression | t.NewExpression): boolean {
	return node.type === 'NewExpression' ? isPromise(frame, node.callee) : promiseStatic(frame, node) !== null;
}

function operandOf(frame: Frame, node: t.Expression, callee: CalledWith): t.Expression {
	const nested = node.type === 'CallExpression' || node.type === 'NewExpression' ? lazyOf(frame, node, callee) : null;
	return nested ?? rewrite(frame, node);
}

function isLiteral(node: t.Expression): boolean {
	return /^(Numeric|String|Boolean|Null|BigInt)Literal$/.test(node.type);
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

function givesSaveable(frame: Frame, node: t.CallExpression | t.NewExpression): boolean {
	let root = unwrap(node.callee as t.Expression);
	while (root.type === 'MemberExpression') root = unwrap(root.object) as t.Expression;
	return root.type === 'Identifier' && isGlobal(frame, root) && PLAIN.has(root.name);
}

/** A template object cannot be saved, only made again: the same for the same site. */
export function lazyTemplate(frame: Frame, quasi: t.TemplateLiteral): t.Expression {
	const thunk = frame.unit.closures.get(quasi) ?? defineThunk(frame, quasi, '', [], templateObject(quasi));
	return call(helper('lazy'), [id(thunk.ref), array([])]);
}

/** What makes `value` again, of the operands that `params` name. */
export function defineThunk(
	code: Code,
	node: t.Node,
	name: string,
	params: readonly t.Identifier[],
	value: t.Expression,
	kind: 'thunk' | 'import' = 'thunk',
): Closure {
	const thunk: Closure = {
		ref: `%def${code.unit.definitions++}`,
		kind,
		name,
		place: { node, chain: code.chain, loc: node.loc ?? null },
		path: null,
		captures: params.map(({ name }, i) => ({ name, source: `operand${i}`, cell: false })),
		make: arrow(params, value),
		body: null,
		wrapper: null,
		closures: [],
		starts: [],
	};
	code.unit.closures.set(node, thunk);
	code.closures.push(thunk);
	return thunk;
}

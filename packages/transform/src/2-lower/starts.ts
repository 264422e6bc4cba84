import type * as t from '@babel/types';
import { isConstant, unwrap } from '../1-parse/scope.ts';
import { rewriteArgument } from './arguments.ts';
import { begunAsOne } from './begun-chain.ts';
import {
	array,
	assign,
	call,
	conditional,
	construct,
	helper,
	id,
	member,
	nothing,
	number,
	sequence,
	spread,
	text,
} from './build.ts';
import type { Site } from './cfg.ts';
import type { Frame } from './frame.ts';
import { importParts, rewriteImport } from './imports.ts';
import { interpose } from './interpose.ts';
import { templateObject } from './literals.ts';
import { listMade, type MadeInPlace, rewriteInPlace } from './made-in-place.ts';
import { shallow } from './nodes.ts';
import { privateKey } from './private-names.ts';
import { copy, rewrite, rewriteNode } from './rewrite.ts';
import { calleeSite, rewriteChain } from './rewrite-chain.ts';
import { markSpent, spendsFirst } from './spent.ts';
import { calleeText, isGlobal, staticKey, staticPath } from './static-path.ts';
import { isSuperMember, privateRead, type SuperMember, superCallee, writtenKey } from './super.ts';
import { type CalledWith, lazily } from './thunks.ts';
import { type Code, isOfUnit } from './unit.ts';

/**
 * Calls that are not awaited where they stand (language.md, "Calls", the column "elsewhere"): they run
 * at once, as written, and what they give is looked at. A promise of the host's means that an effect
 * has started (and a native iterator cannot be saved): `%concernsTurn($value = f($a = x)) ? %started(frame, site, $value, f, void 0, [$a]) : $value`.
 * A log may have what it gives, so that it is not made at all: interpose.ts.
 *
 * And calls in await position that are not waited for yet, the elements of `Promise.all([...])` or the
 * right side of an assignment: `%begin(frame, site, f, void 0, [x])` gives the promise and nothing has
 * started before the turn is durable.
 */
export function rewriteCall(
	code: Code,
	node: t.CallExpression | t.NewExpression,
	around: MadeInPlace[] | null = null,
): t.Expression {
	if (code.plain) return copy(code, node);
	const imported = importParts(node);
	if (imported) return rewriteImport(code, node, imported);
	const ofPromise = rewritePromise(code, node);
	if (ofPromise) return ofPromise;
	if (spendsFirst(code, node)) markSpent(code, node.arguments[0]!);
	if (node.type === 'NewExpression' || !mayStart(code, node)) return copy(code, node);
	if (code.unit.spent.has(node)) return copy(code, node);
	const grouped = unwrap(node.callee);
	if (grouped.type === 'OptionalMemberExpression') return rewriteGrouped(code, node, grouped);
	if (code.unit.begins.has(node)) return rewriteBegin(code, node);
	const target = targetOf(code, unwrap(node.callee as t.Expression) as t.Expression);
	const made: MadeInPlace[] = [];
	const args = node.arguments.map((argument) => keptArgument(code, argument as t.Expression | t.SpreadElement, made));
	const given = args.map((each) => each.first);
	const called = target.invoked
		? call(helper('invoke'), [target.callee, target.self(), array(given), text(target.site.name)])
		: call(target.callee, given);
	const again = args.map((each) => each.again());
	return watched(code, node, called, target, again, made, around);
}

/** `(a?.b)(x)`: the parentheses end the chain but keep its receiver. */
function rewriteGrouped(code: Code, node: t.CallExpression, grouped: t.OptionalMemberExpression): t.Expression {
	const receiver = code.local('this', grouped.object);
	const callee = keep(code, rewriteChain(code, grouped, { receiver }), 'callee', grouped);
	const inPlace: MadeInPlace[] = [];
	const args = node.arguments.map((argument) =>
		keptArgument(code, argument as t.Expression | t.SpreadElement, inPlace),
	);
	const first = array(args.map((each) => each.first));
	const made = call(helper('invoke'), [callee.first, id(receiver), first, text(calleeText(grouped))]);
	const target = {
		callee: made,
		again: callee.again,
		self: () => id(receiver),
		key: null,
		site: calleeSite(code, grouped, false),
	};
	const again = args.map((each) => each.again());
	return watched(code, node, made, target, again, inPlace);
}

/** A tagged template is a call: of its tag, with the strings and the values. */
export function rewriteTagged(code: Code, node: t.TaggedTemplateExpression): t.Expression {
	const tag = unwrap(node.tag);
	const grouped = isSuperMember(tag) || tag.type === 'OptionalMemberExpression';
	if (code.plain || grouped || isNever(code, tag)) return copy(code, node);
	const target = targetOf(code, tag);
	const inPlace: MadeInPlace[] = [];
	const values = node.quasi.expressions.map((value) => keptArgument(code, value as t.Expression, inPlace));
	const made = shallow(node);
	made.tag = target.callee;
	made.quasi = shallow(node.quasi);
	made.quasi.expressions = values.map(({ first }) => first as t.Expression);
	const again = values.map((each) => each.again());
	return watched(code, node, made, target, [templateObject(node.quasi), ...again], inPlace);
}

/** Looks at what a call has given. `inPlace`: what stands in its arguments; `around`: of a call in whose arguments it stands. */
export function watched(
	code: Code,
	node: t.Node,
	made: t.Expression,
	target: Target,
	args: readonly t.Node[],
	inPlace: readonly MadeInPlace[] = [],
	around: MadeInPlace[] | null = null,
): t.Expression {
	const value = code.local('given', node);
	const site = siteNumber(code, node, target);
	around?.push(...inPlace, { site, value, args });
	const { before, made: called } = interpose(code, node, made, target, site);
	const asked = call(helper('concernsTurn'), [assign(id(value), called)]);
	const started = call(helper('started'), [
		id(code.owner),
		number(site),
		id(value),
		isPlainMember(target) ? nothing() : target.again(),
		target.self(),
		array(args),
		...(target.key ? [target.key()] : inPlace.length > 0 ? [nothing()] : []),
		...(inPlace.length > 0 ? [listMade(inPlace)] : []),
	]);
	return sequence(...before, conditional(asked, started, id(value)));
}

/** A member of a kept receiver is found by its key, without reading it again: that might be a getter. */
function isPlainMember({ site }: Target): boolean {
	return site.key !== undefined && !site.reload?.[1] && site.read === undefined;
}

function rewriteBegin(code: Code, node: t.CallExpression): t.Expression {
	return begunAsOne(code, node, lastBegun(code, node));
}

/** The last call of a chain is begun; those before it run as they stand. */
function lastBegun(code: Code, node: t.CallExpression): t.Expression {
	const callee = unwrap(node.callee as t.Expression) as t.Expression;
	const target = targetOf(code, callee);
	let held: Kept | null = null;
	const calledWith = () => {
		if (staticPath(code, callee)) return target.again();
		held ??= keep(code, target.callee, 'callee', callee);
		return held.again();
	};
	const args = begunArguments(code, node.arguments, calledWith);
	return begin(code, node, target, (held as Kept | null)?.first ?? target.callee, target.self(), args);
}

/** As of any call that may become an effect: what is made in place may be made again. */
export function begunArguments(code: Code, args: readonly t.Node[], callee: CalledWith): t.Node[] {
	return args.map((argument) =>
		argument.type === 'SpreadElement'
			? rewriteNode(code, argument)
			: rewriteArgument(code, argument as t.Expression, lazily(callee)),
	);
}

export function begin(
	code: Code,
	node: t.Node,
	target: Pick<Target, 'site' | 'key'>,
	callee: t.Expression,
	self: t.Expression,
	args: readonly t.Node[],
	rest: readonly t.Expression[] = [],
): t.Expression {
	const key = target.key?.() ?? (rest.length > 0 ? nothing() : null);
	return call(helper('begin'), [
		id(code.owner),
		number(siteNumber(code, node, target)),
		callee,
		self,
		array(args),
		...(key ? [key] : []),
		...(rest.length > 0 ? [array(rest)] : []),
	]);
}

/** What is called, written so that it can be named again afterwards. */
export interface Target {
	readonly callee: t.Expression;
	readonly again: () => t.Expression;
	readonly self: () => t.Expression;
	/** A computed key of the receiver. */
	readonly key: (() => t.Expression) | null;
	readonly site: Pick<Site, 'name' | 'reload' | 'key' | 'read' | 'links'>;
	/** The callee is a value: the receiver must be said. */
	readonly invoked?: true;
}

export function targetOf(code: Code, callee: t.Expression): Target {
	const name = calleeText(callee);
	const path = staticPath(code, callee);
	if (path) {
		const receiver = () => (callee.type === 'MemberExpression' ? staticPath(code, callee.object)! : nothing());
		return {
			callee: path,
			again: () => staticPath(code, callee)!,
			self: receiver,
			key: null,
			site: { name, reload: [callee.type === 'MemberExpression' ? receiver() : null, staticPath(code, callee)!] },
		};
	}
	if (isSuperMember(callee)) return superTarget(code, callee, name);
	if (callee.type === 'MemberExpression') return memberTarget(code, callee, name);
	const kept = steady(code, callee) ?? keep(code, rewrite(code, callee), 'callee', callee);
	return { callee: kept.first, again: kept.again, self: nothing, key: null, site: { name, reload: null } };
}

function superTarget(code: Code, node: SuperMember, name: string): Target {
	const { read, self, found } = superCallee(code, node)!;
	const written = writtenKey(node);
	const key = written
		? { first: written, again: () => shallow(written) }
		: keep(code, call(helper('propertyKey'), [rewrite(code, node.property as t.Expression)]), 'key', node.property);
	const callee = keep(code, read(key.first), 'callee', node);
	return {
		callee: callee.first,
		again: callee.again,
		self,
		key: written ? null : key.again,
		site: { name, reload: null, ...(found ? { ...found, key: staticKey(node) } : {}) },
		invoked: true,
	};
}

function memberTarget(code: Code, callee: t.MemberExpression, name: string): Target {
	const object = unwrap(callee.object) as t.Expression;
	const receiver = steady(code, object) ?? keep(code, rewrite(code, object), 'this', object);
	const computed = callee.computed && !/^(String|Numeric)Literal$/.test(callee.property.type);
	const key = computed
		? keep(code, call(helper('propertyKey'), [rewrite(code, callee.property as t.Expression)]), 'key', callee.property)
		: null;
	const read = (from: t.Expression, property: t.Expression | null) => {
		const result = shallow(callee);
		result.object = from;
		result.property = property ?? shallow(callee.property as t.Identifier);
		return privateKey(code, callee, result);
	};
	const found = key ? { key: null } : (privateRead(code, callee) ?? { key: staticKey(callee)! });
	return {
		callee: read(receiver.first, key?.first ?? null),
		again: () => read(receiver.again(), key?.again() ?? null),
		self: receiver.again,
		key: key === null ? null : key.again,
		// What a computed key is read from is found again, if the module has it.
		site: { name, reload: key && staticPath(code, object) ? [staticPath(code, object)!, null] : null, ...found },
	};
}

export interface Kept {
	readonly first: t.Expression;
	readonly again: () => t.Expression;
}

export function keep(code: Code, value: t.Expression, role: string, node: t.Node): Kept {
	const name = code.local(role, node);
	return { first: assign(id(name), value), again: () => id(name) };
}

/** An expression that gives the same value each time it is read. */
export function steady(code: Code, node: t.Expression): Kept | null {
	const literal = /^(Numeric|String|Boolean|Null|BigInt)Literal$/.test(node.type);
	if (!literal && !isSteadyName(code, node)) return null;
	return { first: rewrite(code, node), again: () => rewrite(code, node) };
}

export function isSteadyName(code: Code, node: t.Expression): boolean {
	if (node.type !== 'Identifier' && node.type !== 'ThisExpression') return false;
	const reference = code.unit.scopes.references.get(node);
	if (!reference || reference.early || !isOfUnit(code.unit, reference.binding)) return false;
	return !reference.binding.reassigned || isConstant(reference.binding);
}

/** An argument that is named again after the call. `made` takes up what is made in place there. */
export function keptArgument(
	code: Code,
	node: t.Expression | t.SpreadElement,
	made: MadeInPlace[],
): { first: t.Node; again: () => t.Node } {
	if (node.type === 'SpreadElement') {
		markSpent(code, node.argument);
		const list = keep(code, array([copy(code, node)]), 'arg', node);
		return { first: spread(list.first), again: () => spread(list.again()) };
	}
	const plain = unwrap(node) as t.Expression;
	return steady(code, plain) ?? keep(code, rewriteInPlace(code, node, made), 'arg', plain);
}

export function siteNumber(code: Code, node: t.Node, { site }: Pick<Target, 'site'>): number {
	const loops = code.frame ? (code as Frame).region.loops : [];
	return code.starts.push({ node, chain: code.chain, loc: node.loc ?? null, loops, ...site }) - 1;
}

/** Built-ins, and functions of every host, that give no promise. */
const NEVER = new Set(
	(
		'Array ArrayBuffer Atomics BigInt Boolean DataView Date Error EvalError Function Intl JSON Map Math Number Object Proxy ' +
		'RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError URL URLSearchParams WeakMap ' +
		'WeakRef WeakSet console decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt ' +
		'queueMicrotask structuredClone'
	).split(' '),
);

const INDIRECT = new Set(['fromAsync', 'prototype', 'apply', 'call', 'bind']);

export function mayStart(code: Code, node: t.CallExpression): boolean {
	const callee: t.Node = unwrap(node.callee);
	if (callee.type === 'Super') return false;
	if (isSuperMember(callee)) return superCallee(code, callee) !== null;
	return !isNever(code, callee);
}

function isNever(code: Code, callee: t.Node): boolean {
	let root = callee;
	while (root.type === 'MemberExpression') {
		// `Array.prototype.values.call(list)`, `Reflect.apply(f, null, [])`: what is called is anything.
		if (root.property.type === 'Identifier' && INDIRECT.has(root.property.name)) return false;
		root = unwrap(root.object);
	}
	return root.type === 'Identifier' && isGlobal(code, root) && NEVER.has(root.name);
}

const STATICS = new Set(['all', 'allSettled', 'any', 'race', 'resolve', 'reject', 'withResolvers', 'try']);
/** Is it the name of a static method that makes promises? */
export function isStaticOfPromise(key: t.Node): boolean {
	return key.type === 'Identifier' && STATICS.has(key.name);
}

const COMBINATORS = new Set(['all', 'allSettled', 'any', 'race']);

/** The global `Promise` itself, by its name. */
export function isPromise(code: Code, node: t.Node): boolean {
	const plain = unwrap(node);
	return plain.type === 'Identifier' && plain.name === 'Promise' && isGlobal(code, plain);
}

/** The name of the static method of the global `Promise` that is called, or null. */
export function promiseStatic(code: Code, node: t.Node): string | null {
	if (node.type !== 'CallExpression') return null;
	const callee = unwrap(node.callee);
	if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return null;
	return isPromise(code, callee.object) && STATICS.has(callee.property.name) ? callee.property.name : null;
}

/** `Promise.all(...)`, `new Promise(...)`: of the run, inside a turn. */
function rewritePromise(code: Code, node: t.CallExpression | t.NewExpression): t.Expression | null {
	const args = () => node.arguments.map((argument) => rewriteNode(code, argument));
	if (node.type === 'NewExpression') {
		return isPromise(code, node.callee) ? construct(helper('PromiseOf'), args()) : null;
	}
	const name = promiseStatic(code, node);
	if (name === null) return null;
	markElements(code, node);
	return call(member(helper('PromiseOf'), name), args());
}

/** Elements of an array literal that is handed to a combinator are in await position. */
export function markElements(code: Code, node: t.CallExpression): void {
	const name = promiseStatic(code, node);
	const first = name !== null && COMBINATORS.has(name) ? node.arguments[0] : undefined;
	const list = first && unwrap(first);
	if (list?.type !== 'ArrayExpression') return;
	for (const element of list.elements) if (element && element.type !== 'SpreadElement') markBegin(code, element);
}

/** Calls in the await position of an expression that is not awaited where it stands. */
export function markBegin(code: Code, operand: t.Expression): void {
	const node = unwrap(operand);
	switch (node.type) {
		case 'CallExpression':
			code.unit.begins.add(node);
			return;
		case 'SequenceExpression':
			markBegin(code, node.expressions.at(-1)!);
			return;
		case 'ConditionalExpression':
			markBegin(code, node.consequent);
			markBegin(code, node.alternate);
			return;
		case 'LogicalExpression':
		case 'AssignmentExpression':
			markBegin(code, node.right);
			return;
		default:
	}
}

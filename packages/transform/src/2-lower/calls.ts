import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { rewriteArgument } from './arguments.ts';
import {
	array,
	assign,
	at,
	binary,
	call,
	conditional,
	helper,
	id,
	logical,
	nothing,
	spread,
	statement,
	text,
	unary,
} from './build.ts';
import { isNullish, lowerValue } from './expressions.ts';
import type { Draft, Frame } from './frame.ts';
import { type Link, linkSuspends, takeApart } from './links.ts';
import { type MadeInPlace, rewriteInPlace } from './made-in-place.ts';
import { shallow } from './nodes.ts';
import { holdValue, isFixed, isHeld, lowerList } from './operands.ts';
import { privateKey } from './private-names.ts';
import { rewrite } from './rewrite.ts';
import { begin, isPromise, isStaticOfPromise, markElements, promiseStatic, type Target, watched } from './starts.ts';
import { calleeText, isModuleName, staticKey, staticPath } from './static-path.ts';
import { isSuperMember, privateRead, type SuperCallee, type SuperMember, superCallee, writtenKey } from './super.ts';
import { lazily } from './thunks.ts';

/** A value on the way through a chain, and what it was read from if it is about to be called. */
export interface Cursor {
	readonly value: t.Expression;
	readonly node: t.Expression;
	/** Kept: it may be evaluated again. Null for a call without a receiver. */
	readonly receiver: t.Expression | null;
	/** A computed key of the receiver, kept as a property key. */
	readonly key: t.Expression | null;
	/** Of `super.m`: reads it again. */
	readonly ofSuper?: SuperCallee & { readonly again: () => t.Expression };
}

/** A chain with a suspension in it, elsewhere than in await position; or `delete` of one. */
export function lowerLinked(frame: Frame, node: t.Expression, use: 'value' | 'delete'): t.Expression {
	const { root, links } = takeApart(node);
	const finish = (cursor: Cursor) => (use === 'delete' ? unary('delete', cursor.value) : cursor.value);
	if (!links.some((link) => link.optional)) return finish(follow(frame, root, links, null, null));
	const result = frame.temporary('value', node);
	const short = frame.block();
	const after = frame.block();
	const value = finish(follow(frame, root, links, short, null));
	frame.emit(statement(assign(id(result), value)));
	frame.goto(after);
	frame.current = short;
	frame.emit(
		statement(
			assign(id(result), use === 'delete' ? ({ type: 'BooleanLiteral', value: true } as t.BooleanLiteral) : nothing()),
		),
	);
	frame.goto(after);
	frame.current = after;
	return id(result);
}

/**
 * Follows the links of a chain from left to right; where one ends early it goes to `short`. With
 * `called` the chain's value is about to be called with arguments that suspend ('held') or not
 * ('now'): the receiver is kept.
 */
export function follow(
	frame: Frame,
	root: t.Expression,
	links: readonly Link[],
	short: Draft | null,
	called: 'held' | 'now' | null,
	from: t.Expression | null = null,
): Cursor {
	let cursor: Cursor;
	const calledFirst = links[0] ? links[0].kind === 'call' : called !== null;
	if (from) cursor = { value: from, node: root, receiver: null, key: null };
	else if (calledFirst && isOptionalMember(root)) cursor = startReference(frame, root);
	else cursor = { value: start(frame, root), node: root, receiver: null, key: null };
	links.forEach((link, i) => {
		const next = links[i + 1];
		let use = next ? (next.kind === 'call' ? useOfCall(frame, next) : null) : called;
		// What stands for `super` is no receiver.
		if (next?.kind === 'call' && isSuperMember(link.node)) use ??= 'now';
		cursor =
			link.kind === 'member' ? followMember(frame, cursor, link, use, short) : followCall(frame, cursor, link, short);
	});
	if (called === 'held') cursor = { ...cursor, value: holdCallee(frame, cursor) };
	return cursor;
}

/** `(a?.b)(c)`: the parentheses end the chain but keep its receiver. */
function startReference(frame: Frame, root: t.OptionalMemberExpression): Cursor {
	const { root: inner, links } = takeApart(root);
	const short = frame.block();
	const after = frame.block();
	const receiver = frame.temporary('this', root.object);
	const callee = frame.temporary('callee', root);
	const found = follow(frame, inner, links, short, 'now');
	frame.emit(statement(assign(id(receiver), again(found.receiver!))), statement(assign(id(callee), found.value)));
	frame.goto(after);
	frame.current = short;
	frame.emit(statement(assign(id(receiver), nothing())), statement(assign(id(callee), nothing())));
	frame.goto(after);
	frame.current = after;
	return { value: id(callee), node: root, receiver: id(receiver), key: null };
}

function isOptionalMember(node: t.Expression): node is t.OptionalMemberExpression {
	return node.type === 'OptionalMemberExpression';
}

function start(frame: Frame, root: t.Expression): t.Expression {
	return suspends(root, frame.unit.memo) ? lowerValue(frame, root) : rewrite(frame, root);
}

/** How a call link uses its callee. What the call gives is looked at, for which its receiver is named again. */
function useOfCall(frame: Frame, link: Link & { kind: 'call' }): 'held' | 'now' {
	return linkSuspends(frame, link) ? 'held' : 'now';
}

function followMember(
	frame: Frame,
	from: Cursor,
	link: Link & { kind: 'member' },
	use: 'held' | 'now' | null,
	short: Draft | null,
): Cursor {
	const node = link.node;
	if (isSuperMember(node) && use !== null) {
		const found = followSuper(frame, node);
		if (found) return found;
	}
	let object = from.value;
	if (link.optional) {
		object = keep(frame, object, from.node, 'object', false);
		endOnNullish(frame, object, short);
		object = again(object);
	}
	const keySuspends = linkSuspends(frame, link);
	let receiver: t.Expression | null = null;
	// What stands for `super` is made anew each time.
	if (from.node.type === ('Super' as string)) {
		if (keySuspends) object = again(object);
	} else if (use !== null) {
		receiver = keep(frame, object, from.node, 'this', use === 'held' || keySuspends);
		object = again(receiver);
	} else if (keySuspends) object = keep(frame, object, from.node, 'object', true);

	let key: t.Expression | null = null;
	const result = shallow(node) as t.MemberExpression;
	// The early end was decided above; what is left is a plain member.
	result.type = 'MemberExpression';
	delete (result as { optional?: unknown }).optional;
	// The promises that it makes are of the run.
	const ofPromise = !node.computed && isPromise(frame, from.node) && isStaticOfPromise(node.property);
	result.object = ofPromise ? helper('PromiseOf') : object;
	if (node.computed) {
		const property = node.property as t.Expression;
		let written = suspends(property, frame.unit.memo) ? lowerValue(frame, property) : rewrite(frame, property);
		if (use !== null && !isLiteralKey(property)) {
			written = holdValue(frame, call(helper('propertyKey'), [written]), 'key', property);
			key = again(written);
		}
		result.property = written;
	} else result.property = shallow(node.property) as t.Identifier;
	privateKey(frame, node, result);
	return { value: result, node, receiver, key };
}

/** `super.m`, about to be called with `this`. */
function followSuper(frame: Frame, node: SuperMember): Cursor | null {
	const callee = superCallee(frame, node);
	if (!callee) return null;
	const written = writtenKey(node);
	let key: t.Expression | null = null;
	if (!written) {
		const property = node.property as t.Expression;
		const value = suspends(property, frame.unit.memo) ? lowerValue(frame, property) : rewrite(frame, property);
		key = holdValue(frame, call(helper('propertyKey'), [value]), 'key', property);
	}
	const read = () => callee.read(key ? again(key) : shallow(written!));
	return { value: read(), node, receiver: callee.self(), key, ofSuper: { ...callee, again: read } };
}

function isLiteralKey(node: t.Expression): boolean {
	return node.type === 'StringLiteral' || node.type === 'NumericLiteral';
}

function followCall(frame: Frame, from: Cursor, link: Link & { kind: 'call' }, short: Draft | null): Cursor {
	const node = link.node;
	let callee = from.value;
	const held = linkSuspends(frame, link);
	if (held) callee = holdCallee(frame, from);
	else if (link.optional) callee = holdValue(frame, callee, 'callee', from.node);
	if (link.optional) {
		endOnNullish(frame, callee, short);
		callee = again(callee);
	}
	if (frame.unit.begins.has(node)) {
		const target = startOf(frame, from, callee);
		const args = lowerList(frame, node.arguments, 'arg', (each) => rewriteArgument(frame, each, lazily(target.again)));
		const value = begin(frame, node, target, callee, target.self(), args as t.Expression[]);
		return { value, node, receiver: null, key: null };
	}
	if (node.type === 'CallExpression') markElements(frame, node);
	const inPlace: MadeInPlace[] = [];
	const args = lowerList(frame, node.arguments, 'arg', (each) => rewriteInPlace(frame, each, inPlace));
	const value = callThere(frame, node, from, callee, args as (t.Expression | t.SpreadElement)[], inPlace);
	return { value, node, receiver: null, key: null };
}

/** Calls what a chain has come to, and looks at what it gives. */
export function callThere(
	frame: Frame,
	node: t.CallExpression | t.OptionalCallExpression | t.TaggedTemplateExpression,
	from: Cursor,
	callee: t.Expression,
	list: readonly (t.Expression | t.SpreadElement)[],
	inPlace: readonly MadeInPlace[] = [],
): t.Expression {
	const args = list.map((argument) => nameable(frame, argument));
	const given = args.map((each) => each.first) as t.Expression[];
	const made = from.receiver ? invoke(from, callee, given) : at(call(callee, given), node);
	const ofPromise = node.type !== 'TaggedTemplateExpression' && promiseStatic(frame, node) !== null;
	if (ofPromise) return made;
	const again = args.map((each) => each.again());
	return watched(frame, node, made, startOf(frame, from, callee), again, inPlace);
}

/** An argument that can be named again after the call. */
function nameable(frame: Frame, value: t.Expression | t.SpreadElement): { first: t.Node; again: () => t.Node } {
	if (value.type === 'SpreadElement') {
		const list = nameable(frame, isHeld(frame, value.argument) ? value.argument : array([value]));
		return { first: spread(list.first as t.Expression), again: () => spread(list.again() as t.Expression) };
	}
	if (isHeld(frame, value) || value.type.endsWith('Literal')) return { first: value, again: () => ({ ...value }) };
	const name = frame.temporary('arg', value);
	return { first: assign(id(name), value), again: () => id(name) };
}

/** How a callee that was followed to can be named again. */
function startOf(frame: Frame, from: Cursor, callee: t.Expression): Target {
	const node = unwrap(from.node);
	const path = staticPath(frame, node);
	const name = calleeText(node);
	const isMember = node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression';
	const self = () => (from.receiver ? again(from.receiver) : nothing());
	const key = from.key ? () => again(from.key!) : null;
	const found = () => {
		if (callee.type === 'Identifier' || callee.type === 'MemberExpression') return again(callee);
		// A callee that was kept while its arguments suspended is a choice between names.
		return callee.type === 'ConditionalExpression' ? structuredClone(callee) : nothing();
	};
	if (path) {
		const receiver = isMember ? staticPath(frame, node.object) : null;
		return { callee, again: () => staticPath(frame, node)!, self, key, site: { name, reload: [receiver, path] } };
	}
	if (!isMember || from.receiver === null) return { callee, again: found, self, key, site: { name, reload: null } };
	const reading = key ? { key: null } : (privateRead(frame, node) ?? { key: staticKey(node) });
	if (!from.ofSuper) return { callee, again: found, self, key, site: { name, reload: null, ...reading } };
	const { found: findable, again: reread } = from.ofSuper;
	const site = findable ? { name, reload: null, ...reading, ...findable } : { name, reload: null };
	return { callee, again: callee.type === 'Identifier' ? found : reread, self, key, site };
}

/** Calls a callee that was read from its receiver before. */
export function invoke(from: Cursor, callee: t.Expression, args: readonly t.Node[]): t.Expression {
	const { value, receiver, node } = from;
	// Not read yet: the call reads it.
	if (callee === value && callee.type === 'MemberExpression') return at(call(callee, args), node);
	return at(call(helper('invoke'), [callee, again(receiver!), array(args), text(calleeText(node))]), node);
}

/**
 * Keeps a callee while its arguments suspend. A member of a saved receiver need not be saveable: only
 * a function of the run is saved (`%kept`), any other is read again after a restore. (`undefined`
 * marks that, so an absent member is kept as null.)
 */
function holdCallee(frame: Frame, from: Cursor): t.Expression {
	const { value, node, receiver } = from;
	if (isHeld(frame, value) || isFixed(frame, unwrap(node)) || isOfPromise(value)) return value;
	const path = staticPath(frame, node);
	if (path) return holdValue(frame, value, 'callee', node, path);
	if (!receiver) return holdValue(frame, value, 'callee', node);
	const { type: _, ...read } = value as t.MemberExpression;
	const reread = () =>
		from.ofSuper?.again() ??
		({
			type: 'MemberExpression',
			...read,
			object: again(receiver),
			property: { ...read.property },
		} as t.MemberExpression);
	const nothingThere = { type: 'NullLiteral' } as t.NullLiteral;
	const kept = holdValue(frame, logical('??', value, nothingThere), 'callee', node, nothing());
	const saved = holdValue(frame, call(helper('kept'), [again(kept)]), 'kept', node);
	return conditional(binary('===', kept, nothing()), logical('??', saved, reread()), again(kept));
}

/** `Promise.resolve` and the like as a run has them: always there. */
function isOfPromise(value: t.Expression): boolean {
	return value.type === 'MemberExpression' && value.object.type === 'Identifier' && value.object.name === '%PromiseOf';
}

/** Keeps an object that is used more than once; for `later`, over suspensions too. */
function keep(frame: Frame, value: t.Expression, node: t.Expression, role: string, later: boolean): t.Expression {
	const plain = unwrap(node);
	if (isHeld(frame, value) || isFixed(frame, plain)) return value;
	if (!later && isModuleName(frame, plain)) return value;
	return holdValue(frame, value, role, plain, staticPath(frame, plain));
}

/** Goes to `short` where a chain ends early. */
function endOnNullish(frame: Frame, value: t.Expression, short: Draft | null): void {
	const next = frame.block();
	frame.branch(isNullish(value), short!, next);
	frame.current = next;
}

/** The same kept value once more: no two places share a node. */
export function again<E extends t.Expression>(value: E): E {
	if (value.type === 'CallExpression') {
		return { ...value, arguments: value.arguments.map((argument) => again(argument as t.Expression)) } as E;
	}
	return value.type === 'MemberExpression'
		? ({ ...value, object: again(value.object as t.Expression), property: { ...value.property } } as E)
		: { ...value };
}

import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { array, assign, at, call, conditional, helper, id, nothing, text, unary } from './build.ts';
import { isNullish } from './expressions.ts';
import { type Link, takeApart } from './links.ts';
import type { MadeInPlace } from './made-in-place.ts';
import { shallow } from './nodes.ts';
import { privateKey } from './private-names.ts';
import { rewrite, rewriteNode } from './rewrite.ts';
import { type Kept, keep, keptArgument, steady, type Target, watched } from './starts.ts';
import { calleeText, staticKey, staticPath } from './static-path.ts';
import type { Code } from './unit.ts';

/** Where a chain has come to. */
interface Cursor {
	readonly node: t.Expression;
	readonly value: t.Expression;
	/** `value` is a variable, or as good as one. */
	readonly kept: boolean;
	/** Of a member that is about to be called: what it is read from, and by which computed key. */
	readonly self: (() => t.Expression) | null;
	readonly key: (() => t.Expression) | null;
}

interface Use {
	readonly kind: 'value' | 'delete';
	/** The chain is a callee in parentheses, `(a?.b)(x)`: this variable gets its receiver. */
	readonly receiver: string | null;
}

/**
 * An optional chain of opaque code that calls something. What a call gives is looked at (starts.ts), so
 * the early end is written out: `a?.b(x)` is `($o = a) == null ? void 0 : %concernsTurn($g = $o.b($x = x)) ? ... : $g`.
 */
export function rewriteChain(code: Code, node: t.Expression, use: Partial<Use> = {}): t.Expression {
	const { root, links } = takeApart(node);
	const start = { node: root, value: rewrite(code, root), kept: steady(code, root) !== null, self: null, key: null };
	return follow(code, start, links, { kind: 'value', receiver: null, ...use });
}

/** Is it an optional chain that calls something? */
export function callsInChain(node: t.Node): node is t.OptionalCallExpression | t.OptionalMemberExpression {
	let current = node;
	for (;;) {
		if (current.type === 'OptionalCallExpression') return !isOfSuper(current);
		if (current.type !== 'OptionalMemberExpression') return false;
		current = unwrap(current.object);
	}
}

function isOfSuper(node: t.Node): boolean {
	let current = node;
	for (;;) {
		if ('callee' in current) current = unwrap(current.callee as t.Node);
		else if ('object' in current) current = unwrap(current.object as t.Node);
		else return current.type === 'Super';
	}
}

function follow(code: Code, from: Cursor, [link, ...rest]: readonly Link[], use: Use): t.Expression {
	if (link === undefined) return use.kind === 'delete' ? unary('delete', from.value) : from.value;
	if (link.optional) {
		const held = hold(code, from, link.kind === 'call' ? 'callee' : 'object');
		const next = { ...from, value: held.again(), kept: true };
		const early = use.kind === 'delete' ? ({ type: 'BooleanLiteral', value: true } as t.BooleanLiteral) : nothing();
		return conditional(isNullish(held.first), early, follow(code, next, [{ ...link, optional: false }, ...rest], use));
	}
	if (link.kind === 'call') return follow(code, followCall(code, from, link.node), rest, use);
	const called = rest[0]?.kind === 'call' || (rest.length === 0 && use.receiver !== null);
	return follow(code, followMember(code, from, link.node, called, rest.length === 0 ? use.receiver : null), rest, use);
}

function hold(code: Code, { value, kept, node }: Cursor, role: string): Kept {
	if (kept) return { first: value, again: () => ({ ...value }) };
	return keep(code, value, role, node);
}

function followMember(
	code: Code,
	from: Cursor,
	node: t.MemberExpression | t.OptionalMemberExpression,
	called: boolean,
	into: string | null,
): Cursor {
	const result = shallow(node) as t.MemberExpression;
	// The early end was decided above; what is left is a plain member.
	result.type = 'MemberExpression';
	delete (result as { optional?: unknown }).optional;
	const held = called ? hold(code, from, 'this') : null;
	result.object = into === null ? (held?.first ?? from.value) : assign(id(into), from.value);
	const literal = !node.computed || /^(String|Numeric)Literal$/.test(node.property.type);
	const key =
		literal || !called
			? null
			: keep(code, call(helper('propertyKey'), [rewriteNode(code, node.property)]), 'key', node.property);
	result.property =
		key?.first ?? ((node.computed ? rewriteNode(code, node.property) : shallow(node.property)) as never);
	privateKey(code, node, result);
	return { node, value: result, kept: false, self: held?.again ?? null, key: key?.again ?? null };
}

function followCall(code: Code, from: Cursor, node: t.CallExpression | t.OptionalCallExpression): Cursor {
	const inPlace: MadeInPlace[] = [];
	const args = node.arguments.map((argument) =>
		keptArgument(code, argument as t.Expression | t.SpreadElement, inPlace),
	);
	const first = args.map((each) => each.first);
	const callee = from.kept || from.self !== null ? from : { ...from, ...heldCallee(code, from) };
	const made =
		from.kept && from.self !== null
			? call(helper('invoke'), [from.value, from.self(), array(first), text(calleeText(from.node))])
			: at(call(callee.value, first), node);
	const value = watched(
		code,
		node,
		made,
		targetOf(code, callee),
		args.map((each) => each.again()),
		inPlace,
	);
	return { node, value, kept: false, self: null, key: null };
}

function heldCallee(code: Code, from: Cursor): Pick<Cursor, 'value'> & { readonly again: () => t.Expression } {
	const { first, again } = keep(code, from.value, 'callee', from.node);
	return { value: first, again };
}

/** What is called, written so that it can be named again afterwards. */
function targetOf(code: Code, from: Cursor & { readonly again?: () => t.Expression }): Target {
	const node = unwrap(from.node);
	const path = staticPath(code, node);
	const reread = (): t.Expression => {
		if (path) return staticPath(code, node)!;
		if (from.kept) return { ...from.value };
		if (from.again) return from.again();
		const { property, ...read } = from.value as t.MemberExpression;
		return { ...read, object: from.self!(), property: from.key ? from.key() : { ...property } } as t.MemberExpression;
	};
	const self = () => from.self?.() ?? nothing();
	return { callee: from.value, again: reread, self, key: from.key, site: calleeSite(code, node, from.key !== null) };
}

/** How a callee that a chain came to is found again. */
export function calleeSite(code: Code, node: t.Expression, computed: boolean): Target['site'] {
	const name = calleeText(node);
	const path = staticPath(code, node);
	const isMember = node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression';
	if (path) return { name, reload: [isMember ? staticPath(code, node.object) : null, path] };
	if (!isMember || node.property.type === 'PrivateName' || computed) return { name, reload: null };
	return { name, reload: null, key: staticKey(node) };
}

import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { rewriteArgument } from './arguments.ts';
import { suspendAt } from './awaits.ts';
import { array, call, construct, helper, id, member, nothing, spread, statement } from './build.ts';
import { again, type Cursor, follow, invoke } from './calls.ts';
import type { CallOperation, ChainOperation, Site } from './cfg.ts';
import { chainOf, type Links } from './chains.ts';
import { keepsResolvers } from './check.ts';
import { closings } from './exits.ts';
import { lowerValue } from './expressions.ts';
import type { Draft, Frame } from './frame.ts';
import { type Link, linkSuspends, takeApart } from './links.ts';
import { holdNode, holdValue, isFixed, isHeld, lowerList } from './operands.ts';
import { complete } from './returns.ts';
import { rewrite } from './rewrite.ts';
import { begin, isPromise, markElements } from './starts.ts';
import { calleeText, staticKey, staticPath } from './static-path.ts';
import { privateRead } from './super.ts';
import { type CalledWith, lazily, lazyTemplate } from './thunks.ts';

/** What becomes of an awaited call: its result goes to a variable, or it is the function's. */
export type Use =
	| { readonly kind: 'await'; readonly result: string | null; readonly whole: t.Node }
	| { readonly kind: 'return'; readonly whole: t.Node };

type AwaitedCall = t.CallExpression | t.OptionalCallExpression | t.NewExpression | t.TaggedTemplateExpression;
type Args = readonly (t.Expression | t.SpreadElement)[];

/** A call in await position (language.md, "Calls"). */
export function lowerAwaitedCall(frame: Frame, node: AwaitedCall, use: Use): void {
	if (node.type === 'NewExpression') {
		lowerConstruct(frame, node, use);
		return;
	}
	if (node.type === 'TaggedTemplateExpression') {
		const { root, links } = takeApart(node.tag);
		const held = node.quasi.expressions.some((each) => suspends(each as t.Node, frame.unit.memo));
		const target = follow(frame, root, links, null, held ? 'held' : 'now');
		const called = calledWith(frame, target);
		const args = lowerArguments(frame, node.quasi.expressions as t.Expression[], called.callee);
		issue(frame, node, called.target(), [lazyTemplate(frame, node.quasi), ...args], use);
		return;
	}
	if (node.type === 'CallExpression') markElements(frame, node);
	const { root, links } = takeApart(node);
	const optional = links.some((link) => link.optional);
	const short = optional ? frame.block() : null;
	const chain = chainOf(frame, root, links);
	if (chain) lowerChain(frame, node, root, chain, short, use);
	else lowerSingle(frame, node, root, links, short, use);
	if (short) endEarly(frame, node, short, use);
}

/** The whole chain ended early: `await undefined`, or `return undefined`. */
function endEarly(frame: Frame, node: AwaitedCall, short: Draft, use: Use): void {
	if (use.kind === 'return') {
		frame.current = short;
		complete(frame, nothing());
		return;
	}
	const after = frame.block();
	frame.enter(after);
	frame.current = short;
	suspendAt(frame, { kind: 'value', value: nothing() }, use.result, node, use.whole);
	frame.enter(after);
}

/** Everything up to the last call is evaluated as it is; the last call is the operation. */
function lowerSingle(
	frame: Frame,
	node: AwaitedCall,
	root: t.Expression,
	links: readonly Link[],
	short: Draft | null,
	use: Use,
): void {
	const last = links.at(-1) as Link & { kind: 'call' };
	const held = linkSuspends(frame, last);
	let target = follow(frame, root, links.slice(0, -1), short, held ? 'held' : 'now');
	if (last.optional) {
		const callee = holdValue(frame, target.value, 'callee', target.node);
		const next = frame.block();
		frame.branch(isNullishCallee(callee), short!, next);
		frame.current = next;
		target = { ...target, value: again(callee) };
	}
	issueWith(frame, node, target, last.node.arguments, use);
}

function isNullishCallee(callee: t.Expression): t.Expression {
	return {
		type: 'BinaryExpression',
		operator: '==',
		left: callee,
		right: { type: 'NullLiteral' },
	} as t.BinaryExpression;
}

function lowerArguments(frame: Frame, args: readonly t.Node[], callee: CalledWith): Args {
	return lowerList(frame, args, 'arg', (node) => rewriteArgument(frame, node, lazily(callee))) as Args;
}

/** A callee that its own arguments name: kept once one of them asks for it. */
function calledWith(frame: Frame, cursor: Cursor): { callee: () => t.Expression; target: () => Cursor } {
	let target = cursor;
	return {
		callee: () => {
			const node = unwrap(target.node);
			const path = staticPath(frame, node);
			if (path) return path;
			if (!isFixed(frame, node)) target = { ...target, value: holdValue(frame, target.value, 'callee', node) };
			return again(target.value);
		},
		target: () => target,
	};
}

/** Evaluates the arguments and issues the call. */
function issueWith(frame: Frame, node: AwaitedCall, cursor: Cursor, args: readonly t.Node[], use: Use): void {
	const { callee, target } = calledWith(frame, cursor);
	const lowered = lowerArguments(frame, args, callee);
	issue(frame, node, target(), lowered, use);
}

function lowerConstruct(frame: Frame, node: t.NewExpression, use: Use): void {
	if (keepsResolvers(frame, node)) {
		const promise = lowerValue(frame, node);
		if (use.kind === 'return') complete(frame, promise);
		else suspendAt(frame, { kind: 'value', value: promise }, use.result, node, use.whole);
		return;
	}
	const callee = node.callee as t.Expression;
	const held = node.arguments.some((argument) => suspends(argument, frame.unit.memo));
	const self = held
		? holdNode(frame, callee, 'callee')
		: suspends(callee, frame.unit.memo)
			? lowerValue(frame, callee)
			: rewrite(frame, callee);
	const made = calledWith(frame, { value: self, node: callee, receiver: null, key: null });
	const args = lowerArguments(frame, node.arguments, made.callee);
	const path = staticPath(frame, callee);
	const site = siteOf(frame, node, calleeText(node), path ? [path, helper('construct')] : null, undefined, use);
	carryOut(frame, { kind: 'call', site, callee: helper('construct'), self: made.target().value, key: null, args }, use);
}

/** Issues the call of `target`. */
export function issue(frame: Frame, node: AwaitedCall, target: Cursor, args: Args, use: Use): void {
	carryOut(frame, { kind: 'call', ...callOf(frame, node, target, use), args }, use);
}

export function callOf(
	frame: Frame,
	node: t.Node,
	target: Cursor,
	use: Use,
): Pick<CallOperation, 'site' | 'callee' | 'self' | 'key'> {
	const callee = unwrap(target.node);
	const name = calleeText(callee);
	const isMember = callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression';
	const path = staticPath(frame, callee);
	const self = target.receiver ? again(target.receiver) : null;
	const operation = { callee: target.value, self, key: target.key ? again(target.key) : null };
	if (path)
		return {
			...operation,
			site: siteOf(frame, node, name, [isMember ? staticPath(frame, callee.object) : null, path], undefined, use),
		};
	if (!isMember || !target.receiver) return { ...operation, site: siteOf(frame, node, name, null, undefined, use) };
	if (target.ofSuper) {
		// Without a home object in sight nothing finds the callee again.
		const { found } = target.ofSuper;
		const key = target.key ? null : staticKey(callee);
		return {
			...operation,
			site: { ...siteOf(frame, node, name, null, undefined, use), ...(found && { ...found, key }) },
		};
	}
	if (target.key) {
		const receiver = staticPath(frame, callee.object);
		return { ...operation, site: siteOf(frame, node, name, receiver ? [receiver, null] : null, null, use) };
	}
	const reading = privateRead(frame, callee) ?? { key: staticKey(callee) };
	return { ...operation, site: { ...siteOf(frame, node, name, null, undefined, use), ...reading } };
}

export function siteOf(
	frame: Frame,
	node: t.Node,
	name: string,
	reload: Site['reload'],
	key: string | null | undefined,
	use: Use,
): Site {
	return {
		node,
		chain: frame.chain,
		loc: use.whole.loc ?? node.loc ?? null,
		name,
		reload,
		...(key === undefined ? {} : { key }),
		loops: frame.region.loops,
	};
}

/** A chain is one effect if its first call is foreign; otherwise it goes link by link. */
function lowerChain(
	frame: Frame,
	node: AwaitedCall,
	root: t.Expression,
	chain: Links,
	short: Draft | null,
	use: Use,
): void {
	const first = firstTarget(frame, root, chain, short);
	const whole = frame.block();
	const apart = frame.block();
	const after = frame.block();
	frame.branch(
		call(helper('foreign'), [first.construct ? again(first.construct) : again(first.target.value)]),
		whole,
		apart,
	);

	frame.current = whole;
	const { chain: outer } = frame.region;
	frame.inside({ chain: [...outer, 'chain'] }, () => {
		const args = lowerArguments(frame, chain.first, null);
		const rest = chain.rest.map((link) => ({
			keys: link.computed.map((key) => rewrite(frame, key)),
			args: lowerArguments(frame, link.args, null),
		}));
		const call_ = first.construct
			? {
					callee: helper('construct'),
					self: first.construct,
					key: null,
					site: siteOf(frame, node, calleeText(root), constructReload(frame, root), undefined, use),
				}
			: callOf(frame, node, first.target, use);
		const site: Site = {
			...call_.site,
			name: calleeText(unwrap((node as t.CallExpression).callee)),
			links: chain.rest.map(({ keys, call, optional, optionalCall }) => ({ keys, call, optional, optionalCall })),
		};
		carryOut(frame, { kind: 'chain', ...call_, site, args, rest }, use);
	});
	if (frame.current) frame.goto(after);

	frame.current = apart;
	const args = lowerList(frame, chain.first, 'arg') as Args;
	const value = first.construct
		? construct(isPromise(frame, (root as t.NewExpression).callee) ? helper('PromiseOf') : again(first.construct), args)
		: first.target.receiver
			? invoke({ ...first.target, value: id('') }, again(first.target.value), args)
			: call(again(first.target.value), args);
	const held = holdValue(frame, value, 'link', chain.firstNode);
	followRest(frame, node, held, chain, short, use);
	if (frame.current) frame.goto(after);
	frame.current = after;
}

function constructReload(frame: Frame, root: t.Expression): Site['reload'] {
	const path = staticPath(frame, (root as t.NewExpression).callee);
	return path ? [path, helper('construct')] : null;
}

/** The callee of a chain's first call, kept for both ways. */
function firstTarget(
	frame: Frame,
	root: t.Expression,
	chain: Links,
	short: Draft | null,
): { target: Cursor; construct: t.Expression | null } {
	if (chain.before === null) {
		const construct = holdNode(frame, (root as t.NewExpression).callee as t.Expression, 'callee');
		return { target: { value: construct, node: root, receiver: null, key: null }, construct };
	}
	const target = follow(frame, root, chain.before, short, 'now');
	const path = staticPath(frame, target.node);
	const value =
		path && target.value.type === 'Identifier'
			? target.value
			: holdValue(frame, target.value, 'callee', target.node, path);
	return { target: { ...target, value }, construct: null };
}

/** Link by link: calls run as they come, the last one is in await position. */
function followRest(
	frame: Frame,
	node: AwaitedCall,
	from: t.Expression,
	chain: Links,
	short: Draft | null,
	use: Use,
): void {
	const links = chain.after;
	const last = links.at(-1) as Link & { kind: 'call' };
	let target = follow(frame, chain.firstNode, links.slice(0, -1), short, 'now', from);
	if (last.optional) {
		const callee = holdValue(frame, target.value, 'callee', target.node);
		const next = frame.block();
		frame.branch(isNullishCallee(callee), short!, next);
		frame.current = next;
		target = { ...target, value: again(callee) };
	}
	issueWith(frame, node, target, last.node.arguments, use);
}

/** Ends the block with the operation. */
function carryOut(frame: Frame, op: CallOperation | ChainOperation, use: Use): void {
	if (use.kind === 'await') {
		suspendAt(frame, op, use.result, op.site.node, use.whole);
		return;
	}
	const closing = closings(frame.region.exits);
	const region = frame.region;
	// A returned call runs outside the handlers around it, and after the iterators around it are
	// closed; its operands are evaluated inside.
	// In a `catch` or `finally` the frame stays: what it calls there runs under its shield.
	const stays = op.kind === 'chain' || region.guards.length > 0;
	const outside = stays && region.handler !== null;
	const ready = closing.length > 0 || outside ? holdOperands(frame, op) : op;
	if (closing.length > 0 && ready.kind === 'call') startBeforeClosing(frame, ready, closing);
	for (const { iterator, region: around } of closing) {
		frame.region = around;
		frame.enter(frame.block());
		frame.emit(statement(call(member(id(iterator), 'close'), [])));
	}
	if (ready.kind === 'call' && !stays) frame.end({ kind: 'tail', op: ready });
	else {
		if (outside) {
			frame.region = { ...frame.region, handler: null, chain: region.chain };
			frame.enter(frame.block());
		}
		const result = frame.temporary('await', op.site.node);
		suspendAt(frame, ready, result, op.site.node, use.whole);
		frame.end({ kind: 'return', value: id(result) });
	}
	frame.region = region;
}

/**
 * An iterator of the user's sees when it is closed: after the call, as in JavaScript. Then the call starts
 * here, as beside a `finally`. Native iterators see nothing: with them the call may replace the frame.
 */
function startBeforeClosing(frame: Frame, op: CallOperation, closing: readonly { readonly iterator: string }[]): void {
	const quiet = closing
		.map(({ iterator }): t.Expression => member(id(iterator), 'quiet'))
		.reduce((left, right) => ({ type: 'LogicalExpression', operator: '&&', left, right }) as t.LogicalExpression);
	const start = frame.block();
	const replace = frame.block();
	frame.branch(quiet, replace, start);
	frame.current = start;
	const { site, callee, self, key, args } = op;
	const target = { site, key: key === null ? null : () => again(key) };
	complete(frame, begin(frame, site.node, target, again(callee), self ? again(self) : nothing(), args));
	frame.current = replace;
}

function holdOperands<O extends CallOperation | ChainOperation>(frame: Frame, op: O): O {
	const hold = (value: t.Expression, role: string): t.Expression => {
		const fixed =
			isHeld(frame, value) ||
			value.type.endsWith('Literal') ||
			(value.type === 'Identifier' && value.name.startsWith('%'));
		return fixed ? value : holdValue(frame, value, role, op.site.node);
	};
	const holdArgs = (args: Args): Args =>
		args.map((argument) =>
			argument.type === 'SpreadElement'
				? spread(hold(array([spread(argument.argument)]), 'arg'))
				: hold(argument, 'arg'),
		);
	const callee = hold(op.callee, 'callee');
	const self = op.self && hold(op.self, 'this');
	const args = holdArgs(op.args);
	if (op.kind === 'call') return { ...op, callee, self, args };
	const rest = op.rest.map((link) => ({ keys: link.keys.map((key) => hold(key, 'key')), args: holdArgs(link.args) }));
	return { ...op, callee, self, args, rest };
}

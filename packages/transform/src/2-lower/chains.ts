import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { type Link, linkSuspends } from './links.ts';
import { isFixed } from './operands.ts';
import { staticKey } from './static-path.ts';
import type { Code } from './unit.ts';

/** A chain of at least two calls that can be one effect, taken apart. */
export interface Links {
	/** Links before the first call; null when the root itself is it (`new C()`). */
	readonly before: readonly Link[] | null;
	/** Arguments of the first call. */
	readonly first: readonly t.Node[];
	readonly firstNode: t.Expression;
	/** Links behind the first call. */
	readonly after: readonly Link[];
	/** The same, one entry for each call. */
	readonly rest: readonly {
		readonly keys: readonly (string | null)[];
		readonly computed: readonly t.Expression[];
		readonly args: readonly t.Node[];
		readonly call: boolean;
		readonly optional: boolean;
		readonly optionalCall: boolean;
	}[];
}

/**
 * Null when the call is no chain, or cannot be one effect: an argument behind the first call's
 * callee suspends, or the chain may end early before something that does more than read.
 */
export function chainOf(code: Pick<Code, 'unit'>, root: t.Expression, links: readonly Link[]): Links | null {
	const construct = root.type === 'NewExpression' && !suspends(root, code.unit.memo);
	const first = links.findIndex((link) => link.kind === 'call');
	if (construct ? first < 0 : first === links.length - 1) return null;
	const after = construct ? links : links.slice(first + 1);
	const call = construct ? null : (links[first] as Link & { kind: 'call' });
	if (call && linkSuspends(code, call)) return null;
	if (after.some((link) => linkSuspends(code, link))) return null;

	const rest: Links['rest'][number][] = [];
	let keys: (string | null)[] = [];
	let computed: t.Expression[] = [];
	let optional = false;
	let early = false;
	for (const link of after) {
		const optionalCall = link.kind === 'call' && link.optional && keys.length > 0;
		if (link.optional && link.kind === 'member' && keys.length > 0) {
			rest.push({ keys, computed, args: [], call: false, optional, optionalCall: false });
			keys = [];
			computed = [];
			optional = false;
		}
		if (link.optional) {
			optional ||= !optionalCall;
			early = true;
		}
		if (link.kind === 'member') {
			const key = staticKey(link.node);
			keys.push(key);
			if (key === null) {
				if (link.node.property.type === 'PrivateName') return null;
				computed.push(link.node.property as t.Expression);
				if (early && !isFixed(code, unwrap(link.node.property as t.Expression))) return null;
			}
			continue;
		}
		if (early && !link.node.arguments.every((argument) => isHarmless(code, argument))) return null;
		rest.push({ keys, computed, args: link.node.arguments, call: true, optional, optionalCall });
		keys = [];
		computed = [];
		optional = false;
	}
	return {
		before: construct ? null : links.slice(0, first),
		first: construct ? (root as t.NewExpression).arguments : call!.node.arguments,
		firstNode: construct ? root : call!.node,
		after,
		rest,
	};
}

/** May an argument be evaluated although the chain ends before it? */
function isHarmless(code: Pick<Code, 'unit'>, node: t.Node): boolean {
	const plain = unwrap(node);
	return (
		plain.type === 'ArrowFunctionExpression' ||
		plain.type === 'FunctionExpression' ||
		isFixed(code, plain as t.Expression)
	);
}

import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { array, call, conditional, helper } from './build.ts';
import { chainOf } from './chains.ts';
import { takeApart } from './links.ts';
import { rewriteNode } from './rewrite.ts';
import { begin, begunArguments, isSteadyName, targetOf } from './starts.ts';
import { calleeText, staticKey, staticPath } from './static-path.ts';
import { isSuperMember } from './super.ts';
import { type Code, withCode } from './unit.ts';

/**
 * A chain in await position that is not waited for yet, `Promise.all([fetch(u).then((r) => r.json())])`: where its
 * first call is foreign it is one effect, as it is where it is awaited (awaited-calls.ts):
 * `%foreign(f) ? %begin(frame, site, f, void 0, [x], void 0, rest) : <apart>`. Its first callee must be one that can be
 * read twice, and nothing in it may end it early.
 */
export function begunAsOne(code: Code, node: t.CallExpression, apart: t.Expression): t.Expression {
	const { root, links } = takeApart(node);
	const chain = links.some(({ optional }) => optional) ? null : chainOf(code, root, links);
	if (chain === null || chain.before === null) return apart;
	const callee = unwrap((chain.firstNode as t.CallExpression).callee as t.Expression) as t.Expression;
	if (!staticPath(code, callee) && !isSteadyMember(code, callee)) return apart;
	const whole = withCode(code, { chain: [...code.chain, 'chain'] });
	const { site, self, again } = targetOf(whole, callee);
	const list = (args: readonly t.Node[]) => begunArguments(whole, args, null);
	const rest = chain.rest.map(({ computed, args }) =>
		array([array(computed.map((key) => rewriteNode(whole, key))), array(list(args))]),
	);
	const behind = chain.rest.map(({ keys, call, optional, optionalCall }) => ({ keys, call, optional, optionalCall }));
	const target = { key: null, site: { ...site, name: calleeText(unwrap(node.callee)), links: behind } };
	const begun = begin(whole, node, target, again(), self(), list(chain.first), rest);
	return conditional(call(helper('foreign'), [again()]), begun, apart);
}

function isSteadyMember(code: Code, node: t.Expression): boolean {
	if (node.type !== 'MemberExpression' || isSuperMember(node) || node.property.type === 'PrivateName') return false;
	return staticKey(node) !== null && isSteadyName(code, unwrap(node.object) as t.Expression);
}

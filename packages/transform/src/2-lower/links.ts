import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import type { Code } from './unit.ts';

/** One step of `root.a[b](c)?.d`, in order of evaluation. */
export type Link =
	| {
			readonly kind: 'member';
			readonly node: t.MemberExpression | t.OptionalMemberExpression;
			readonly optional: boolean;
	  }
	| { readonly kind: 'call'; readonly node: t.CallExpression | t.OptionalCallExpression; readonly optional: boolean };

export interface Linked {
	readonly root: t.Expression;
	readonly links: readonly Link[];
}

/** Takes a chain of members and calls apart. A parenthesised optional chain is a root of its own. */
export function takeApart(node: t.Expression): Linked {
	const links: Link[] = [];
	let current = unwrap(node);
	for (;;) {
		const link = asLink(current);
		if (!link) break;
		const inner = unwrap((link.kind === 'member' ? link.node.object : link.node.callee) as t.Expression);
		links.push(link);
		const ends = isOptional(inner) && !isOptional(current);
		current = inner;
		if (ends) break;
	}
	return { root: current, links: links.reverse() };
}

function asLink(node: t.Expression): Link | null {
	switch (node.type) {
		case 'MemberExpression':
		case 'OptionalMemberExpression':
			return { kind: 'member', node, optional: node.type === 'OptionalMemberExpression' && node.optional === true };
		case 'CallExpression':
		case 'OptionalCallExpression':
			if (node.callee.type === 'Super' || node.callee.type === 'Import') return null;
			return { kind: 'call', node, optional: node.type === 'OptionalCallExpression' && node.optional === true };
		default:
			return null;
	}
}

function isOptional(node: t.Node): boolean {
	return node.type === 'OptionalMemberExpression' || node.type === 'OptionalCallExpression';
}

/** Does the step itself suspend, apart from what is before it? */
export function linkSuspends(frame: Pick<Code, 'unit'>, link: Link): boolean {
	if (link.kind === 'member') return link.node.computed && suspends(link.node.property, frame.unit.memo);
	return link.node.arguments.some((argument) => suspends(argument, frame.unit.memo));
}

/** Where a function returns. */
import type * as t from '@babel/types';
import { childrenOf } from '../1-parse/hoist.ts';
import { isFunctionNode } from '../1-parse/scope.ts';

/** The `return`s with a value of a function body, none of functions inside it. */
export function returnsIn(node: t.Node): t.ReturnStatement[] {
	if (node.type === 'ReturnStatement') return node.argument ? [node] : [];
	if (isFunctionNode(node) || node.type === 'ClassBody') return [];
	return [...childrenOf(node)].flatMap(returnsIn);
}

/**
 * Finds each durable function of a source in what TypeScript printed of it. TypeScript keeps their order,
 * whatever becomes of names and of what stands around them.
 */
import type * as t from '@babel/types';
import { directiveOf } from '../1-parse/directive.ts';
import { childrenOf } from '../1-parse/hoist.ts';
import { type FunctionNode, isFunctionNode } from '../1-parse/scope.ts';

/** A function where it stands: outermost node first, its parent last. */
export interface Standing {
	readonly node: FunctionNode;
	readonly parents: readonly t.Node[];
}

/** By the function as written. Null where there are not as many: the two files do not belong together. */
export function counterparts(source: t.File, output: t.File): ReadonlyMap<FunctionNode, Standing> | null {
	const written = markedFunctions(source);
	const printed = markedFunctions(output);
	if (written.length !== printed.length) return null;
	return new Map(written.map(({ node }, index) => [node, printed[index]!]));
}

/** Functions with the directive, in order; not those inside another. */
export function markedFunctions(file: t.File): Standing[] {
	const found: Standing[] = [];
	const parents: t.Node[] = [];
	const visit = (node: t.Node): void => {
		if (isFunctionNode(node) && directiveOf(node.body)) {
			found.push({ node, parents: [...parents] });
			return;
		}
		parents.push(node);
		for (const child of childrenOf(node)) visit(child);
		parents.pop();
	};
	visit(file.program);
	return found;
}

import type * as t from '@babel/types';
import { childrenOf } from '../1-parse/hoist.ts';
import type { FunctionNode, Scopes } from '../1-parse/scope.ts';

/** Every name that occurs in a function, and those that it uses from around it. */
export function collectNames(scopes: Scopes, fn: FunctionNode): { names: Set<string>; free: Set<string> } {
	const names = new Set<string>(['arguments', 'eval', 'undefined']);
	const free = new Set<string>();
	const root = scopes.functions.get(fn);
	const visit = (node: t.Node): void => {
		if (node.type === 'Identifier' || node.type === 'JSXIdentifier') {
			names.add(node.name);
			const reference = scopes.references.get(node);
			if (reference) {
				let owner = reference.binding?.scope.fn ?? null;
				while (owner && owner !== root) owner = owner.parent;
				if (!owner) free.add(node.name);
			}
		}
		for (const child of childrenOf(node)) visit(child);
	};
	visit(fn);
	return { names, free };
}

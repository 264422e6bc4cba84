import * as t from '@babel/types';
import { type Binding, isType, type Scopes } from '../1-parse/scope.ts';

/**
 * Bindings of `import *` that a file uses as values, and not only to read a member that is written out: only these
 * can come to be saved, and a bundler that sees them used so keeps the whole module.
 */
export function heldNamespaces(program: t.Program, { module, references }: Scopes): readonly Binding[] {
	const imported = [...module.bindings.values()].filter((each) => each.declaration.type === 'ImportNamespaceSpecifier');
	const found = new Set<Binding>();
	const visit = (node: t.Node): void => {
		const binding = node.type === 'Identifier' ? references.get(node)?.binding : null;
		if (binding && imported.includes(binding)) found.add(binding);
		const read = isMemberRead(node) ? node.object : null;
		for (const key of t.VISITOR_KEYS[node.type] ?? []) {
			const value = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key];
			for (const child of Array.isArray(value) ? value : [value]) {
				if (child && !isType(child) && !(child === read && child.type === 'Identifier')) visit(child);
			}
		}
	};
	if (imported.length > 0) visit(program);
	return [...found];
}

function isMemberRead(node: t.Node): node is t.MemberExpression | t.OptionalMemberExpression {
	if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return false;
	return !node.computed || node.property.type === 'StringLiteral';
}

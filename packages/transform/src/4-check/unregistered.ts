/** Classes of a file that nothing can have registered: they are used in ways that register nothing. */
import type * as t from '@babel/types';
import type { Scopes } from '../1-parse/scope.ts';
import { calledBy, type Flows, outOfTypes } from './flows.ts';

/** Is it sure, by the text of the file alone, that instances of a class cannot be saved? */
export function isUnregistered(node: t.Class, scopes: Scopes, flows: Flows): boolean {
	if (node.superClass || node.decorators?.length || node.type !== 'ClassDeclaration' || !node.id) return false;
	if (flows.parentOf(node)?.type.startsWith('Export')) return false;
	// `static [SERIALIZE]`, and what a static block may do with the class.
	const says = node.body.body.some(
		(member) =>
			member.type === 'StaticBlock' || ('static' in member && member.static && 'computed' in member && member.computed),
	);
	const binding = scopes.declared.get(node.id);
	if (says || !binding || binding.reassigned) return false;
	return flows.uses(binding).every((use) => {
		if (calledBy(use, flows)?.type === 'NewExpression') return true;
		const parent = outOfTypes(use, flows.parentOf);
		return parent?.type === 'BinaryExpression' && parent.operator === 'instanceof' && parent.right === use;
	});
}

import type * as t from '@babel/types';
import { type Binding, unwrap } from '../1-parse/scope.ts';

/**
 * Is a binding of a module one of its functions or classes that are saved by their name there? `durable`:
 * functions that are found by their own ids.
 */
export function isModuleValue({ kind, declaration, reassigned }: Binding, durable: ReadonlySet<t.Node>): boolean {
	if (reassigned || durable.has(declaration)) return false;
	if (kind === 'function') return declaration.type === 'FunctionDeclaration' && !declaration.declare;
	if (kind === 'class') return declaration.type === 'ClassDeclaration' && !declaration.declare;
	if (kind !== 'const' || declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'Identifier')
		return false;
	const value = declaration.init && unwrap(declaration.init);
	return value != null && !durable.has(value) && /^(ArrowFunction|Function|Class)Expression$/.test(value.type);
}

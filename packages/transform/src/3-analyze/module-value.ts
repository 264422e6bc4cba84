import type * as t from '@babel/types';
import { type Binding, unwrap } from '../1-parse/scope.ts';
import { declaresEffect } from './declares-effect.ts';

/**
 * Is a binding of a module one of its functions or classes that are saved by their name there, or a function that
 * is declared there to be an effect? `durable`: functions that are found by their own ids.
 */
export function isModuleValue(binding: Binding, durable: ReadonlySet<t.Node>): boolean {
	const { kind, declaration, reassigned } = binding;
	if (reassigned || durable.has(declaration)) return false;
	if (kind === 'function') return declaration.type === 'FunctionDeclaration' && !declaration.declare;
	if (kind === 'class') return declaration.type === 'ClassDeclaration' && !declaration.declare;
	if (kind !== 'const' || declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'Identifier')
		return false;
	const value = declaration.init && unwrap(declaration.init);
	if (value == null || durable.has(value)) return false;
	return /^(ArrowFunction|Function|Class)Expression$/.test(value.type) || declaresEffect(value, binding.scope);
}

import type * as t from '@babel/types';
import type { Binding, FunctionInfo } from '../1-parse/scope.ts';
import { arrow, assign, call, construct, helper, id, member } from './build.ts';
import { type Code, isClosureMethod, type UnitState, uniqueName } from './unit.ts';

/** The home object of the durable function itself is in sight of all its code. */
export function isHomeOfRoot(unit: UnitState, binding: Binding): boolean {
	return binding.kind === 'home' && binding.scope.fn === unit.root;
}

/** What a method of an object literal uses `super` by. */
export function homeOf(unit: UnitState, info: FunctionInfo): Binding | null {
	return isClosureMethod(unit, info) ? info.home : null;
}

function homesOf(unit: UnitState, node: t.ObjectExpression): Binding[] {
	return node.properties.flatMap((property) => {
		const info = property.type === 'ObjectMethod' ? unit.scopes.functions.get(property) : undefined;
		return (info && homeOf(unit, info)) ?? [];
	});
}

export function usesHome(code: Code, node: t.ObjectExpression): boolean {
	return !code.plain && homesOf(code.unit, node).length > 0;
}

/** An object literal whose methods capture it, as their home object: in a cell that is filled once it exists. */
export function withHome(code: Code, node: t.ObjectExpression, literal: () => t.Expression): t.Expression {
	if (!usesHome(code, node)) return literal();
	const { unit } = code;
	const homes = homesOf(unit, node);
	const cell = unit.storages.get(homes[0]!)?.name ?? uniqueName(unit, '$home');
	for (const home of homes) {
		unit.storages.set(home, { name: cell, cell: true, frame: true, tdz: false, atEntry: false });
	}
	return call(arrow([id(cell)], assign(member(id(cell), 'v'), literal())), [construct(helper('Cell'), [])]);
}

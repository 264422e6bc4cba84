import type * as t from '@babel/types';
import { childrenOf } from '../1-parse/hoist.ts';
import { type FunctionNode, isFunctionNode, unwrap } from '../1-parse/scope.ts';
import type { UnitState } from './unit.ts';

/** What a durable function cannot have anywhere inside it. */
export function checkFunction(unit: UnitState, node: FunctionNode): void {
	const info = unit.scopes.functions.get(node)!;
	const { sink } = unit;
	if (info.usesEval) {
		sink.report('PD2001', info.usesEval, {
			what: 'A direct call of eval',
			way: 'call it indirectly, (0, eval)(code), or in a function outside',
		});
	}
	if (info.usesWith)
		sink.report('PD2002', info.usesWith, { what: 'A with statement', way: 'read the properties one by one' });
	checkArguments(unit, node);
}

/**
 * `arguments` of sloppy functions with simple parameters follows the parameters and they follow it.
 * Where nothing of the kind can be seen it is a plain copy.
 */
export function checkArguments(unit: UnitState, node: FunctionNode): void {
	const info = unit.scopes.functions.get(node)!;
	if (!info.arguments || info.strict || node.params.length === 0) return;
	if (!node.params.every((param) => param.type === 'Identifier')) return;
	const scope = unit.scopes.byNode.get(node)!;
	const changed = [...scope.bindings.values()].find((binding) => binding.kind === 'param' && binding.reassigned);
	const leak = changed ? null : findLeak(unit, node, info.arguments);
	if (!changed && !leak) return;
	unit.sink.report('PD2003', changed ? changed.node : leak!, {
		what: changed
			? `Assigning the parameter '${changed.name}' beside 'arguments'`
			: `'arguments' of a sloppy function with parameters`,
		way: "use a rest parameter, or 'use strict'",
	});
}

/** A use of `arguments` that might write it. */
function findLeak(unit: UnitState, fn: FunctionNode, binding: unknown): t.Node | null {
	let found: t.Node | null = null;
	const visit = (node: t.Node, parent: t.Node, grandparent: t.Node): void => {
		if (node.type === 'Identifier' && unit.scopes.references.get(node)?.binding === binding) {
			if (!isRead(node, parent, grandparent)) found ??= node;
			return;
		}
		if (isFunctionNode(node) && node.type !== 'ArrowFunctionExpression' && node !== fn) return;
		for (const child of childrenOf(node)) visit(child, node, parent);
	};
	visit(fn, fn, fn);
	return found;
}

function isRead(node: t.Node, parent: t.Node, grandparent: t.Node): boolean {
	switch (parent.type) {
		case 'MemberExpression':
			if (
				parent.object !== node ||
				(!parent.computed && parent.property.type === 'Identifier' && parent.property.name === 'callee')
			)
				return false;
			if (grandparent.type === 'AssignmentExpression' && grandparent.left === parent) return false;
			if (grandparent.type === 'CallExpression' && grandparent.callee === parent) return false;
			return (
				grandparent.type !== 'UpdateExpression' &&
				!(grandparent.type === 'UnaryExpression' && grandparent.operator === 'delete')
			);
		case 'SpreadElement':
			return true;
		case 'ForOfStatement':
			return parent.right === node;
		case 'CallExpression': {
			const callee = unwrap(parent.callee);
			const apply =
				callee.type === 'MemberExpression' && callee.property.type === 'Identifier' && callee.property.name === 'apply';
			return apply && parent.arguments.at(-1) === node;
		}
		default:
			return false;
	}
}

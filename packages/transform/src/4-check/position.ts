/** Where an expression stands: is its value waited for, handed on, or dropped (language.md, "Calls")? */
import type * as t from '@babel/types';
import { isFunctionNode, unwrap } from '../1-parse/scope.ts';
import { outOfTypes } from './flows.ts';
import type { Origins } from './origins.ts';

const COMBINATORS = new Set(['Promise.all', 'Promise.allSettled', 'Promise.any', 'Promise.race']);

/**
 * `awaited`: in await position. `begun`: an element of `Promise.all([...])` or its like, where a call is issued
 * with the turn. `dropped`: nobody looks at it. `void`: nobody does, and the text says so.
 */
export type Position = 'awaited' | 'begun' | 'dropped' | 'void' | 'kept';

export function positionOf(node: t.Node, origins: Origins): Position {
	const { parentOf } = origins.source.flows;
	const parent = outOfTypes(node, parentOf);
	if (parent === null) return 'kept';
	const is = (child: t.Node | null | undefined) => child != null && unwrap(child) === unwrap(node);
	switch (parent.type) {
		case 'AwaitExpression':
			return 'awaited';
		case 'ReturnStatement':
			return isAsync(functionAround(parent, parentOf)) ? 'awaited' : 'kept';
		case 'ArrowFunctionExpression':
			return is(parent.body) && parent.async ? 'awaited' : 'kept';
		case 'ExpressionStatement':
			return 'dropped';
		case 'UnaryExpression':
			return parent.operator === 'void' ? 'void' : 'kept';
		case 'SequenceExpression':
			return is(parent.expressions.at(-1)) ? positionOf(parent, origins) : 'dropped';
		case 'ConditionalExpression':
			return is(parent.test) ? 'kept' : positionOf(parent, origins);
		case 'LogicalExpression':
			return is(parent.right) ? positionOf(parent, origins) : 'kept';
		case 'AssignmentExpression': {
			const outer = is(parent.right) ? positionOf(parent, origins) : 'kept';
			return outer === 'awaited' || outer === 'begun' ? outer : 'kept';
		}
		case 'ArrayExpression': {
			const call = outOfTypes(parent, parentOf);
			if (call?.type !== 'CallExpression' || unwrap(call.arguments[0]!) !== parent) return 'kept';
			return COMBINATORS.has(origins.globalName(call.callee) ?? '') ? 'begun' : 'kept';
		}
		default:
			return 'kept';
	}
}

/** The function whose code a node is, itself left out. */
export function functionAround(node: t.Node, parentOf: (node: t.Node) => t.Node | null): t.Node | null {
	let each = parentOf(node);
	while (each !== null && !isFunctionNode(each)) each = parentOf(each);
	return each;
}

function isAsync(node: t.Node | null): boolean {
	return node !== null && isFunctionNode(node) && node.async === true;
}

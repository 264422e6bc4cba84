/** The expressions whose values lowering keeps without a variable of the user's, and their types. */
import type * as t from '@babel/types';
import type { Variable } from '../2-lower/cfg.ts';
import { calleeText } from '../2-lower/static-path.ts';
import { type Flows, outOfTypes } from './flows.ts';

export interface KeptValue {
	/** Whose type it is. */
	readonly typed: t.Node;
	/** Whose value it is, for the question where that comes from. */
	readonly node: t.Node;
	/** As messages name it. */
	readonly name: string;
	/** It is what an await gave. */
	readonly awaited: boolean;
	/** It stands for an iterator over the value. */
	readonly iterated: boolean;
}

/**
 * Temporaries that can always be saved: keys are strings or symbols, text is text, callees are found again or
 * refused by themselves, what was thrown is an error, and the rest is of the lowering.
 */
const HARMLESS = new Set([
	'key',
	'template',
	'callee',
	'kept',
	'error',
	'jump',
	'item',
	'closed',
	'answer',
	'sent',
	'type',
]);

/** What a temporary holds; null for what can always be saved. */
export function keptValue({ slot, temporary }: Variable, { parentOf }: Flows): KeptValue | null {
	if (temporary === null || HARMLESS.has(slot)) return null;
	const spread = temporary.type === 'SpreadElement' || temporary.type === 'RestElement';
	const node = spread ? temporary.argument : temporary;
	const parent = outOfTypes(node, parentOf);
	const awaited = parent?.type === 'AwaitExpression' && slot === 'await';
	const typed = withTypes(awaited ? parent : node, parentOf);
	return { typed, node: awaited ? parent : node, name: nameOf(node), awaited, iterated: slot === 'iterator' };
}

/** With what TypeScript is told of it: `x as T`. */
function withTypes(node: t.Node, parentOf: Flows['parentOf']): t.Node {
	let outer = node;
	for (let parent = parentOf(outer); parent !== null && isTyping(parent); parent = parentOf(outer)) outer = parent;
	return outer;
}

function isTyping(node: t.Node): boolean {
	return /^TS(As|Satisfies|NonNull)Expression$|^TSTypeAssertion$/.test(node.type);
}

/** `open()`, `items`, `customer.session`: as the user wrote it, without arguments. */
export function nameOf(node: t.Node): string {
	switch (node.type) {
		case 'CallExpression':
		case 'OptionalCallExpression':
			return `${calleeText(node.callee)}()`;
		case 'NewExpression':
			return `new ${calleeText(node.callee)}()`;
		case 'AwaitExpression':
			return nameOf(node.argument);
		default:
			return calleeText(node);
	}
}

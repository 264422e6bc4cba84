/**
 * Results that no variable holds: each call of `Promise.all([a(), b()])` that has settled is kept by the run
 * until the others have.
 */
import * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { reportResult } from './check-slots.ts';
import type { Checking } from './checking.ts';

const COMBINATORS = new Set(['all', 'allSettled', 'any', 'race']);

export function checkResults(checking: Checking): void {
	t.traverseFast(checking.fn.node, (node) => {
		if (node.type === 'CallExpression' && isCombinator(checking, node.callee)) checkCombined(checking, node);
	});
}

function isCombinator({ scopes }: Checking, callee: t.Node): boolean {
	const node = unwrap(callee);
	if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return false;
	const root = unwrap(node.object);
	const isPromise = root.type === 'Identifier' && root.name === 'Promise';
	return isPromise && scopes.references.get(root)?.binding === null && COMBINATORS.has(node.property.name);
}

function checkCombined(checking: Checking, { arguments: [list] }: t.CallExpression): void {
	if (!list) return;
	const plain = unwrap(list);
	// One that settles alone is handed on at once.
	const elements = plain.type === 'ArrayExpression' ? plain.elements : [plain];
	if (plain.type === 'ArrayExpression' && elements.length < 2) return;
	for (const element of elements) {
		if (!element) continue;
		const node = element.type === 'SpreadElement' ? element.argument : element;
		const type = checking.types.at(node);
		const wrong = type && checking.judge.outcome(type);
		if (wrong) reportResult(checking, node, wrong);
	}
}

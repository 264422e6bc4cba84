import type * as t from '@babel/types';
import { childrenOf } from './hoist.ts';
import { isFunctionNode, unwrap } from './scope.ts';

/** Memo of `suspends` for one file. */
export type Suspensions = WeakMap<t.Node, boolean>;

/**
 * May running `node` park the function around it? True for `await` in every form and for a `return`
 * of a call (it is in await position, language.md). Nested functions do not count.
 */
export function suspends(node: t.Node, memo: Suspensions): boolean {
	const known = memo.get(node);
	if (known !== undefined) return known;
	const result = decide(node, memo);
	memo.set(node, result);
	return result;
}

function decide(node: t.Node, memo: Suspensions): boolean {
	if (isFunctionNode(node)) return 'computed' in node && node.computed === true && suspends(node.key, memo);
	switch (node.type) {
		case 'AwaitExpression':
		case 'YieldExpression':
			return true;
		case 'ForOfStatement':
			if (node.await) return true;
			break;
		case 'VariableDeclaration':
			if (node.kind === 'using' || node.kind === 'await using') return true;
			break;
		case 'ReturnStatement':
			if (node.argument && endsInCall(node.argument)) return true;
			break;
		case 'ClassProperty':
		case 'ClassPrivateProperty':
		case 'ClassAccessorProperty':
			return 'computed' in node && node.computed === true && suspends(node.key, memo);
		case 'StaticBlock':
			return false;
		default:
	}
	for (const child of childrenOf(node)) if (suspends(child, memo)) return true;
	return false;
}

/** Does the await position of an operand hold a call (language.md, "Calls")? */
export function endsInCall(operand: t.Expression): boolean {
	const node = unwrap(operand);
	switch (node.type) {
		case 'CallExpression':
			return node.callee.type !== 'Super' && node.callee.type !== 'Import';
		case 'OptionalCallExpression':
		case 'NewExpression':
		case 'TaggedTemplateExpression':
			return true;
		case 'SequenceExpression':
			return endsInCall(node.expressions.at(-1)!);
		case 'ConditionalExpression':
			return endsInCall(node.consequent) || endsInCall(node.alternate);
		case 'LogicalExpression':
			return endsInCall(node.right);
		case 'AssignmentExpression':
			return /^(=|&&=|\|\|=|\?\?=)$/.test(node.operator) && endsInCall(node.right);
		default:
			return false;
	}
}

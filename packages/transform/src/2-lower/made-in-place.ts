import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { rewriteArgument } from './arguments.ts';
import { array, helper, id, number } from './build.ts';
import { usesHome } from './home.ts';
import { shallow } from './nodes.ts';
import { rewrite } from './rewrite.ts';
import { keep, keptArgument, mayStart, rewriteCall, siteNumber } from './starts.ts';
import { calleeText } from './static-path.ts';
import { foundAgain } from './thunks.ts';
import type { Code } from './unit.ts';

/** A call or `new` that stands in an argument of one that is not awaited, and what it has given. */
export interface MadeInPlace {
	readonly site: number;
	readonly value: string;
	readonly args: readonly t.Node[];
}

/**
 * An argument of a call that is not awaited where it stands. Has that call started an effect, what was made in place
 * may be made again for a later attempt: `%started(..., [[site, $value, [operands]]])`, of what is kept anyway.
 */
export function rewriteInPlace(code: Code, node: t.Expression, made: MadeInPlace[]): t.Expression {
	if (!holdsMade(code, node)) return rewrite(code, node);
	return rewriteArgument(code, node, (within, inner) => {
		if (!mayBeMadeAgain(within, inner)) return null;
		return inner.type === 'NewExpression' ? rewriteNew(within, inner, made) : rewriteCall(within, inner, made);
	});
}

export function listMade(made: readonly MadeInPlace[]): t.Expression {
	const rows = made.map(({ site, value, args }) =>
		array([number(site), id(value), array(args.map((each) => structuredClone(each)))]),
	);
	return array(rows);
}

function holdsMade(code: Code, node: t.Node): boolean {
	const plain = unwrap(node);
	switch (plain.type) {
		case 'CallExpression':
		case 'NewExpression':
			return mayBeMadeAgain(code, plain);
		case 'ArrayExpression':
			return plain.elements.some((element) => element !== null && holdsMade(code, element));
		case 'ObjectExpression':
			if (plain.properties.some((each) => each.type === 'ObjectMethod' && each.kind !== 'method')) return false;
			if (usesHome(code, plain)) return false;
			return plain.properties.some((each) => each.type === 'ObjectProperty' && holdsMade(code, each.value));
		default:
			return false;
	}
}

function mayBeMadeAgain(code: Code, node: t.CallExpression | t.NewExpression): boolean {
	if (code.plain || code.unit.spent.has(node) || foundAgain(code, node) === null) return false;
	if (node.type === 'NewExpression') return true;
	return mayStart(code, node) && unwrap(node.callee).type !== 'OptionalMemberExpression';
}

function rewriteNew(code: Code, node: t.NewExpression, made: MadeInPlace[]): t.Expression {
	const args = node.arguments.map((each) => keptArgument(code, each as t.Expression | t.SpreadElement, made));
	const result = shallow(node);
	result.callee = foundAgain(code, node)!;
	result.arguments = args.map(({ first }) => first as t.Expression);
	const value = keep(code, result, 'made', node);
	const reload = [foundAgain(code, node), helper('construct')] as const;
	const site = siteNumber(code, node, { site: { name: calleeText(node), reload } });
	made.push({ site, value: (value.again() as t.Identifier).name, args: args.map((each) => each.again()) });
	return value.first;
}

/**
 * What TypeScript has put in the place of an `import()` whose specifier is computed: the specifier is the same
 * expression, and around it stands a promise of `require`, a helper that exchanges extensions
 * (`rewriteRelativeImportExtensions`), or both.
 */
import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';

/** Text on both sides of a specifier. */
export type Around = readonly [before: string, after: string];

/** How the `import()`s of a file were replaced: all alike, the options of the project decide. */
export interface ComputedImports {
	/** Around the specifier of what still is an `import()`. */
	specifier: Around | null;
	/** In the place of the whole. */
	call: Around | null;
}

/** The specifier of an `import()` that is written out; null where it is computed. */
export function writtenSpecifier({ source }: t.ImportExpression): string | null {
	if (source.type === 'StringLiteral') return source.value;
	const text = source.type === 'TemplateLiteral' && source.expressions.length === 0 ? source.quasis[0] : undefined;
	return text?.value.cooked ?? null;
}

/** The node that is the specifier in what was printed; null where there is none. */
export function printedSpecifier(printed: t.Node): t.Expression | null {
	const specifier = printed.type === 'ImportExpression' ? printed.source : requiredSpecifier(printed);
	return specifier && (helpedSpecifier(specifier) ?? specifier);
}

/** Of ``Promise.resolve(`${x}`).then((s) => require(s))``. */
function requiredSpecifier(node: t.Node): t.Expression | null {
	const then = node.type === 'CallExpression' ? node.callee : null;
	const resolved = then?.type === 'MemberExpression' ? then.object : null;
	const text = resolved?.type === 'CallExpression' ? resolved.arguments[0] : null;
	return text?.type === 'TemplateLiteral' ? ((text.expressions[0] as t.Expression | undefined) ?? null) : null;
}

/** Of `__rewriteRelativeImportExtension(x)`; null for any other expression. */
export function helpedSpecifier(node: t.Node): t.Expression | null {
	if (node.type !== 'CallExpression') return null;
	let callee: t.Node = unwrap(node.callee);
	if (callee.type === 'SequenceExpression') callee = callee.expressions.at(-1)!;
	if (callee.type === 'MemberExpression') callee = callee.property;
	const isHelper = callee.type === 'Identifier' && callee.name === '__rewriteRelativeImportExtension';
	return isHelper ? (node.arguments[0] as t.Expression) : null;
}

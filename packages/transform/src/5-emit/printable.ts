/**
 * What the printer must be told: its output is read again as TypeScript when that is what the source
 * was, and its layout of a definition's tables would take a line for every brace.
 */
import * as t from '@babel/types';

/** The node as it is to be printed; shares what needs no change. `onOneLine` prints what is marked so. */
export function printable(node: t.Node, onOneLine: (node: t.Node) => string): t.Node {
	return new Rewriter(onOneLine).visit(node, false);
}

/** Fields of expressions that are printed with commas between. */
const LISTS = new Set(['arguments', 'elements', 'expressions']);

class Rewriter {
	private readonly print: (node: t.Node) => string;

	constructor(print: (node: t.Node) => string) {
		this.print = print;
	}

	/** `inList`: a comma may follow, and after it a `>`. */
	visit(node: t.Node, inList: boolean): t.Node {
		if (node.extra?.['compact']) return this.oneLine(node);
		if (inList && isLess(node)) return parenthesized(this.visitChildren(node, inList) as t.Expression);
		if (node.type === 'BinaryExpression' && node.operator === '>' && isLess(node.left)) {
			// TypeScript takes `a < b > (c)` for a call with type arguments, as `f(a < b, c > (d))`.
			return this.visitChildren({ ...node, left: parenthesized(node.left as t.Expression) }, inList);
		}
		return this.visitChildren(node, inList && node.type !== 'BlockStatement');
	}

	private visitChildren(node: t.Node, inList: boolean): t.Node {
		let copy: Record<string, unknown> | null = null;
		for (const key of t.VISITOR_KEYS[node.type] ?? []) {
			const value = (node as unknown as Record<string, unknown>)[key];
			if (!value) continue;
			const next = Array.isArray(value)
				? this.visitList(value as (t.Node | null)[], inList || (value.length > 1 && LISTS.has(key)))
				: this.visit(value as t.Node, inList);
			if (next === value) continue;
			copy ??= { ...(node as unknown as Record<string, unknown>) };
			copy[key] = next;
		}
		return (copy as unknown as t.Node | null) ?? node;
	}

	private visitList(list: (t.Node | null)[], inList: boolean): (t.Node | null)[] {
		const next = list.map((item) => item && this.visit(item, inList));
		return next.some((item, index) => item !== list[index]) ? next : list;
	}

	/** The printer copies a name as it is: so a row of a table is put in as one. */
	private oneLine(node: t.Node): t.Identifier {
		return { type: 'Identifier', name: this.print(this.visitChildren(node, true)) } as t.Identifier;
	}
}

function isLess(node: t.Node): boolean {
	return node.type === 'BinaryExpression' && node.operator === '<';
}

function parenthesized(expression: t.Expression): t.ParenthesizedExpression {
	return { type: 'ParenthesizedExpression', expression } as t.ParenthesizedExpression;
}

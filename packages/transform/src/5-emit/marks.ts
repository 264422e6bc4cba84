/**
 * Replaces the marks of the graph (cfg.ts) in opaque code: `%helper` identifiers, jumps to blocks,
 * `%exception`, and `return`. Copies what it changes: opaque code shares nodes with the user's tree,
 * from which ids are computed.
 */
import * as t from '@babel/types';

export interface Marks {
	/** The expression that stands for `%name`. */
	readonly mark: (name: string) => t.Expression;
	/** The statements of `continue "%12"`. */
	readonly jump: (block: number) => t.Statement[];
	/** The statements of `return value`. */
	readonly complete: (value: t.Expression | null, around: Around, node: t.ReturnStatement) => t.Statement[];
}

/** What opaque code has around a `return`: a `catch` that sees its operand throw, a `finally` that may override it. */
export type Around = 'nothing' | 'catch' | 'finally';

export function rewriteStatements(list: readonly t.Statement[], marks: Marks): t.Statement[] {
	return list.flatMap((statement) => rewriteStatement(statement, marks, 'nothing'));
}

export function rewriteExpression<N extends t.Node>(node: N, marks: Marks): N {
	return rewrite(node, marks, 'nothing', true) as N;
}

function rewriteStatement(node: t.Statement, marks: Marks, around: Around): t.Statement[] {
	if (node.type === 'ContinueStatement' && node.label?.name.startsWith('%')) {
		return marks.jump(Number(node.label.name.slice(1)));
	}
	if (node.type === 'ReturnStatement') {
		const value = node.argument ? rewriteExpression(node.argument, marks) : null;
		return marks.complete(value, around, node);
	}
	return [rewrite(node, marks, around, false) as t.Statement];
}

/** `nested`: inside an expression or a function, where `return` and `continue` are not ours. */
function rewrite(node: t.Node, marks: Marks, around: Around, nested: boolean): t.Node {
	if (node.type === 'Identifier') {
		if (!node.name.startsWith('%')) return node;
		const replaced = marks.mark(node.name.slice(1));
		return node.loc ? { ...replaced, loc: node.loc } : replaced;
	}
	const trying = node.type === 'TryStatement' ? enter(node, around) : around;
	const inner = nested || t.isFunction(node) || t.isClass(node);
	let copy: Record<string, unknown> | null = null;
	for (const key of t.VISITOR_KEYS[node.type] ?? []) {
		const value = (node as unknown as Record<string, unknown>)[key];
		const next = Array.isArray(value)
			? rewriteList(value, marks, trying, inner)
			: value
				? rewriteField(value as t.Node, marks, trying, inner)
				: value;
		if (next === value) continue;
		copy ??= { ...(node as unknown as Record<string, unknown>) };
		copy[key] = next;
	}
	return (copy as unknown as t.Node | null) ?? node;
}

function rewriteList(list: readonly (t.Node | null)[], marks: Marks, around: Around, nested: boolean): unknown {
	let changed = false;
	const out: (t.Node | null)[] = [];
	for (const item of list) {
		if (item && !nested && t.isStatement(item)) {
			const statements = rewriteStatement(item, marks, around);
			changed ||= statements.length !== 1 || statements[0] !== item;
			out.push(...statements);
			continue;
		}
		const next = item ? rewrite(item, marks, around, nested) : item;
		changed ||= next !== item;
		out.push(next);
	}
	return changed ? out : list;
}

function rewriteField(node: t.Node, marks: Marks, around: Around, nested: boolean): t.Node {
	if (nested || !t.isStatement(node)) return rewrite(node, marks, around, nested);
	const statements = rewriteStatement(node, marks, around);
	if (statements.length === 1) return statements[0]!;
	return { type: 'BlockStatement', body: statements, directives: [] } as unknown as t.BlockStatement;
}

function enter(node: t.TryStatement, around: Around): Around {
	return node.finalizer || around === 'finally' ? 'finally' : 'catch';
}

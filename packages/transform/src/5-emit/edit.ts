/**
 * Changes to a program, as data: the Babel plugin applies them to the tree (here), `transform`
 * splices their text into the source (print.ts), so that all else stays as it was.
 */
import * as t from '@babel/types';
import { assign, id } from './build.ts';

export type Edit =
	/** In the place of an expression, a member, or (any number for one) a statement. */
	| { readonly kind: 'replace'; readonly node: t.Node; readonly by: readonly t.Node[] }
	/** `(name = expression)` in the place of an expression that keeps all the edits inside it. */
	| { readonly kind: 'keep'; readonly node: t.Expression; readonly name: string }
	/** Behind a statement in its list. */
	| { readonly kind: 'after'; readonly node: t.Node; readonly nodes: readonly t.Node[] }
	/** Before everything: what is imported here is evaluated before any module that may import this one. */
	| { readonly kind: 'head'; readonly node: t.Program; readonly statement: t.Statement }
	/** Before the first statement of a list (behind directives, in a program behind leading imports) or the first class member. */
	| { readonly kind: 'top'; readonly node: StatementList | t.ClassBody; readonly nodes: readonly t.Node[] };

export type StatementList = t.Program | t.BlockStatement | t.StaticBlock | t.SwitchCase | t.TSModuleBlock;

export function isStatementList(node: t.Node): node is StatementList {
	switch (node.type) {
		case 'Program':
		case 'BlockStatement':
		case 'StaticBlock':
		case 'SwitchCase':
		case 'TSModuleBlock':
			return true;
		default:
			return false;
	}
}

export function membersOf(list: StatementList | t.ClassBody): t.Node[] {
	return list.type === 'SwitchCase' ? list.consequent : list.body;
}

/** How many statements stay before what is put on top. */
export function leadingImports(list: StatementList | t.ClassBody): number {
	if (list.type !== 'Program') return 0;
	const first = list.body.findIndex((statement) => statement.type !== 'ImportDeclaration');
	return first < 0 ? list.body.length : first;
}

/** Applies the edits to the tree, in place. Comments around a replaced node stay where they were. */
export function applyEdits(file: t.File, edits: readonly Edit[]): void {
	const replaced = new Map<t.Node, readonly t.Node[]>();
	const followed = new Map<t.Node, t.Node[]>();
	const topped = new Map<t.Node, t.Node[]>();
	const kept = new Map<t.Node, string[]>();
	let head: t.Statement | null = null;
	for (const edit of edits) {
		if (edit.kind === 'replace') replaced.set(edit.node, keepComments(edit.node, edit.by));
		else if (edit.kind === 'keep') kept.set(edit.node, [...(kept.get(edit.node) ?? []), edit.name]);
		else if (edit.kind === 'after') append(followed, edit.node, edit.nodes);
		else if (edit.kind === 'top') append(topped, edit.node, edit.nodes);
		else head = edit.statement;
	}
	const keep = (node: t.Node): readonly t.Node[] | undefined => {
		const names = kept.get(node);
		if (!names) return undefined;
		visit(node);
		return [names.reduceRight((right, name) => assign(id(name), right), node as t.Expression)];
	};
	const visit = (node: t.Node) => {
		const fields = node as unknown as Record<string, unknown>;
		for (const key of t.VISITOR_KEYS[node.type] ?? []) {
			const value = fields[key];
			if (Array.isArray(value)) {
				for (let i = value.length - 1; i >= 0; i--) {
					const child = value[i] as t.Node | null;
					if (!child) continue;
					const by = replaced.get(child) ?? keep(child);
					if (!by) visit(child);
					const next = followed.get(child);
					if (by || next) value.splice(i, 1, ...(by ?? [child]), ...(next ?? []));
				}
			} else if (value) {
				const by = replaced.get(value as t.Node) ?? keep(value as t.Node);
				if (by) fields[key] = by[0];
				else visit(value as t.Node);
			}
		}
		const top = topped.get(node);
		if (top) putOnTop(node as StatementList | t.ClassBody, top);
	};
	visit(file.program);
	if (head) putFirst(file.program, head);
}

function append(map: Map<t.Node, t.Node[]>, node: t.Node, nodes: readonly t.Node[]): void {
	const known = map.get(node);
	if (known) known.push(...nodes);
	else map.set(node, [...nodes]);
}

function keepComments(from: t.Node, by: readonly t.Node[]): readonly t.Node[] {
	const first = by[0];
	const last = by.at(-1);
	if (first && from.leadingComments) first.leadingComments = from.leadingComments;
	if (last && from.trailingComments) last.trailingComments = from.trailingComments;
	return by;
}

function putOnTop(list: StatementList | t.ClassBody, nodes: readonly t.Node[]): void {
	membersOf(list).splice(leadingImports(list), 0, ...nodes);
}

function putFirst(program: t.Program, statement: t.Statement): void {
	const next = program.body[0];
	// Pragmas are read from the comments at the very top of a file.
	if (next?.leadingComments) {
		statement.leadingComments = next.leadingComments;
		next.leadingComments = null;
	}
	program.body.unshift(statement);
}

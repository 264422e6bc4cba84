/**
 * Makes a failing program smaller while it goes on failing: removes statements, parts of lists and
 * whole functions, unwraps what encloses them, and replaces expressions by one of their parts.
 */
import generatorModule from '@babel/generator';
import { parse } from '@babel/parser';
import * as t from '@babel/types';

const generate = generatorModule as unknown as (node: t.Node) => { code: string };

type Edit = () => void;

export async function shrink(source: string, fails: (source: string) => Promise<boolean>): Promise<string> {
	let best = print(read(source));
	if (!(await fails(best))) return source;
	for (let progress = true; progress; ) {
		progress = false;
		for (let rank = 0; ; rank++) {
			const candidate = edited(best, rank);
			if (candidate === null) break;
			if (candidate.length >= best.length || !(await fails(candidate))) continue;
			best = candidate;
			progress = true;
			rank--;
		}
	}
	return best;
}

function read(source: string): t.File {
	return parse(source, { sourceType: 'module', plugins: ['typescript'], errorRecovery: false });
}

function print(file: t.File): string {
	return `${generate(file).code}\n`;
}

/** The program after the edit of that rank, the ones that remove most first; null when there are fewer. */
function edited(source: string, rank: number): string | null {
	const file = read(source);
	const edits: { edit: Edit; weight: number }[] = [];
	visit(file.program, (edit, weight) => edits.push({ edit, weight }));
	const chosen = edits.sort((a, b) => b.weight - a.weight)[rank];
	if (chosen === undefined) return null;
	chosen.edit();
	try {
		const text = print(file);
		read(text);
		return text;
	} catch {
		return source;
	}
}

type Offer = (edit: Edit, weight: number) => void;

const sizeOf = (nodes: readonly (t.Node | null | undefined)[]) =>
	nodes.reduce((sum, node) => sum + (node ? (node.end ?? 0) - (node.start ?? 0) : 1), 0);

function visit(node: t.Node, offer: Offer): void {
	const record = node as unknown as Record<string, unknown>;
	for (const key of t.VISITOR_KEYS[node.type] ?? []) {
		const value = record[key];
		if (Array.isArray(value)) visitList(value as (t.Node | null)[], offer);
		else if (value !== null && typeof value === 'object') {
			const child = value as t.Node;
			if (isOptional(node, key)) offer(() => set(record, key, null), sizeOf([child]));
			for (const parts of unwrapped(child)) {
				if (parts.length === 1) offer(() => set(record, key, parts[0]), sizeOf([child]) - sizeOf(parts));
			}
			visit(child, offer);
		}
	}
}

function visitList(list: (t.Node | null)[], offer: Offer): void {
	for (let size = list.length >> 1; size > 1; size >>= 1) {
		for (let from = 0; from + size <= list.length; from += size) {
			offer(() => list.splice(from, size), sizeOf(list.slice(from, from + size)));
		}
	}
	list.forEach((child, i) => {
		offer(() => list.splice(i, 1), sizeOf([child]));
		if (child === null) return;
		for (const parts of unwrapped(child)) {
			offer(() => list.splice(i, 1, ...parts), sizeOf([child]) - sizeOf(parts));
		}
		visit(child, offer);
	});
}

function set(record: Record<string, unknown>, key: string, value: unknown): void {
	record[key] = value;
}

function isOptional(node: t.Node, key: string): boolean {
	if (node.type === 'TryStatement')
		return (key === 'handler' && node.finalizer != null) || (key === 'finalizer' && node.handler != null);
	return ['init', 'test', 'update', 'alternate', 'argument', 'param', 'label'].includes(key) && !t.isExpression(node);
}

/** What a node may be replaced by: lists, since a block's statements may stand for the block. */
function unwrapped(node: t.Node): t.Node[][] {
	if (t.isStatement(node)) return unwrappedStatement(node);
	if (!t.isExpression(node) || t.isLiteral(node) || t.isIdentifier(node)) return [];
	const parts: t.Node[][] = childrenOf(node)
		.filter((child) => t.isExpression(child))
		.map((child) => [child]);
	if (!t.isFunction(node)) parts.push([t.numericLiteral(0)]);
	if (t.isArrayExpression(node) && node.elements.length > 0) parts.push([t.arrayExpression([])]);
	return parts;
}

function unwrappedStatement(node: t.Statement): t.Node[][] {
	const bodies = childrenOf(node)
		.flatMap((child) => (child.type === 'CatchClause' || child.type === 'SwitchCase' ? childrenOf(child) : [child]))
		.filter((child) => t.isStatement(child) && !t.isFunction(node));
	return bodies.map((body) => (t.isBlockStatement(body) ? body.body : [body]));
}

function childrenOf(node: t.Node): t.Node[] {
	return (t.VISITOR_KEYS[node.type] ?? [])
		.flatMap((key) => (node as unknown as Record<string, t.Node | t.Node[] | null>)[key] ?? [])
		.filter((child) => child !== null);
}

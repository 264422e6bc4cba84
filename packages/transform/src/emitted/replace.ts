/**
 * Puts what TypeScript has put in the place of names of the source into compiled code, which speaks of
 * them as the source does. A name that nothing in the file declares is such a name: the source declares
 * it, so that it is no global there.
 */
import * as t from '@babel/types';
import { analyzeScopes } from '../1-parse/resolve.ts';
import { MappedText, type SourceMap } from '../5-emit/source-map.ts';
import { isStaticMember, type Rewritten, staticPath } from './align.ts';
import { helpedSpecifier, writtenSpecifier } from './import-calls.ts';

interface Piece {
	readonly start: number;
	readonly end: number;
	readonly text: string;
	readonly loc: t.SourceLocation;
}

export interface Replaced {
	readonly code: string;
	readonly map?: SourceMap;
	/** Names of the source's module that are left and that nothing declares. */
	readonly unknown: ReadonlySet<string>;
}

export interface ReplaceParts {
	/** Those that the source's module declares. */
	readonly names: ReadonlySet<string>;
	readonly rewritten: Rewritten;
	readonly map: SourceMap | undefined;
}

/** `file` is `code`, parsed. */
export function replaceNames(code: string, file: t.File, { names, rewritten, map }: ReplaceParts): Replaced {
	const { references } = analyzeScopes(file);
	const pieces: Piece[] = [];
	const unknown = new Set<string>();
	const isFree = (node: t.Node) => references.get(node)?.binding === null;
	const textFor = (node: t.Node, parent: t.Node, key: string): string | undefined => {
		if (node.type === 'ImportExpression') return rewritten.imports.get(writtenSpecifier(node) ?? '');
		if (isStaticMember(node) && isFree(node.object)) return rewritten.members.get(staticPath(node));
		if (node.type !== 'Identifier' || !isFree(node)) return undefined;
		const text = rewritten.names.get(node.name);
		if (text === undefined && names.has(node.name)) unknown.add(node.name);
		return text && inPlace(text, node, parent, key);
	};
	/** The specifier stays, with what is in it. */
	const visitImport = (node: t.ImportExpression): void => {
		const { source, loc } = node;
		const { specifier, call } = rewritten.computed;
		// What TypeScript has printed around durable functions is replaced already.
		const around = helpedSpecifier(source) ? null : (call ?? specifier);
		const whole = around === call ? node : source;
		if (around) pieces.push({ start: whole.start!, end: source.start!, text: around[0], loc: loc! });
		visit(source, node, 'source');
		if (around) pieces.push({ start: source.end!, end: whole.end!, text: around[1], loc: loc! });
		if (node.options && whole !== node) visit(node.options, node, 'options');
	};
	const visit = (node: t.Node, parent: t.Node, key: string): void => {
		const text = textFor(node, parent, key);
		if (text !== undefined) {
			pieces.push({ start: node.start!, end: node.end!, text, loc: node.loc! });
			return;
		}
		if (node.type === 'ImportExpression') {
			visitImport(node);
			return;
		}
		if (node.type === 'ObjectProperty' && node.shorthand) {
			visit(node.value, node, 'shorthand');
			return;
		}
		for (const field of t.VISITOR_KEYS[node.type] ?? []) {
			const value = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[field];
			for (const child of Array.isArray(value) ? value : [value]) if (child) visit(child, node, field);
		}
	};
	visit(file.program, file, 'program');
	return { ...splice(code, pieces, map), unknown };
}

/** A call hands over no `this`, as a call of an imported name does not. */
function inPlace(text: string, { name }: t.Identifier, parent: t.Node, key: string): string {
	if (key === 'shorthand') return `${name}: ${text}`;
	const called = (key === 'callee' && parent.type !== 'NewExpression') || key === 'tag';
	return called ? `(0, ${text})` : text;
}

function splice(code: string, pieces: Piece[], input: SourceMap | undefined): { code: string; map?: SourceMap } {
	if (pieces.length === 0) return { code, ...(input && { map: input }) };
	pieces.sort((a, b) => a.start - b.start);
	const text = new MappedText(code, input !== undefined);
	for (const { start, end, text: by, loc } of pieces) {
		text.copyTo(start);
		text.add({ code: by, mappings: [[[0, 0, loc.start.line - 1, loc.start.column]]] });
		text.skipTo(end);
	}
	text.copyTo(code.length);
	return { code: text.code, ...(input && { map: text.map('output', input) }) };
}

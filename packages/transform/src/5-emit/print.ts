/**
 * Prints edits into the source text: only what was changed is printed, all else stays byte for byte.
 * The one place that knows Babel's printer and source maps.
 */
import { generate } from '@babel/generator';
import type * as t from '@babel/types';
import { type Edit, leadingImports, membersOf } from './edit.ts';
import { printable } from './printable.ts';
import { MappedText, type PrintedText, type Segment, type SourceMap } from './source-map.ts';

export interface PrintOptions {
	/** The name of the source in the map. */
	readonly file: string;
	readonly map: boolean;
	/** The map that came with the source. */
	readonly inputMap: object | null;
	/** The name of the file that printed nodes come from, where it is another one. */
	readonly printedFrom?: string;
}

export interface Printed {
	readonly code: string;
	readonly map?: SourceMap;
}

export function printEdits(source: string, edits: readonly Edit[], options: PrintOptions): Printed {
	const pieces = edits.flatMap((edit) => piecesOf(edit));
	// At one offset: what is replaced ends before what follows it begins. Sorting is stable.
	pieces.sort((a, b) => a.start - b.start || a.end - b.end || b.closing - a.closing);
	const text = new MappedText(source, options.map);
	for (const { start, end, nodes, before, after } of pieces) {
		text.copyTo(start);
		if (nodes.length === 0) text.add({ code: before });
		nodes.forEach((node, index) => {
			text.add({ code: index === 0 ? before : '\n' });
			text.add(printNode(node, options));
		});
		if (nodes.length > 0) text.add({ code: after });
		text.skipTo(end);
	}
	text.copyTo(source.length);
	if (!options.map) return { code: text.code };
	return { code: text.code, map: text.map(options.file, options.inputMap, options.printedFrom) };
}

/** The text of a node by itself, on as few lines as its statements allow. */
export function printCode(node: t.Node): string {
	return generate(node, { comments: false, jsescOption: { minimal: true } }).code;
}

interface Piece {
	readonly start: number;
	readonly end: number;
	readonly nodes: readonly t.Node[];
	readonly before: string;
	readonly after: string;
	/** 1: it ends an expression, so it comes before all else at its offset. */
	readonly closing: 0 | 1;
}

function piecesOf(edit: Edit): Piece[] {
	if (edit.kind !== 'keep') return [{ ...pieceOf(edit), closing: 0 }];
	const { start, end } = extent(edit.node);
	return [
		{ start, end: start, nodes: [], before: `(${edit.name} = `, after: '', closing: 0 },
		{ start: end, end, nodes: [], before: ')', after: '', closing: 1 },
	];
}

function pieceOf(edit: Exclude<Edit, { kind: 'keep' }>): Omit<Piece, 'closing'> {
	if (edit.kind === 'replace') {
		const { start, end } = extent(edit.node);
		return { start, end, nodes: edit.by, before: '', after: '' };
	}
	if (edit.kind === 'after') {
		const { end } = extent(edit.node);
		return { start: end, end, nodes: edit.nodes, before: '\n', after: '' };
	}
	const { at, before, after } = topOf(edit.node, edit.kind === 'head' ? 0 : leadingImports(edit.node));
	return { start: at, end: at, nodes: edit.kind === 'head' ? [edit.statement] : edit.nodes, before, after };
}

function topOf(
	list: Extract<Edit, { kind: 'top' | 'head' }>['node'],
	imports: number,
): { at: number; before: string; after: string } {
	const members = membersOf(list);
	if (imports > 0) return { at: members[imports - 1]!.end!, before: '\n', after: '' };
	const directive = 'directives' in list ? list.directives.at(-1) : undefined;
	if (directive) return { at: directive.end!, before: '\n', after: '' };
	if (members[0]) return { at: extent(members[0]).start, before: '', after: '\n' };
	return { at: list.start! + 1, before: '\n', after: '\n' };
}

function extent(node: t.Node): { start: number; end: number } {
	let start = node.start!;
	// `@decorator export class`: the decorators stand before the node that has them.
	const decorated =
		node.type === 'ExportNamedDeclaration' || node.type === 'ExportDefaultDeclaration' ? node.declaration : node;
	const decorators = (decorated as { decorators?: t.Decorator[] | null } | null)?.decorators;
	if (decorators?.[0]) start = Math.min(start, decorators[0].start!);
	return { start, end: node.end! };
}

function printOnOneLine(node: t.Node): string {
	return generate(node, { concise: true, jsescOption: { minimal: true } }).code;
}

function printNode(node: t.Node, { file, map, printedFrom }: PrintOptions): PrintedText {
	const result = generate(printable(node, printOnOneLine), {
		sourceMaps: map,
		sourceFileName: file,
		jsescOption: { minimal: true },
	});
	if (!map || !result.decodedMap) return { code: result.code };
	return {
		code: result.code,
		mappings: from(printedFrom === undefined ? 0 : 1, result.decodedMap.mappings as unknown as Segment[][]),
		names: result.decodedMap.names,
	};
}

/** The printer knows one source, the first. */
function from(source: 0 | 1, lines: Segment[][]): Segment[][] {
	if (source === 1) for (const line of lines) for (const segment of line) if (segment.length > 1) segment[1] = source;
	return lines;
}

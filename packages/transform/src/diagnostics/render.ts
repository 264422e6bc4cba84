/** Turns diagnostics into text: the form of `tsc --pretty`, with a help line. The only place that does. */
import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { Diagnostic, RelatedSpan, Severity } from '@perdure/abi';

/** The text of a file that a span lies in; `undefined` where it cannot be had (then only its name is shown). */
export type TextOf = (file: string) => string | undefined;

export interface RenderOptions {
	/** With the colours of `tsc --pretty`, for a terminal. */
	readonly color?: boolean;
}

/** A diagnostic as text: place, message, the line it is about, related places with theirs, help. */
export function renderDiagnostic(
	diagnostic: Diagnostic,
	textOf: TextOf,
	{ color = false }: RenderOptions = {},
): string {
	const { severity, message, file, related, help } = diagnostic;
	const paint = color ? inColor : plain;
	const here = (span: RelatedSpan) =>
		span.file === file && span.start === diagnostic.start && span.length === diagnostic.length;
	const excerpt = frame(diagnostic, textOf(file), {
		indent: '',
		label: related.find(here)?.message,
		paint,
		style: severity,
	});
	return [
		`${head(diagnostic, paint)}: ${message}`,
		...(excerpt ? ['', excerpt] : []),
		...related.filter((span) => !here(span)).map((span) => renderRelated(span, textOf, paint)),
		...helpLine(help, paint),
	].join('\n');
}

/** The same for a log or a tool that reads lines: `file:line:column - error PD3001: message`, then the help. */
export function renderPlain(diagnostic: Diagnostic): string {
	return [`${head(diagnostic, plain)}: ${diagnostic.message}`, ...helpLine(diagnostic.help, plain)].join('\n');
}

/** How many there are and where, as `tsc --pretty` ends. Empty when there is none. */
export function renderSummary(diagnostics: readonly Diagnostic[]): string {
	if (diagnostics.length === 0) return '';
	const total = (['error', 'warning'] as const).flatMap((severity) => {
		const count = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
		return count === 0 ? [] : [counted(count, severity)];
	});
	const found = `Found ${total.join(' and ')}`;
	const files = Map.groupBy(diagnostics, ({ file }) => file);
	const places = [...files.values()].map((own) => ({
		count: own.length,
		place: `${shown(own[0]!.file)}:${own[0]!.line}`,
	}));
	if (diagnostics.length === 1) return `${found} in ${places[0]!.place}`;
	if (places.length === 1) return `${found} in the same file, starting at: ${places[0]!.place}`;
	const title = total.length > 1 || !total[0]!.includes('error') ? 'Number' : 'Errors';
	const rows = places.map(({ count, place }) => `${String(count).padStart(title.length)}  ${place}`);
	return [`${found} in ${places.length} files.`, '', `${title}  Files`, ...rows].join('\n');
}

function counted(count: number, of: Severity): string {
	return `${count} ${of}${count === 1 ? '' : 's'}`;
}

type Style = Severity | 'file' | 'position' | 'code' | 'line' | 'related' | 'help';
type Paint = (style: Style, text: string) => string;

const plain: Paint = (_, text) => text;

const STYLES: Record<Style, Parameters<typeof styleText>[0]> = {
	error: 'red',
	warning: 'yellow',
	file: 'cyan',
	position: 'yellow',
	code: 'gray',
	line: 'inverse',
	related: 'cyan',
	help: 'green',
};

// Whether there are to be colours is the caller's to say, whatever stdout is.
const inColor: Paint = (style, text) => styleText(STYLES[style], text, { validateStream: false });

function head({ file, line, column, severity, code }: Diagnostic, paint: Paint): string {
	return `${place(file, line, column, paint)} - ${paint(severity, severity)} ${paint('code', code)}`;
}

function place(file: string, line: number, column: number, paint: Paint): string {
	return `${paint('file', shown(file))}:${paint('position', String(line))}:${paint('position', String(column))}`;
}

function helpLine(help: string, paint: Paint): string[] {
	return help ? [`  ${paint('help', 'help')}: ${help}`] : [];
}

function renderRelated(span: RelatedSpan, textOf: TextOf, paint: Paint): string {
	const text = textOf(span.file);
	if (text === undefined) return `  ${paint('file', shown(span.file))}: ${span.message}`;
	const before = text.slice(0, span.start).split('\n');
	const at = place(span.file, before.length, before.at(-1)!.length + 1, paint);
	return `  ${at}\n${frame(span, text, { indent: '    ', label: span.message, paint, style: 'related' })}`;
}

interface FrameOptions {
	readonly indent: string;
	readonly label: string | undefined;
	readonly paint: Paint;
	readonly style: Style;
}

/** The line that a span begins in, and a line of tildes under it with the label. Empty without the text. */
function frame(
	span: { readonly start: number; readonly length: number },
	text: string | undefined,
	{ indent, label = '', paint, style }: FrameOptions,
): string {
	if (text === undefined) return '';
	const from = text.lastIndexOf('\n', span.start - 1) + 1;
	const to = text.slice(span.start).search(/\r?\n|$/) + span.start;
	const number = String(text.slice(0, from).split('\n').length);
	// A tab under a tab: whatever its width, the tildes stand where the span stands.
	const gap = text.slice(from, span.start).replace(/[^\t]/g, ' ');
	const tildes = '~'.repeat(Math.max(1, Math.min(span.length, to - span.start)));
	const blank = paint('line', ' '.repeat(number.length));
	const underline = `${indent}${blank} ${gap}${paint(style, `${tildes} ${label}`.trimEnd())}`;
	return `${indent}${paint('line', number)} ${text.slice(from, to)}\n${underline}`;
}

/** As seen from the working directory, unless it lies outside. */
function shown(file: string): string {
	const path = relative('', file);
	return path.startsWith('..') ? file : path.replaceAll('\\', '/');
}

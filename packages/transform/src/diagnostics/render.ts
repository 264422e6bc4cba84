/** Turns a diagnostic into text: the form of `tsc --pretty`, with a help line. The only place that does. */
import { relative } from 'node:path';
import type { Diagnostic, RelatedSpan } from '@perdure/abi';

/** The text of a file that a span lies in; `undefined` where it cannot be had (then only its name is shown). */
export type TextOf = (file: string) => string | undefined;

/** A diagnostic as text: place, message, the line it is about, help. */
export function renderDiagnostic(diagnostic: Diagnostic, textOf: TextOf): string {
	const { file, line, column, severity, code, message, related, help } = diagnostic;
	const here = (span: RelatedSpan) =>
		span.file === file && span.start === diagnostic.start && span.length === diagnostic.length;
	const label = related.find(here)?.message;
	const excerpt = frame(diagnostic, textOf(file), '', label);
	return [
		`${shown(file)}:${line}:${column} - ${severity} ${code}: ${message}`,
		...(excerpt ? ['', excerpt] : []),
		...related.filter((span) => !here(span)).map((span) => renderRelated(span, textOf)),
		...(help ? [`  help: ${help}`] : []),
	].join('\n');
}

function renderRelated(span: RelatedSpan, textOf: TextOf): string {
	const text = textOf(span.file);
	if (text === undefined) return `  ${shown(span.file)}: ${span.message}`;
	const before = text.slice(0, span.start).split('\n');
	const place = `  ${shown(span.file)}:${before.length}:${before.at(-1)!.length + 1}`;
	return `${place}\n${frame(span, text, '    ', span.message)}`;
}

/** The line that a span begins in, and a line of tildes under it with `label`. Empty without the text. */
function frame(
	span: { readonly start: number; readonly length: number },
	text: string | undefined,
	indent: string,
	label = '',
): string {
	if (text === undefined) return '';
	const from = text.lastIndexOf('\n', span.start - 1) + 1;
	const to = text.slice(span.start).search(/\r?\n|$/) + span.start;
	const number = String(text.slice(0, from).split('\n').length);
	// A tab under a tab: whatever its width, the tildes stand where the span stands.
	const gap = text.slice(from, span.start).replace(/[^\t]/g, ' ');
	const tildes = '~'.repeat(Math.max(1, Math.min(span.length, to - span.start)));
	const underline = `${indent}${' '.repeat(number.length)} ${gap}${tildes} ${label}`;
	return `${indent}${number} ${text.slice(from, to)}\n${underline.trimEnd()}`;
}

/** As seen from the working directory, unless it lies outside. */
function shown(file: string): string {
	const path = relative('', file);
	return path.startsWith('..') ? file : path.replaceAll('\\', '/');
}

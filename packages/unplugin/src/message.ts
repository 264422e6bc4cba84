/** The text of a diagnostic for hosts that show place and code frame themselves. */
import type { Diagnostic } from '@perdure/transform';

/** Message, help, and where else to look. `others`: errors of the module that the host will not come to. */
export function messageOf(diagnostic: Diagnostic, source: string, others: readonly Diagnostic[] = []): string {
	const { code, message, help, file, related } = diagnostic;
	const lines = [`${code}: ${message}`];
	for (const span of related) {
		const place = span.file === file ? `${file}:${positionOf(span.start, source)}` : span.file;
		lines.push(`  ${place}: ${span.message}`);
	}
	if (help) lines.push(`help: ${help}`);
	for (const other of others) lines.push(`also at ${other.line}:${other.column}: ${other.code}: ${other.message}`);
	return lines.join('\n');
}

function positionOf(offset: number, source: string): string {
	const before = source.slice(0, offset).split('\n');
	return `${before.length}:${before.at(-1)!.length + 1}`;
}

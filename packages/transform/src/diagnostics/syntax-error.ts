import type { Diagnostic } from '@perdure/abi';
import { TABLE } from './table.ts';

/** The parser's error as a diagnostic. */
export function syntaxDiagnostic(error: SyntaxError & { pos?: number }, file: string, source: string): Diagnostic {
	const { code, severity, message, help } = TABLE.PD0002;
	const start = Math.min(error.pos ?? 0, source.length);
	const lines = source.slice(0, start).split('\n');
	// Babel ends its messages with the place.
	const problem = error.message.replace(/ \(\d+:\d+\)$/, '');
	return {
		code,
		severity,
		message: message({ problem }),
		file,
		start,
		length: Math.min(1, source.length - start),
		line: lines.length,
		column: lines.at(-1)!.length + 1,
		related: [],
		help: help as string,
	};
}

import type { Diagnostic, DiagnosticRow } from '@perdure/abi';
import { TABLE } from './table.ts';

/**
 * An error that keeps the whole file from being compiled, as a diagnostic. Anything else is thrown on.
 * `module`: whether the file was taken for one.
 */
export function fileDiagnostic(error: unknown, file: string, source: string, module = true): Diagnostic {
	// The only way to run out of stack: every pass walks the tree by recursion, as the parser does.
	if (error instanceof RangeError && /call stack/i.test(error.message)) return at(0, TABLE.PD0003, {}, file, source);
	if (!(error instanceof SyntaxError)) throw error;
	// Babel ends its messages with the place.
	const problem = error.message.replace(/ \(\d+:\d+\)$/, '');
	return at((error as { pos?: number }).pos ?? 0, TABLE.PD0002, { problem, module }, file, source);
}

function at<P>(
	position: number,
	{ code, severity, message, help }: DiagnosticRow<P>,
	parameters: P,
	file: string,
	source: string,
): Diagnostic {
	const start = Math.min(position, source.length);
	const lines = source.slice(0, start).split('\n');
	return {
		code,
		severity,
		message: message(parameters),
		file,
		start,
		length: Math.min(1, source.length - start),
		line: lines.length,
		column: lines.at(-1)!.length + 1,
		related: [],
		help: typeof help === 'function' ? help(parameters) : help,
	};
}

/**
 * The compiler as a Babel 8 plugin.
 *
 * It works in `pre`, before any plugin of the pass has touched the tree: ids are hashes of the source as
 * written, and must be those that every other way to compile gives, in whatever order plugins are
 * listed. What follows (types, JSX, modules) sees the compiled program as if it had been written so.
 */
import type { File, PluginObject } from '@babel/core';
import { compileProgram, type Diagnostic, mentionsDirective, renderDiagnostic } from '@perdure/transform';

/** What is left in `file.metadata.perdure`, for tools that drive Babel. */
export type Metadata = ReturnType<typeof compileProgram>;

/**
 * @throws SyntaxError (Babel's, with a code frame) for the first error; the others are listed below it.
 */
export default function perdure(): PluginObject {
	return {
		name: 'perdure',
		pre(file) {
			// A tree that came without its text may have the directive all the same.
			if (file.code !== '' && !mentionsDirective(file.code)) return;
			compileFile(file);
		},
	};
}

function compileFile(file: File): void {
	const compiled: Metadata = compileProgram(file.ast, {
		filename: file.opts.filename ?? 'unknown',
		sourceType: file.ast.program.sourceType,
	});
	file.metadata.perdure = compiled;
	const { diagnostics, functions } = compiled;
	const [first, ...others] = diagnostics.filter(({ severity }) => severity === 'error');
	if (first) throw codeFrameError(file, first, others);
	for (const warning of diagnostics) console.warn(renderDiagnostic(warning, () => file.code));
	// Imports that only compiled code uses must count as used, or TypeScript's plugin would drop them.
	if (functions.length > 0) file.scope.crawl();
}

function codeFrameError(
	file: File,
	{ code, message, help, ...span }: Diagnostic,
	others: readonly Diagnostic[],
): Error {
	const end = file.code.slice(span.start, span.start + span.length).split('\n');
	const node = {
		loc: {
			start: { line: span.line, column: span.column - 1 },
			end: {
				line: span.line + end.length - 1,
				column: end.length > 1 ? end.at(-1)!.length : span.column - 1 + span.length,
			},
		},
	};
	const lines = [`${code}: ${message}`, `help: ${help}`];
	for (const other of others) lines.push(`also at ${other.line}:${other.column}: ${other.code}: ${other.message}`);
	return file.buildCodeFrameError(node as Parameters<File['buildCodeFrameError']>[0], lines.join('\n'));
}

/** A diagnostic of the compiler's as one of TypeScript's. */
import type { Diagnostic } from '@perdure/abi';
import type ts from 'typescript';

/** Build tools read `TS` and digits only: those of `PD3001` are `TS93001`. */
export function numberOf(code: string): number {
	return 90_000 + Number(code.replace(/^\D+/, ''));
}

/** The text starts with the code itself, since the number says it to build tools only. */
export function toTypeScript(
	typescript: typeof ts,
	program: ts.Program,
	file: ts.SourceFile,
	diagnostic: Diagnostic,
): ts.DiagnosticWithLocation {
	const code = numberOf(diagnostic.code);
	const help: ts.DiagnosticMessageChain[] = diagnostic.help
		? [{ messageText: `help: ${diagnostic.help}`, category: typescript.DiagnosticCategory.Message, code }]
		: [];
	const category = typescript.DiagnosticCategory[diagnostic.severity === 'error' ? 'Error' : 'Warning'];
	return {
		file,
		start: diagnostic.start,
		length: diagnostic.length,
		category,
		code,
		source: 'perdure',
		messageText: { messageText: `${diagnostic.code}: ${diagnostic.message}`, category, code, next: help },
		relatedInformation: diagnostic.related.map((related) => ({
			file: related.file === diagnostic.file ? file : program.getSourceFile(related.file),
			start: related.start,
			length: related.length,
			messageText: related.message,
			category: typescript.DiagnosticCategory.Message,
			code,
		})),
	};
}

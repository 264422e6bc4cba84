/**
 * Adds the compiler's diagnostics to TypeScript's. Errors join both `getSemanticDiagnostics` (plain,
 * `--noEmit`, `noEmitOnError`, editors) and `getBindAndCheckDiagnostics` (`--incremental`, `-b`,
 * watch: there the builder asks, and keeps the answer in its build info). With `noCheck` it asks for
 * neither, and errors join `getSyntacticDiagnostics`. What concerns several files at once is global.
 *
 * Warnings go elsewhere: `tsc` fails for a diagnostic of any category, and a warning must not fail a
 * build. A build prints them on stderr, once a file; an editor gets them as suggestions.
 */
import type { Diagnostic, Severity } from '@perdure/abi';
import type ts from 'typescript';
import type { FileCompiler } from './compile-file.ts';
import { duplicateIds } from './duplicate-ids.ts';
import { toTypeScript } from './typescript-diagnostic.ts';

/** Members of `ts.Program` that TypeScript keeps to itself. */
interface InternalProgram extends ts.Program {
	getBindAndCheckDiagnostics(file: ts.SourceFile, cancellation?: ts.CancellationToken): readonly ts.Diagnostic[];
	getSuggestionDiagnostics(
		file: ts.SourceFile,
		cancellation?: ts.CancellationToken,
	): readonly ts.DiagnosticWithLocation[];
}

export function addDiagnostics(typescript: typeof ts, program: ts.Program, compile: FileCompiler): void {
	const internal = program as InternalProgram;
	const inTypeScript = (file: ts.SourceFile, diagnostic: Diagnostic) =>
		toTypeScript(typescript, program, file, diagnostic);
	const found = (file: ts.SourceFile, severity: Severity) =>
		(compile(file)?.diagnostics ?? [])
			.filter((diagnostic) => diagnostic.severity === severity)
			.map((diagnostic) => inTypeScript(file, diagnostic));

	const warned = new Set<ts.SourceFile>();
	const errorsOf = (file: ts.SourceFile) => {
		if (!warned.has(file)) printWarnings(typescript, program, found(file, 'warning'));
		warned.add(file);
		return found(file, 'error');
	};
	const errorsIn = (file: ts.SourceFile | undefined) => (file ? [file] : program.getSourceFiles()).flatMap(errorsOf);

	const { getSemanticDiagnostics, getSyntacticDiagnostics, getGlobalDiagnostics } = program;
	const { getBindAndCheckDiagnostics, getSuggestionDiagnostics } = internal;
	if (program.getCompilerOptions().noCheck) {
		program.getSyntacticDiagnostics = (file, ...rest) => [...getSyntacticDiagnostics(file, ...rest), ...errorsIn(file)];
	} else {
		program.getSemanticDiagnostics = (file, ...rest) => [...getSemanticDiagnostics(file, ...rest), ...errorsIn(file)];
		internal.getBindAndCheckDiagnostics = (file, ...rest) => [
			...getBindAndCheckDiagnostics(file, ...rest),
			...errorsOf(file),
		];
	}
	// A build info would keep these with one of the files, and outlive a change of the other; global ones it never keeps.
	program.getGlobalDiagnostics = (...rest) => [
		...getGlobalDiagnostics(...rest),
		...duplicateIds(program.getSourceFiles(), compile).map(({ file, diagnostic }) => inTypeScript(file, diagnostic)),
	];
	internal.getSuggestionDiagnostics = (file, ...rest) => [
		...getSuggestionDiagnostics(file, ...rest),
		...found(file, 'warning'),
	];
}

function printWarnings(typescript: typeof ts, program: ts.Program, warnings: readonly ts.Diagnostic[]): void {
	if (warnings.length === 0) return;
	const format = process.stderr.isTTY ? typescript.formatDiagnosticsWithColorAndContext : typescript.formatDiagnostics;
	process.stderr.write(
		format(warnings, {
			getCanonicalFileName: (name) => name,
			getCurrentDirectory: () => program.getCurrentDirectory(),
			getNewLine: () => '\n',
		}),
	);
}

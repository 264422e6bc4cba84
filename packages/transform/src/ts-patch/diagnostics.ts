/**
 * Adds the compiler's diagnostics to TypeScript's. What is wrong with a file may depend on any other one (a
 * class is registered elsewhere), so nothing that remembers what it found in a file that did not change may
 * remember ours: incremental builds and watch mode ask `getProgramDiagnostics` each time. All others ask
 * `getSemanticDiagnostics`. With `noCheck` nobody asks for either, and errors join `getSyntacticDiagnostics`.
 * What concerns several files at once is global.
 *
 * Warnings go elsewhere: `tsc` fails for a diagnostic of any category, and a warning must not fail a
 * build. A build prints them on stderr, once a file; an editor gets them as suggestions.
 */
import type { Diagnostic, Severity } from '@perdure/abi';
import type ts from 'typescript';
import { duplicateIds } from '../diagnostics/duplicate-ids.ts';
import type { ProgramChecker } from './check-program.ts';
import { toTypeScript } from './typescript-diagnostic.ts';

/** Members of `ts.Program` that TypeScript keeps to itself. */
interface InternalProgram extends ts.Program {
	getBindAndCheckDiagnostics(file: ts.SourceFile, cancellation?: ts.CancellationToken): readonly ts.Diagnostic[];
	getProgramDiagnostics(file: ts.SourceFile): readonly ts.Diagnostic[];
	getSuggestionDiagnostics(
		file: ts.SourceFile,
		cancellation?: ts.CancellationToken,
	): readonly ts.DiagnosticWithLocation[];
}

export function addDiagnostics(typescript: typeof ts, program: ts.Program, check: ProgramChecker): void {
	const internal = program as InternalProgram;
	const inTypeScript = (file: ts.SourceFile, diagnostic: Diagnostic) =>
		toTypeScript(typescript, program, file, diagnostic);
	const found = (file: ts.SourceFile, severity: Severity) =>
		check(file)
			.diagnostics.filter((diagnostic) => diagnostic.severity === severity)
			.map((diagnostic) => inTypeScript(file, diagnostic));

	const warned = new Set<ts.SourceFile>();
	const errorsOf = (file: ts.SourceFile) => {
		if (!warned.has(file)) printWarnings(typescript, program, found(file, 'warning'));
		warned.add(file);
		return found(file, 'error');
	};
	const errorsIn = (file: ts.SourceFile | undefined) => (file ? [file] : program.getSourceFiles()).flatMap(errorsOf);

	const { getSemanticDiagnostics, getSyntacticDiagnostics, getGlobalDiagnostics } = program;
	const { getBindAndCheckDiagnostics, getProgramDiagnostics, getSuggestionDiagnostics } = internal;
	const options = program.getCompilerOptions();
	if (options.noCheck) {
		program.getSyntacticDiagnostics = (file, ...rest) => [...getSyntacticDiagnostics(file, ...rest), ...errorsIn(file)];
	} else {
		program.getSemanticDiagnostics = (file, ...rest) => [...getSemanticDiagnostics(file, ...rest), ...errorsIn(file)];
		internal.getProgramDiagnostics = (file) => [...getProgramDiagnostics(file), ...errorsOf(file)];
		// The build info of a project that is not incremental says whether it had errors, and counts these only.
		if (options['tscBuild'] === true && !options.incremental && !options.composite)
			internal.getBindAndCheckDiagnostics = (file, ...rest) => [
				...getBindAndCheckDiagnostics(file, ...rest),
				...errorsOf(file),
			];
	}
	// Of two files a build info would keep these with one, and outlive a change of the other.
	program.getGlobalDiagnostics = (...rest) => [
		...getGlobalDiagnostics(...rest),
		...duplicateIds(program.getSourceFiles().flatMap((file) => check(file).functions)).map((diagnostic) =>
			inTypeScript(program.getSourceFile(diagnostic.file)!, diagnostic),
		),
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

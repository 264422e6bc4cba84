/**
 * Takes a source file of the user's program and gives what the compiler makes of it, once a file.
 */
import type ts from 'typescript';
import { type TransformResult, transform } from '../transform.ts';

/** The file as compiled. Without a map nothing was compiled in it: there was an error, or no function after all. */
export type CompiledFile = Pick<TransformResult, 'code' | 'map' | 'diagnostics'>;

/** `null` for a file that has no durable function. */
export type FileCompiler = (file: ts.SourceFile) => CompiledFile | null;

const DIRECTIVE = 'use durable';

export function createFileCompiler(typescript: typeof ts, program: ts.Program): FileCompiler {
	// Diagnostics and emit ask for the same file, and `emit` asks again for each file it writes.
	const done = new Map<ts.SourceFile, CompiledFile>();
	return (file) => {
		if (!file.text.includes(DIRECTIVE) || file.isDeclarationFile) return null;
		if (program.isSourceFileFromExternalLibrary(file)) return null;
		const known = done.get(file);
		if (known) return known;
		const compiled = compileFile(typescript, program, file);
		done.set(file, compiled);
		return compiled;
	};
}

function compileFile(typescript: typeof ts, program: ts.Program, file: ts.SourceFile): CompiledFile {
	const { fileName: filename, text } = file;
	return transform(text, { filename, sourceType: sourceTypeOf(typescript, program, file), sourceMap: true });
}

/**
 * How must helpers come in? Where the module setting asks for CommonJS, TypeScript itself turns an
 * `import` into a `require`; but not in a script, and not in what `"module": "preserve"` leaves as it is.
 */
function sourceTypeOf(
	typescript: typeof ts,
	program: ts.Program,
	file: ts.SourceFile,
): 'module' | 'commonjs' | 'script' {
	if (!typescript.isExternalModule(file)) return 'script';
	if (program.getCompilerOptions().module !== typescript.ModuleKind.Preserve) return 'module';
	const requires = file.statements.some(
		(statement) =>
			(typescript.isImportEqualsDeclaration(statement) &&
				typescript.isExternalModuleReference(statement.moduleReference)) ||
			(typescript.isExportAssignment(statement) && statement.isExportEquals === true),
	);
	return requires ? 'commonjs' : 'module';
}

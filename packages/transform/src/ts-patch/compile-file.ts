/**
 * Takes a source file of the user's program and gives what the compiler makes of it, once a file.
 */
import type ts from 'typescript';
import { mentionsDirective } from '../1-parse/directive.ts';
import type { SourceType } from '../5-emit/helpers.ts';
import { type TransformResult, transform } from '../transform.ts';

/** Without a map nothing was compiled in the file: there was an error, or no function after all. */
export type FileCompiler = (file: ts.SourceFile) => TransformResult | null;

/**
 * Diagnostics and emit ask for the same files. A source file never changes, and watch mode hands it to one
 * program after the other, so what was made of it is kept as long as it is.
 */
const compiled = new WeakMap<ts.SourceFile, { readonly sourceType: SourceType; readonly result: TransformResult }>();

/** May the file have durable functions that are compiled? */
export function isCompiled(program: ts.Program, file: ts.SourceFile): boolean {
	if (file.isDeclarationFile || !mentionsDirective(file.text)) return false;
	return !program.isSourceFileFromExternalLibrary(file);
}

/** The compiler gives `null` for a file that has no durable function. */
export function createFileCompiler(typescript: typeof ts, program: ts.Program): FileCompiler {
	return (file) => {
		if (!isCompiled(program, file)) return null;
		const sourceType = sourceTypeOf(typescript, program, file);
		const known = compiled.get(file);
		if (known?.sourceType === sourceType) return known.result;
		const result = transform(file.text, { filename: file.fileName, sourceType, sourceMap: true });
		compiled.set(file, { sourceType, result });
		return result;
	};
}

/**
 * How must helpers come in? Where the module setting asks for CommonJS, TypeScript itself turns an
 * `import` into a `require`; but not in a script, and not in what `"module": "preserve"` leaves as it is.
 */
function sourceTypeOf(typescript: typeof ts, program: ts.Program, file: ts.SourceFile): SourceType {
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

/** What is wrong with a file that is open in an editor. */
import type { Diagnostic } from '@perdure/abi';
import type ts from 'typescript';
import { createFileCompiler } from '../ts-patch/compile-file.ts';

export interface Findings {
	readonly program: ts.Program;
	readonly file: ts.SourceFile;
	readonly diagnostics: readonly Diagnostic[];
}

/**
 * The service makes a program for each state of the project, with the same file objects for files that did not
 * change, and what was found in a file is kept with its object.
 */
export function createFinder(
	typescript: typeof ts,
	service: Pick<ts.LanguageService, 'getProgram'>,
	log: (problem: string) => void,
): (fileName: string) => Findings {
	return (fileName) => {
		const program = service.getProgram()!;
		const file = program.getSourceFile(fileName)!;
		try {
			const diagnostics = createFileCompiler(typescript, program)(file)?.diagnostics ?? [];
			// What cannot be parsed TypeScript has marked already, unless our parser is the older one.
			const marked = diagnostics.length > 0 && program.getSyntacticDiagnostics(file).length > 0;
			return { program, file, diagnostics: marked ? diagnostics.filter(({ code }) => code !== 'PD0002') : diagnostics };
		} catch (error) {
			// A bug of ours must not take TypeScript's own messages away.
			log(error instanceof Error ? `${error.stack}` : String(error));
			return { program, file, diagnostics: [] };
		}
	};
}

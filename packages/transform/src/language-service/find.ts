/** What is wrong with a file that is open in an editor. */
import type { Diagnostic } from '@perdure/abi';
import type ts from 'typescript';
import type { CheckerOptions } from '../checker.ts';
import { createProgramChecker, type ProgramChecker } from '../ts-patch/check-program.ts';

export interface Findings {
	readonly program: ts.Program;
	readonly file: ts.SourceFile;
	readonly diagnostics: readonly Diagnostic[];
}

/**
 * The service makes a program for each state of the project. What was found is kept with the program: what is
 * wrong with a file may depend on any other.
 */
export function createFinder(
	typescript: typeof ts,
	service: Pick<ts.LanguageService, 'getProgram'>,
	options: Pick<CheckerOptions, 'any'>,
	log: (problem: string) => void,
): (fileName: string) => Findings {
	const checkers = new WeakMap<ts.Program, ProgramChecker>();
	const checkerOf = (program: ts.Program): ProgramChecker => {
		let checker = checkers.get(program);
		if (checker === undefined) {
			checker = createProgramChecker(typescript, program, options);
			checkers.set(program, checker);
		}
		return checker;
	};
	return (fileName) => {
		const program = service.getProgram()!;
		const file = program.getSourceFile(fileName)!;
		try {
			const { diagnostics } = checkerOf(program)(file);
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

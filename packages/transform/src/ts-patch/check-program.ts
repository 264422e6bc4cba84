/** What is wrong with the files of a program, and which functions they declare. Each is looked at once. */
import type { Diagnostic } from '@perdure/abi';
import type ts from 'typescript';
import { fromTypeScript6 } from '../4-check/typescript-6.ts';
import { type Checker, type CheckerOptions, createChecker } from '../checker.ts';
import type { DeclaredFunction } from '../diagnostics/duplicate-ids.ts';
import { type FileCompiler, isCompiled } from './compile-file.ts';

export interface Checked {
	readonly diagnostics: readonly Diagnostic[];
	readonly functions: readonly DeclaredFunction[];
}

export type ProgramChecker = (file: ts.SourceFile) => Checked;

/** With types. Asks nothing of the program before there is a file with durable functions to look at. */
export function createProgramChecker(
	typescript: typeof ts,
	program: ts.Program,
	options: Pick<CheckerOptions, 'any'>,
): ProgramChecker {
	const known = new Map<ts.SourceFile, Checked>();
	let functions: DeclaredFunction[] = [];
	let check: Checker | undefined;
	return (file) => {
		let checked = known.get(file);
		if (checked === undefined) {
			functions = [];
			let diagnostics: readonly Diagnostic[] = [];
			if (isCompiled(program, file)) {
				check ??= createChecker(fromTypeScript6(typescript, program), {
					...options,
					declared: (fn) => functions.push(fn),
				});
				diagnostics = check(file.fileName);
			}
			checked = { diagnostics, functions };
			known.set(file, checked);
		}
		return checked;
	};
}

/** Where TypeScript is told not to look at types, nor do we. */
export function createUntypedChecker(compile: FileCompiler): ProgramChecker {
	return (file) => {
		const { diagnostics = [], functions = [] } = compile(file) ?? {};
		const declared = functions.map(({ id, file: path, line, column }) => {
			const start = file.getPositionOfLineAndCharacter(line - 1, column - 1);
			return { id, file: file.fileName, path, text: file.text, start };
		});
		return { diagnostics, functions: declared };
	};
}

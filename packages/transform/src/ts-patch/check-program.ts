/** What is wrong with the files of a program, types included. Each is looked at once. */
import type { Diagnostic } from '@perdure/abi';
import type ts from 'typescript';
import { fromTypeScript6 } from '../4-check/typescript-6.ts';
import { type Checker, type CheckerOptions, createChecker } from '../checker.ts';
import { isCompiled } from './compile-file.ts';

export type ProgramChecker = (file: ts.SourceFile) => readonly Diagnostic[];

/** Asks nothing of the program before there is a file with durable functions to look at. */
export function createProgramChecker(
	typescript: typeof ts,
	program: ts.Program,
	options: CheckerOptions,
): ProgramChecker {
	const known = new Map<ts.SourceFile, readonly Diagnostic[]>();
	let check: Checker | undefined;
	return (file) => {
		let diagnostics = known.get(file);
		if (diagnostics === undefined) {
			diagnostics = [];
			if (isCompiled(program, file)) {
				check ??= createChecker(fromTypeScript6(typescript, program), options);
				diagnostics = check(file.fileName);
			}
			known.set(file, diagnostics);
		}
		return diagnostics;
	};
}

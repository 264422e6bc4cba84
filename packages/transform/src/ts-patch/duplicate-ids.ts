/** Takes all files of a program, gives a diagnostic at each function whose id another file has as well. */
import type { Diagnostic } from '@perdure/abi';
import type ts from 'typescript';
import { duplicateIds as find } from '../diagnostics/duplicate-ids.ts';
import type { FileCompiler } from './compile-file.ts';

export function duplicateIds(
	files: readonly ts.SourceFile[],
	compile: FileCompiler,
): { readonly file: ts.SourceFile; readonly diagnostic: Diagnostic }[] {
	const byName = new Map(files.map((file) => [file.fileName, file]));
	const declared = files.flatMap((file) =>
		(compile(file)?.functions ?? []).map(({ id, file: path, line, column }) => {
			const start = file.getPositionOfLineAndCharacter(line - 1, column - 1);
			return { id, file: file.fileName, path, text: file.text, start };
		}),
	);
	return find(declared).map((diagnostic) => ({ file: byName.get(diagnostic.file)!, diagnostic }));
}

/**
 * Two functions of one build with one id, in two files: within a file the compiler says so itself.
 * Takes all compiled files, gives a diagnostic at each such function.
 */
import type { Diagnostic } from '@perdure/abi';
import type ts from 'typescript';
import { TABLE } from '../diagnostics/table.ts';
import type { FileCompiler } from './compile-file.ts';

interface Declared {
	readonly file: ts.SourceFile;
	/** Package-relative, for messages. */
	readonly path: string;
	readonly start: number;
}

export function duplicateIds(
	files: readonly ts.SourceFile[],
	compile: FileCompiler,
): { readonly file: ts.SourceFile; readonly diagnostic: Diagnostic }[] {
	const byId = new Map<string, Declared[]>();
	for (const file of files) {
		for (const { id, file: path, line, column } of compile(file)?.functions ?? []) {
			const start = file.getPositionOfLineAndCharacter(line - 1, column - 1);
			const declared = byId.get(id);
			if (declared) declared.push({ file, path, start });
			else byId.set(id, [{ file, path, start }]);
		}
	}
	return [...byId].flatMap(([id, declared]) =>
		declared.flatMap((one) => {
			const other = declared.find(({ file }) => file !== one.file);
			return other ? [{ file: one.file, diagnostic: duplicate(id, one, other) }] : [];
		}),
	);
}

function duplicate(id: string, { file, start }: Declared, other: Declared): Diagnostic {
	const { code, severity, message, help } = TABLE.PD1003;
	const { line, character } = file.getLineAndCharacterOfPosition(start);
	return {
		code,
		severity,
		message: message({ id, elsewhere: other.path }),
		file: file.fileName,
		start,
		length: file.text.slice(start).search(/\s|$/),
		line: line + 1,
		column: character + 1,
		related: [{ message: 'the other one', file: other.file.fileName, start: other.start, length: 1 }],
		help: help as string,
	};
}

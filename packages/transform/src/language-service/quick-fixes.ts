/** Fixes of diagnostics, as an editor offers them. */
import type { Diagnostic, TextEdit } from '@perdure/abi';
import type ts from 'typescript';
import { TABLE } from '../diagnostics/table.ts';
import { numberOf } from '../ts-patch/typescript-diagnostic.ts';

/** Editors ask for fixes of these numbers only. */
export function fixableNumbers(): string[] {
	return Object.keys(TABLE).map((code) => String(numberOf(code)));
}

/** For the diagnostics at a place, of the numbers that the editor asks about. */
export function codeFixesAt(
	diagnostics: readonly Diagnostic[],
	start: number,
	end: number,
	numbers: readonly number[],
): ts.CodeFixAction[] {
	return diagnostics.flatMap((diagnostic): ts.CodeFixAction[] => {
		const { code, fix } = diagnostic;
		const here = diagnostic.start <= end && start <= diagnostic.start + diagnostic.length;
		if (!fix || !here || !numbers.includes(numberOf(code))) return [];
		return [{ fixName: code, description: fix.title, changes: changesOf(fix.edits) }];
	});
}

function changesOf(edits: readonly TextEdit[]): ts.FileTextChanges[] {
	const byFile = Map.groupBy(edits, ({ file }) => file);
	return [...byFile].map(([fileName, changes]) => ({
		fileName,
		textChanges: changes.map(({ start, length, text }) => ({ span: { start, length }, newText: text })),
	}));
}

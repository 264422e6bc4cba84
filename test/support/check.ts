/** Runs the checker over a program in memory. */

import type { Diagnostic } from '@perdure/abi';
import ts from 'typescript';
import { fromTypeScript6 } from '../../packages/transform/src/4-check/typescript-6.ts';
import { type CheckerOptions, createChecker } from '../../packages/transform/src/checker.ts';
import { renderDiagnostic } from '../../packages/transform/src/diagnostics/render.ts';
import { pathOf, programOf } from './program.ts';

export type Files = Readonly<Record<string, string>>;

/** What is wrong with `main.ts` (by default). A program that TypeScript refuses is an error of the test. */
export function check(main: string, others: Files = {}, options: CheckerOptions = {}): readonly Diagnostic[] {
	const program = programOf({ 'main.ts': main, ...others });
	const wrong = ts
		.getPreEmitDiagnostics(program)
		.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
	if (wrong.length > 0) throw new Error(`TypeScript says: ${wrong.join('\n')}`);
	return createChecker(fromTypeScript6(ts, program), options)(pathOf('main.ts'));
}

/** Each as `PD3001 3:2 path`, the path being the first thing in quotes. */
export function brief(diagnostics: readonly Diagnostic[]): string[] {
	return diagnostics.map(
		({ code, line, column, message }) => `${code} ${line}:${column} ${/'([^']*)'/.exec(message)?.[1] ?? ''}`,
	);
}

export function rendered(diagnostics: readonly Diagnostic[], main: string): string {
	return diagnostics
		.map((each) =>
			renderDiagnostic(
				{ ...each, file: 'main.ts', related: each.related.map((r) => ({ ...r, file: 'main.ts' })) },
				() => main,
			),
		)
		.join('\n\n');
}

/** A whole project, with types: what `perdure check` prints. */
import type { Diagnostic } from '@perdure/abi';
import type { AnyOption } from './4-check/judge.ts';
import { configOf, openProject } from './4-check/open-project.ts';
import { withReferences } from './4-check/project-references.ts';
import type { TypeProgram } from './4-check/type-model.ts';
import { createChecker } from './checker.ts';

/** What is checked, and how. */
export interface CheckOptions {
	/** Path of a tsconfig.json, or of its folder. The projects that it refers to are checked as well. */
	readonly project: string;
	/** What is said of captured values of which nothing is known: `any`, `unknown`. `error` by default. */
	readonly any?: AnyOption;
}

/**
 * Checks all durable functions of a project, by the TypeScript that is installed there (6 or 7). Errors of
 * TypeScript's own are none of them: `tsc --noEmit` tells those.
 * @returns Diagnostics in the order of files and places; their file names are absolute.
 * @throws ProjectError where the project cannot be read, or has no TypeScript to read it with.
 */
export function check({ project, any = 'error' }: CheckOptions): Diagnostic[] {
	const found = new Map<string, readonly Diagnostic[]>();
	for (const config of withReferences(configOf(project))) {
		const opened = openProject(config);
		try {
			for (const [file, diagnostics] of checkProgram(opened.program, any, found)) found.set(file, diagnostics);
		} finally {
			opened.close();
		}
	}
	return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, diagnostics]) => diagnostics);
}

/** A file that two projects have is looked at in the first. */
function checkProgram(
	program: TypeProgram,
	any: AnyOption,
	known: ReadonlyMap<string, unknown>,
): (readonly [string, readonly Diagnostic[]])[] {
	const check = createChecker(program, { any });
	return program.files.filter((file) => !known.has(file)).map((file) => [file, check(file)] as const);
}

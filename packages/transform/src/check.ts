/** A whole project, with types: what `perdure check` prints. */
import type { Diagnostic } from '@perdure/abi';
import type { AnyOption } from './4-check/judge.ts';
import { configOf, openProject } from './4-check/open-project.ts';
import { withReferences } from './4-check/project-references.ts';
import { createChecker } from './checker.ts';
import { type DeclaredFunction, duplicateIds } from './diagnostics/duplicate-ids.ts';

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
	const functions: DeclaredFunction[] = [];
	const options = { any, declared: (fn: DeclaredFunction) => functions.push(fn) };
	for (const config of withReferences(configOf(project))) {
		const { program, close } = openProject(config);
		try {
			const check = createChecker(program, options);
			// A file that two projects have is looked at in the first.
			for (const file of program.files) if (!found.has(file)) found.set(file, check(file));
		} finally {
			close();
		}
	}
	return [...[...found.values()].flat(), ...duplicateIds(functions)].sort(byPlace);
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
	return a.file === b.file ? a.start - b.start : a.file < b.file ? -1 : 1;
}

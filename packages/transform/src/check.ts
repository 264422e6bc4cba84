/** A whole project, with types: what `perdure check` prints. */
import type { Diagnostic } from '@perdure/abi';
import type { AnyOption } from './4-check/judge.ts';
import { configOf, openProject } from './4-check/open-project.ts';
import { withReferences } from './4-check/project-references.ts';
import { sourceText } from './4-check/source-text.ts';
import type { TypeProgram } from './4-check/type-model.ts';
import { keptAnswers } from './check-cache/kept-answers.ts';
import type { FileAnswer } from './check-cache/store.ts';
import { createChecker } from './checker.ts';
import { type DeclaredFunction, duplicateIds } from './diagnostics/duplicate-ids.ts';
import { packagePath } from './package-scope.ts';

/** What is checked, and how. */
export interface CheckOptions {
	/** Path of a tsconfig.json, or of its folder. The projects that it refers to are checked as well. */
	readonly project: string;
	/** What is said of captured values of which nothing is known: `any`, `unknown`. `error` by default. */
	readonly any?: AnyOption;
	/**
	 * Is what was found out kept in `node_modules/.cache/perdure`, so that the next check looks only at files of which
	 * something else could be said by now? `false` by default.
	 */
	readonly cache?: boolean;
}

/**
 * Checks all durable functions of a project, by the TypeScript that is installed there (6 or 7). Errors of
 * TypeScript's own are none of them: `tsc --noEmit` tells those.
 * @returns Diagnostics in the order of files and places; their file names are absolute.
 * @throws ProjectError where the project cannot be read, or has no TypeScript to read it with.
 */
export function check({ project, any = 'error', cache = false }: CheckOptions): Diagnostic[] {
	// A file that two projects have is looked at in the first.
	const found = new Map<string, FileAnswer>();
	for (const config of withReferences(configOf(project))) {
		const opened = Date.now();
		const open = openProject(config);
		try {
			const kept = cache ? keptAnswers(open, config, opened, any) : null;
			const answer = createAnswers(open.program, any);
			for (const file of kept?.files ?? open.program.files) {
				const known = kept?.of(file);
				if (found.has(file)) continue;
				const given = known ?? answer(file);
				if (!known) kept?.keep(file, given);
				found.set(file, given);
			}
			kept?.save();
		} finally {
			open.close();
		}
	}
	const functions = [...found].flatMap(([file, each]) => each.functions.map((fn) => declaredIn(file, fn)));
	return [...[...found.values()].flatMap(({ diagnostics }) => diagnostics), ...duplicateIds(functions)].sort(byPlace);
}

function createAnswers(program: TypeProgram, any: AnyOption): (file: string) => FileAnswer {
	let functions: FileAnswer['functions'][number][] = [];
	let dependent = false;
	const check = createChecker(program, {
		any,
		declared: ({ id, start }) => functions.push({ id, start }),
		dependent: () => (dependent = true),
	});
	return (file) => {
		[functions, dependent] = [[], false];
		const diagnostics = check(file);
		return { diagnostics, functions, dependent };
	};
}

/** Its text is hardly ever asked for. */
function declaredIn(file: string, { id, start }: FileAnswer['functions'][number]): DeclaredFunction {
	return {
		...{ id, file, start, path: packagePath(file) },
		get text() {
			return sourceText(file) ?? '';
		},
	};
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
	return a.file === b.file ? a.start - b.start : a.file < b.file ? -1 : 1;
}

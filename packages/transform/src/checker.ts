/** The compiler with types: what it says of the files of one TypeScript program. */
import type { Diagnostic } from '@perdure/abi';
import { mentionsDirective } from './1-parse/directive.ts';
import { checkFile } from './4-check/check-file.ts';
import type { AnyOption } from './4-check/judge.ts';
import { createProgramFacts, type ProgramFacts } from './4-check/program-facts.ts';
import type { TypeProgram } from './4-check/type-model.ts';
import { lowerFile } from './compile.ts';
import type { DeclaredFunction } from './diagnostics/duplicate-ids.ts';
import { fileDiagnostic } from './diagnostics/file-error.ts';
import { createSink } from './diagnostics/sink.ts';
import { resolveOptions } from './options.ts';
import { packagePath } from './package-scope.ts';
import { parseSource } from './parse-source.ts';

export interface CheckerOptions {
	/** What is said of captured values of which nothing is known: `any`, `unknown`. An error by default. */
	readonly any?: AnyOption;
	/** Is told of each durable function that a file declares. */
	readonly declared?: (fn: DeclaredFunction) => void;
	/** Is told of each file whose answer depends on files that it does not import: any of the program's. */
	readonly dependent?: (file: string) => void;
}

/** Gives what is wrong with a file of the program, in the order of its text; all that compiling says is part of it. */
export type Checker = (file: string) => readonly Diagnostic[];

/** Nothing is asked of the program before a file with a durable function is. What is found out lives as long as the checker. */
export function createChecker(
	program: TypeProgram,
	{ any = 'error', declared, dependent }: CheckerOptions = {},
): Checker {
	let facts: ProgramFacts | undefined;
	return (name) => {
		const text = program.textOf(name);
		if (text === undefined || !mentionsDirective(text)) return [];
		try {
			const { file, sourceType } = parseSource(text, resolveOptions({ filename: name, sourceType: 'unambiguous' }));
			const { lowered, durable, scopes, sink } = lowerFile(file, { filename: name, sourceType });
			const path = packagePath(name);
			for (const { fn, ids } of lowered) declared?.({ id: ids.id, file: name, path, text, start: fn.node.start! });
			const typed = createSink(name, any === 'warn' ? { PD3004: 'warning' } : {});
			facts ??= createProgramFacts(program);
			facts.files.learn(name, { scopes, durable });
			const searched: TypeProgram = {
				...program,
				get files() {
					dependent?.(name);
					return program.files;
				},
			};
			checkFile({ name, file, scopes, durable, lowered }, { ...facts, program: searched }, typed, any);
			return [...sink.diagnostics, ...typed.diagnostics].sort((a, b) => a.start - b.start);
		} catch (error) {
			return [fileDiagnostic(error, name, text)];
		}
	};
}

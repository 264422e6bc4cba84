/**
 * The entry for `tspc` (ts-patch with TypeScript 6):
 *
 *     "plugins": [{ "transform": "@perdure/transform/ts-patch", "transformProgram": true }]
 *
 * Takes: the program as the user wrote it. Gives: the same program, told to do two things more.
 *  - It reports the compiler's diagnostics beside TypeScript's own (`ts-patch/diagnostics.ts`), with what
 *    types tell of what is saved: `"any": "warn"` or `"allow"` beside `transform` says how much of `any`.
 *  - The JavaScript of files with durable functions comes from a second program over their compiled
 *    text (`ts-patch/emit.ts`). Type-checking, declarations and build info stay with the first one,
 *    so the user's types are those of the user's text.
 *
 * The `typescript` handed over is used and never imported: it is the patched one, and there may be
 * several on disk. ts-patch loads this module with `require`, so nothing in its import graph may
 * await at the top level.
 */
import type ts from 'typescript';
import type { CheckerOptions } from './checker.ts';
import { createProgramChecker, createUntypedChecker } from './ts-patch/check-program.ts';
import { createFileCompiler } from './ts-patch/compile-file.ts';
import { addDiagnostics } from './ts-patch/diagnostics.ts';
import { replaceEmit } from './ts-patch/emit.ts';

/** What may stand beside `transform` in the list of plugins. */
export type TsPatchOptions = Pick<CheckerOptions, 'any'>;

/** What ts-patch hands to a program transformer beside the program and its configuration. */
export interface TsPatchExtras {
	readonly ts: typeof ts;
}

const patched = Symbol.for('perdure.patched');

/**
 * A ts-patch program transformer. Changes `program` in place and returns it: TypeScript's own checks
 * before an emit (`noEmitOnError`) read the diagnostics from this very object.
 */
export default function perdure(
	program: ts.Program & { [patched]?: true },
	host: ts.CompilerHost | undefined,
	{ any }: TsPatchOptions,
	{ ts }: TsPatchExtras,
): ts.Program {
	if (program[patched]) return program;
	program[patched] = true;
	const compile = createFileCompiler(ts, program);
	const check = program.getCompilerOptions().noCheck
		? createUntypedChecker(compile)
		: createProgramChecker(ts, program, { ...(any && { any }) });
	addDiagnostics(ts, program, check);
	replaceEmit(ts, program, host ?? ts.createCompilerHost(program.getCompilerOptions()), compile);
	return program;
}

/** Compiles a source and evaluates it in this process, as a module of its own. */
import * as runtime from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { type TransformOptions, type TransformResult, transform } from '@perdure/transform';
import { type Exports, prepare } from './evaluate.ts';

export interface CompiledModule extends TransformResult {
	/** What the compiled module exports; each use of a module compiled anew is a fresh evaluation. */
	readonly exports: Exports;
}

/** Modules that an import of the source is answered with, beside `@perdure/runtime` and its helpers. */
export type Modules = Readonly<Record<string, unknown>>;

/** @throws Error naming every diagnostic that is an error. */
export function compile(
	source: string,
	modules: Modules = {},
	options: Partial<TransformOptions> = {},
): CompiledModule {
	const filename = options.filename ?? 'subject.ts';
	const result = transform(source, { ...options, filename });
	const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
	if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code}: ${message}`).join('\n'));
	return { ...result, exports: evaluateModule(result.code, filename, modules) };
}

/** Evaluates the text of a module, compiled or as written. */
export function evaluateModule(code: string, filename: string, modules: Modules = {}): Exports {
	return prepare(code, filename).evaluate({
		'@perdure/runtime': runtime,
		'@perdure/runtime/internal': internal,
		...modules,
	});
}

/** Source text in, source text out. */
import { basename } from 'node:path';
import type { Diagnostic } from '@perdure/abi';
import { mentionsDirective } from './1-parse/directive.ts';
import { printEdits } from './5-emit/print.ts';
import type { SourceMap } from './5-emit/source-map.ts';
import { compileFile } from './compile.ts';
import { fileDiagnostic } from './diagnostics/file-error.ts';
import { resolveOptions, type TransformOptions } from './options.ts';
import { parseSource } from './parse-source.ts';
import type { FunctionSchema } from './schema.ts';

/** What `transform` gives. */
export interface TransformResult {
	/** The source itself where there is no durable function. */
	readonly code: string;
	/** Where a map was asked for and something was compiled. */
	readonly map?: SourceMap;
	/** Errors and warnings, in the order of the source. A function with an error is left as written. */
	readonly diagnostics: readonly Diagnostic[];
	readonly functions: readonly FunctionSchema[];
}

/**
 * Compiles the durable functions of a module (TypeScript and JSX by extension). All outside them stays
 * byte for byte as it was. What is wrong with the source, its syntax included, is in `diagnostics`.
 */
export function transform(source: string, options: TransformOptions): TransformResult {
	const resolved = resolveOptions(options);
	const { filename, map, inputMap } = resolved;
	if (!mentionsDirective(source)) return { code: source, diagnostics: [], functions: [] };
	try {
		const { file, sourceType } = parseSource(source, resolved);
		const { edits, diagnostics, functions } = compileFile(file, { filename, sourceType });
		if (edits.length === 0) return { code: source, diagnostics, functions };
		const printed = printEdits(source, edits, { file: basename(filename), map, inputMap });
		return { ...printed, diagnostics, functions };
	} catch (error) {
		const module = resolved.sourceType === 'module' || resolved.sourceType === 'unambiguous';
		return { code: source, diagnostics: [fileDiagnostic(error, filename, source, module)], functions: [] };
	}
}

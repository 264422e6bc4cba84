/** Compiles one emitted file. */
import { readFileSync } from 'node:fs';
import {
	type DeclaredFunction,
	type Diagnostic,
	type FunctionSchema,
	mentionsDirective,
	type TransformResult,
	transform,
	transformEmitted,
} from '@perdure/transform';
import { moduleFormat } from './module-format.ts';
import type { Origins } from './origin.ts';
import { readMap } from './source-map.ts';

export interface CompiledFile {
	readonly diagnostics: readonly Diagnostic[];
	/** Those that were compiled now, where their sources have them. */
	readonly functions: readonly DeclaredFunction[];
	/** Paths and new texts. None where there is nothing to compile, or an error. */
	readonly files: readonly (readonly [path: string, text: string])[];
	/** Texts that diagnostics are about, and that need not be what is on disk. */
	readonly texts: ReadonlyMap<string, string>;
}

/** Writes nothing yet. */
export function compileFile(file: string, originOf: Origins): CompiledFile {
	const text = readFileSync(file, 'utf8');
	if (!mentionsDirective(text)) return { diagnostics: [], functions: [], files: [], texts: new Map() };
	const found = readMap(file, text);
	const source = originOf(file, found);
	const sourceType = moduleFormat(file, text);
	const emitted = { code: found?.code ?? text, filename: file, sourceType, map: found?.map ?? null };
	const { code, map, diagnostics, functions }: TransformResult = source
		? transformEmitted(emitted, source)
		: transform(text, { filename: file, sourceType });
	const written = { filename: source?.filename ?? file, text: source?.code ?? text };
	const texts = new Map(source?.code === null ? [] : [[written.filename, written.text]]);
	const failed = diagnostics.some(({ severity }) => severity === 'error');
	if (failed || functions.length === 0) return { diagnostics, functions: [], files: [], texts };
	return {
		diagnostics,
		functions: functions.map((fn) => declared(fn, written)),
		files: [
			...(map && found?.path ? [[found.path, JSON.stringify(map)] as const] : []),
			[file, map && found ? found.withMap(code, map) : code],
		],
		texts,
	};
}

function declared(
	{ id, file: path, line, column }: FunctionSchema,
	{ filename, text }: { readonly filename: string; readonly text: string },
): DeclaredFunction {
	const before = text.split('\n').slice(0, line - 1);
	const start = before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
	return { id, file: filename, path, text, start };
}

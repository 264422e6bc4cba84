/** Compiles one emitted file, and writes it if all went well. */
import { readFileSync } from 'node:fs';
import {
	type Diagnostic,
	mentionsDirective,
	type TransformResult,
	transform,
	transformEmitted,
} from '@perdure/transform';
import { moduleFormat } from './module-format.ts';
import type { Origins } from './origin.ts';
import { replaceFiles } from './replace-file.ts';
import { readMap } from './source-map.ts';

export interface CompiledFile {
	readonly diagnostics: readonly Diagnostic[];
	/** How many were compiled now. */
	readonly functions: number;
	/** Texts that diagnostics are about and that are not what is on disk. */
	readonly texts: ReadonlyMap<string, string>;
}

export function compileFile(file: string, originOf: Origins): CompiledFile {
	const text = readFileSync(file, 'utf8');
	if (!mentionsDirective(text)) return { diagnostics: [], functions: 0, texts: new Map() };
	const found = readMap(file, text);
	const source = originOf(file, found);
	const sourceType = moduleFormat(file, text);
	const emitted = { code: found?.code ?? text, filename: file, sourceType, map: found?.map ?? null };
	const result: TransformResult = source
		? transformEmitted(emitted, source)
		: transform(text, { filename: file, sourceType });
	const { code, map, diagnostics, functions } = result;
	const texts = new Map(source?.code == null ? [] : [[source.filename, source.code]]);
	const failed = diagnostics.some(({ severity }) => severity === 'error');
	if (failed || functions.length === 0) return { diagnostics, functions: 0, texts };
	const files: [string, string][] = [[file, map && found ? found.withMap(code, map) : code]];
	if (map && found?.path) files.unshift([found.path, JSON.stringify(map)]);
	replaceFiles(files);
	return { diagnostics, functions: functions.length, texts };
}

/**
 * TypeScript's source map leads from its output to the text it was given, which is the compiled one.
 * Composed with the compiler's own map it leads to the file as written.
 */
import remapping, { type SourceMapInput } from '@jridgewell/remapping';
import type ts from 'typescript';
import { appendMap, splitMap } from '../inline-source-map.ts';

interface RawSourceMap {
	sources: string[];
	sourcesContent?: (string | null)[];
	names: string[];
	mappings: string;
}

/** Takes an output file's name and text, gives the text to write. */
export function composeOutput(name: string, text: string, file: ts.SourceFile, map: object | undefined): string {
	if (!map) return text;
	if (name.endsWith('.map')) return JSON.stringify(composeMap(JSON.parse(text), file, map));
	const inline = splitMap(text);
	return inline ? appendMap(inline.code, composeMap(inline.map as RawSourceMap, file, map)) : text;
}

/** How the file is named from the output's folder is TypeScript's to say (`sourceRoot`, `mapRoot`): only positions change. */
function composeMap(printed: RawSourceMap, file: ts.SourceFile, map: object): RawSourceMap {
	const source = ['source'];
	const { names, mappings } = remapping(
		[
			{ ...printed, sourceRoot: '', sources: source },
			{ ...map, sourceRoot: '', sources: source },
		] as SourceMapInput[],
		() => null,
	);
	const composed: RawSourceMap = { ...printed, names, mappings: mappings as string };
	if (printed.sourcesContent) composed.sourcesContent = [file.text];
	return composed;
}

/**
 * JavaScript that TypeScript has printed, and the source that it was printed from, to compiled JavaScript.
 *
 * What is lowered is the source: ids are hashes of the text as written, and a printer changes that (a
 * CommonJS module has `(0, shop_1.charge)(card)` where the source calls `charge(card)`). What is written is
 * the output, with everything that TypeScript has made of the rest of the module. The two are first walked
 * side by side ({@link align}): where more than types is gone, or the source was edited since, the file is
 * refused and stays as it is.
 */
import type * as t from '@babel/types';
import { type Diagnostic, HELPERS_MODULE } from '@perdure/abi';
import { mentionsDirective } from './1-parse/directive.ts';
import { parse } from './1-parse/parse.ts';
import type { SourceType } from './5-emit/helpers.ts';
import { printEdits } from './5-emit/print.ts';
import type { SourceMap } from './5-emit/source-map.ts';
import { compileInto, type Prepared, prepareFile } from './compile.ts';
import { fileDiagnostic } from './diagnostics/file-error.ts';
import { createSink, type Sink } from './diagnostics/sink.ts';
import { align, nothingRewritten, type Rewritten } from './emitted/align.ts';
import { counterparts, markedFunctions, type Standing } from './emitted/counterparts.ts';
import { replacedSyntax } from './emitted/newer-syntax.ts';
import { replaceNames } from './emitted/replace.ts';
import type { TransformResult } from './transform.ts';

/** A module as TypeScript printed it. */
export interface EmittedModule {
	readonly code: string;
	/** Path, for messages. */
	readonly filename: string;
	/** `module`: it has import and export declarations, or would be loaded as an ES module. */
	readonly sourceType: SourceType;
	/** Its source map, with the one source; the map that comes out leads there too. */
	readonly map: object | null;
}

/** The file it was printed from. */
export interface EmittedFrom {
	/** Null where it cannot be had. */
	readonly code: string | null;
	/** Path: function ids are made from it, and diagnostics have it. */
	readonly filename: string;
}

/** Compiles an emitted module. Where there are errors it comes back as it was; places are those of the source. */
export function transformEmitted(output: EmittedModule, { code, filename }: EmittedFrom): TransformResult {
	const untouched = { code: output.code, diagnostics: [], functions: [] };
	if (!mentionsDirective(output.code)) return untouched;
	const sink = createSink(filename);
	try {
		const printed = parse(output.code, output);
		// Then the directive is only spoken of, in a comment say.
		if (output.code.includes(HELPERS_MODULE) && markedFunctions(printed).length === 0) return untouched;
		if (code === null) return { ...untouched, diagnostics: [withoutSource(output, printed, filename)] };
		const compiled = compile(output, printed, prepareSource(code, filename, printed), { filename, sink });
		return compiled ?? { ...untouched, diagnostics: sink.diagnostics };
	} catch (error) {
		return { ...untouched, diagnostics: [problemOf(error, output, { code, filename })] };
	}
}

/** TypeScript prints what it cannot parse, too: then the source is to be told of, not what was printed. */
function problemOf(error: unknown, output: EmittedModule, { code, filename }: EmittedFrom): Diagnostic {
	if (code === null) return fileDiagnostic(error, output.filename, output.code);
	try {
		parse(code, { filename });
	} catch (own) {
		return fileDiagnostic(own, filename, code);
	}
	return fileDiagnostic(error, output.filename, output.code);
}

function withoutSource({ filename }: EmittedModule, printed: t.File, source: string): Diagnostic {
	const sink = createSink(filename);
	sink.report('PD0006', markedFunctions(printed)[0]?.node ?? printed.program, { source });
	return sink.diagnostics[0]!;
}

/** As strict as the output is: a script may become strict code by an option. */
function prepareSource(code: string, filename: string, { program }: t.File): Prepared {
	const strict =
		program.sourceType === 'module' || program.directives.some(({ value }) => value.value === 'use strict');
	const sourceType = strict ? 'module' : 'commonjs';
	return prepareFile(parse(code, { filename, sourceType }), { filename, sourceType });
}

/** Null where the sink has an error. */
function compile(
	output: EmittedModule,
	printed: t.File,
	written: Prepared,
	{ filename, sink }: { readonly filename: string; readonly sink: Sink },
): TransformResult | null {
	const untouched = { code: output.code, diagnostics: written.sink.diagnostics, functions: [] };
	if (written.sink.failed) return untouched;
	const places = counterparts(written.file, printed);
	if (places === null) {
		sink.report('PD0004', written.file.program, { function: null, output: output.filename });
		return null;
	}
	const rewritten = nothingRewritten();
	reportDifferences(written, places, { output, rewritten, sink });
	if (sink.failed) return null;
	const { edits, functions, diagnostics } = compileInto(printed, written, ({ node }) => places.get(node)!, {
		filename,
		sourceType: output.sourceType,
	});
	if (edits.length === 0) return untouched;
	const { code, map } = printEdits(output.code, edits, {
		file: 'output',
		printedFrom: 'source',
		map: output.map !== null,
		inputMap: output.map && { ...output.map, sourceRoot: '', sources: ['source'] },
	});
	const { bindings } = written.scopes.module;
	const replaced = replaceNames(code, parse(code, output), { names: new Set(bindings.keys()), rewritten, map });
	for (const name of replaced.unknown) {
		sink.report('PD0005', bindings.get(name)!.node, { what: `'${name}'`, way: 'do not use it in a durable function' });
	}
	if (sink.failed) return null;
	return {
		code: replaced.code,
		...(replaced.map && { map: placed(replaced.map, output.map!) }),
		diagnostics,
		functions,
	};
}

/** How the source is named from where the output is stays TypeScript's to say (`sourceRoot`, `mapRoot`). */
function placed({ names, mappings }: SourceMap, original: object): SourceMap {
	return { ...(original as SourceMap), names, mappings };
}

function reportDifferences(
	{ lowered, scopes }: Prepared,
	places: ReadonlyMap<t.Node, Standing>,
	{ output, rewritten, sink }: { output: EmittedModule; rewritten: Rewritten; sink: Sink },
): void {
	for (const { fn } of lowered) {
		const printed = places.get(fn.node)!.node;
		const different = align(fn.node, printed, { scopes, output: output.code, rewritten });
		if (!different) continue;
		const replaced = replacedSyntax(fn.node, printed);
		if (replaced) sink.report('PD0005', replaced.node, { what: replaced.what, way: replaced.way });
		else sink.report('PD0004', different, { function: fn.path, output: output.filename });
	}
}

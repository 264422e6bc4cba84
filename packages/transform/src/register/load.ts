/**
 * The load hook: takes a module as Node would load it, gives its compiled text. TypeScript stays
 * TypeScript: the compiler leaves types outside durable bodies as they are, and Node strips them
 * afterwards as it does for every file (in place, so positions hold).
 */
import { readFileSync } from 'node:fs';
import nodeModule, { type LoadFnOutput, type LoadHookContext } from 'node:module';
import { fileURLToPath } from 'node:url';
import remapping, { type SourceMapInput } from '@jridgewell/remapping';
import { mentionsDirective } from '../1-parse/directive.ts';
import { CompileError } from '../compile-error.ts';
import { renderDiagnostic } from '../diagnostics/render.ts';
import { appendMap, splitMap } from '../inline-source-map.ts';
import { transform } from '../transform.ts';
import { readInputMap } from './input-map.ts';
import { withRealRequire } from './own-require.ts';
import { sourceTypeOf } from './source-type.ts';

/** Formats of code. Without a format, Node decides between the two kinds by syntax. */
const CODE = /^(module|commonjs)?-?(typescript)?$/;

type NextLoad = (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput;

export function load(url: string, context: LoadHookContext, nextLoad: NextLoad): LoadFnOutput {
	const loaded = nextLoad(url, context);
	if (!url.startsWith('file:') || !CODE.test(loaded.format ?? 'commonjs')) return loaded;
	const filename = fileURLToPath(url);
	// Node may hand over no text of CommonJS, and read it later by itself.
	const source = loaded.source == null ? readFileSync(filename, 'utf8') : textOf(loaded.source);
	const durable = mentionsDirective(source);
	// Conditions are a set in some versions.
	const requires = loaded.format?.startsWith('commonjs') && [...context.conditions].includes('import');
	if (!durable && !requires) return loaded;
	const module = durable ? compileModule(source, filename, loaded.format) : { format: loaded.format, source };
	return { ...loaded, ...module, source: requires ? withRealRequire(module.source) : module.source };
}

function textOf(source: NonNullable<LoadFnOutput['source']>): string {
	return typeof source === 'string' ? source : new TextDecoder().decode(source);
}

type Format = LoadFnOutput['format'];

function compileModule(source: string, filename: string, format: Format): { format: Format; source: string } {
	const sourceType = sourceTypeOf(source, filename, format);
	const sourceMap = readInputMap(source, filename) ?? true;
	const { code, map, diagnostics } = transform(source, { filename, sourceType, sourceMap });
	const errors = diagnostics.filter(({ severity }) => severity === 'error');
	if (errors.length > 0) throw new CompileError(errors, source);
	for (const warning of diagnostics) process.stderr.write(`${renderDiagnostic(warning, () => source)}\n`);
	if (!map) return { format, source };
	if (format?.endsWith('typescript') && process.features.typescript === 'transform') {
		return { format: sourceType, source: transformTypes(code, map) };
	}
	return { format, source: appendMap(code, map) };
}

/**
 * With `--experimental-transform-types` Node's own step moves lines and would end with a map to the
 * compiled text, so it is done here and the two maps are composed.
 */
function transformTypes(code: string, map: object): string {
	const typed = splitMap(nodeModule.stripTypeScriptTypes(code, { mode: 'transform', sourceMap: true }))!;
	return appendMap(
		typed.code,
		remapping([typed.map, map] as SourceMapInput[], () => null),
	);
}

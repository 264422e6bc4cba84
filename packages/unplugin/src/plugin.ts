/**
 * The plugin of the hosts that hand over a module's text. It works in `pre`, before types are stripped and
 * JSX is printed, because ids are hashes of the source as written; TypeScript comes out as TypeScript.
 */
import { fileURLToPath } from 'node:url';
import { type Diagnostic, renderDiagnostic } from '@perdure/transform';
import type { UnpluginFactory, UnpluginOptions } from 'unplugin';
import { type CompiledModule, compileModule, HINTS, mayRegister } from './compile.ts';
import { messageOf } from './message.ts';
import { CODE_ID, fileOf } from './module-id.ts';
import type { PerdureOptions } from './options.ts';
import { keepRegistering } from './side-effects.ts';
import { viteConfig } from './vite-config.ts';

type Context = ThisParameterType<Extract<UnpluginOptions['transform'], (...args: never) => unknown>>;
type Report = (context: Context, compiled: CompiledModule, source: string, id: string) => void;

export const createPlugin: UnpluginFactory<PerdureOptions | undefined, false> = (options = {}, { framework }) => {
	const report = framework === 'webpack' || framework === 'rspack' ? reportAsText : reportWithPlace;
	return {
		name: 'perdure',
		enforce: 'pre',
		transform: {
			// Hosts written in Rust look by themselves, and call us for the few files that have one.
			filter: { id: CODE_ID, code: [...HINTS] },
			handler(source, id) {
				const filename = fileOf(id, options);
				if (filename === null || !mayRegister(source)) return null;
				dependOnCompiler(this);
				const compiled = compileModule(source, filename);
				report(this, compiled, source, id);
				if (compiled.output === null) return null;
				const { code, map } = compiled.output;
				// `moduleSideEffects`: loading it registers its functions, whatever its package says.
				return { code, map: { ...map, sources: [filename] }, moduleSideEffects: true } as { code: string };
			},
		},
		vite: { config: () => viteConfig(options) },
		webpack: (compiler) => keepRegistering(compiler, options),
		rspack: (compiler) => keepRegistering(compiler, options),
	};
};

/** What webpack and Rspack store of a module for the next process is good as long as the compiler is the same. */
function dependOnCompiler(context: Context): void {
	const native = context.getNativeBuildContext?.();
	const loader = native && 'loaderContext' in native ? native.loaderContext : undefined;
	loader?.addBuildDependency(COMPILER);
}

const COMPILER = fileURLToPath(import.meta.resolve('@perdure/transform'));

/** Rollup and what is like it: an object with the place, and the offset that the code frame is made from. */
const reportWithPlace: Report = (context, { errors, warnings }, source, id) => {
	const host = context as unknown as Record<'error' | 'warn', (log: object, offset: number) => void>;
	const log = (diagnostic: Diagnostic, others: readonly Diagnostic[] = []) => ({
		message: messageOf(diagnostic, source, others),
		id,
		loc: { file: diagnostic.file, line: diagnostic.line, column: diagnostic.column - 1 },
	});
	for (const warning of warnings) host.warn(log(warning), warning.start);
	const [first, ...others] = errors;
	if (first) host.error(log(first, others), first.start);
};

/** webpack and Rspack show the text they are given, so place and code frame are in it. */
const reportAsText: Report = (context, { errors, warnings }, source) => {
	const message = (diagnostic: Diagnostic) => ({ message: renderDiagnostic(diagnostic, () => source) });
	for (const warning of warnings) context.warn(message(warning));
	for (const error of errors) context.error(message(error));
};

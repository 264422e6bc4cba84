/** Compiles one module of a host: what to load instead of it, and what to tell the user. */
import {
	DIRECTIVE_HINT,
	type Diagnostic,
	mentionsRegistration,
	nameRegistrations,
	type SourceMap,
	transform,
} from '@perdure/transform';

export interface CompiledModule {
	/** Null where the module stays as it is. */
	readonly output: { readonly code: string; readonly map: SourceMap } | null;
	readonly errors: readonly Diagnostic[];
	readonly warnings: readonly Diagnostic[];
}

/** May there be something for us in a module? Two searches for a text each. */
export const HINTS = [DIRECTIVE_HINT, '@perdure/runtime'] as const;

/** Does loading a module leave something behind: durable functions, classes that are registered? */
export function mayRegister(source: string): boolean {
	return DIRECTIVE_HINT.test(source) || mentionsRegistration(source);
}

export function compileModule(source: string, filename: string): CompiledModule {
	const { code, map, diagnostics } = transform(source, { filename, sourceType: 'unambiguous', sourceMap: true });
	// The host renames classes, and ids are to be those that the source shows.
	const named = nameRegistrations(code, { filename, inputMap: map });
	return {
		output: named ?? (map ? { code, map } : null),
		errors: diagnostics.filter(({ severity }) => severity === 'error'),
		warnings: diagnostics.filter(({ severity }) => severity === 'warning'),
	};
}

import { type ParserOptions, type ParserPlugin, parse as parseBabel } from '@babel/parser';
import type * as t from '@babel/types';

export interface ParseOptions {
	readonly filename: string;
	readonly sourceType?: 'module' | 'commonjs' | 'script' | 'unambiguous';
}

/**
 * Parses one file. The extension decides about TypeScript and JSX. Throws the parser's own
 * `SyntaxError` (with `loc`).
 */
export function parse(source: string, options: ParseOptions): t.File {
	const plugins: ParserPlugin[] = ['decorators', 'decoratorAutoAccessors'];
	const extension = /\.([cm]?[jt]sx?)$/.exec(options.filename)?.[1] ?? 'js';
	if (extension.includes('t')) plugins.push('typescript');
	if (!extension.includes('t') || extension.endsWith('x')) plugins.push('jsx');
	const file = parseBabel(source, {
		sourceType: options.sourceType ?? 'module',
		sourceFilename: options.filename,
		plugins,
		// `import x = require()` and `export =` are CommonJS, and Babel takes them for module syntax.
		allowImportExportEverywhere: extension.includes('t') && options.sourceType === 'commonjs',
		createImportExpressions: true,
		errorRecovery: true,
	} as ParserOptions) as unknown as t.File & { readonly errors: readonly (SyntaxError & { reasonCode?: string })[] };
	// Decorators of parameters are TypeScript's own (experimentalDecorators); the parser has them in the tree all the same.
	const error = file.errors.find(
		({ reasonCode }) => reasonCode !== 'UnsupportedParameterDecorator' || !extension.includes('t'),
	);
	if (error) throw error;
	return file;
}

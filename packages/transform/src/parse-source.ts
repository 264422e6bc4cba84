/** Parses a file whose kind its name or its host has told, or else its syntax tells. */
import type * as t from '@babel/types';
import { parse } from './1-parse/parse.ts';
import type { SourceType } from './5-emit/helpers.ts';
import type { ResolvedOptions } from './options.ts';

export interface ParsedSource {
	readonly file: t.File;
	readonly sourceType: SourceType;
}

/** @throws SyntaxError (the parser's own, with `loc`). */
export function parseSource(source: string, { filename, sourceType }: ResolvedOptions): ParsedSource {
	const as = (kind: SourceType) => ({ file: parse(source, { filename, sourceType: kind }), sourceType: kind });
	if (sourceType !== 'unambiguous') return as(sourceType);
	// Only what names CommonJS can be CommonJS, and few files do: the others are parsed once.
	if (!COMMONJS.test(source)) return as('module');
	return isModule(source, filename) ? as('module') : as('commonjs');
}

const COMMONJS = /\b(require\s*\(|module\b|exports\b)/;

function isModule(source: string, filename: string): boolean {
	try {
		return parse(source, { filename, sourceType: 'unambiguous' }).program.sourceType === 'module';
	} catch {
		// A `return` at the top level is CommonJS; any other error comes up again, in the words that fit its kind.
		return /^\s*(import|export)\b/m.test(source);
	}
}

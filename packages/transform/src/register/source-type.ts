/**
 * Is a file a module? Asked for files that Node would decide about later, by their syntax: without
 * `"type"` in package.json, a required `.js` or `.ts` file comes without a format.
 */
import { parse } from '../1-parse/parse.ts';

export function sourceTypeOf(
	source: string,
	filename: string,
	format: string | null | undefined,
): 'module' | 'commonjs' {
	if (format?.startsWith('module')) return 'module';
	if (format?.startsWith('commonjs')) return 'commonjs';
	try {
		return parse(source, { filename, sourceType: 'unambiguous' }).program.sourceType === 'module'
			? 'module'
			: 'commonjs';
	} catch {
		return 'commonjs'; // a `return` at its top level, or an error that is reported when it is compiled
	}
}

/** The options of `transform`, and what they default to. */
import { extname } from 'node:path';
import type { SourceType } from './5-emit/helpers.ts';

/** How a file is compiled. */
export interface TransformOptions {
	/** Path of the file, absolute or from the working directory. Function ids are made from it. */
	readonly filename: string;
	/**
	 * `module` (default): helpers come by `import`; otherwise by `require`. `.cjs` and `.cts` files are
	 * `commonjs` unless this says otherwise. `unambiguous`: what the syntax says, for tools that take both
	 * kinds; a file that uses neither kind is a module.
	 */
	readonly sourceType?: SourceType | 'unambiguous';
	/** `true`: give a map. An object: the map that came with the source, to be composed with. */
	readonly sourceMap?: boolean | object;
}

export interface ResolvedOptions {
	readonly filename: string;
	readonly sourceType: SourceType | 'unambiguous';
	readonly map: boolean;
	readonly inputMap: object | null;
}

/** @throws TypeError when the file has no name. */
export function resolveOptions(options: TransformOptions): ResolvedOptions {
	const { filename, sourceMap = false } = options;
	if (typeof filename !== 'string' || filename === '') {
		throw new TypeError(
			'PD0001: the file needs a name: transform(source, { filename }). Function ids are made from it.',
		);
	}
	return {
		filename,
		sourceType: options.sourceType ?? defaultSourceType(filename),
		map: sourceMap !== false,
		inputMap: typeof sourceMap === 'object' ? sourceMap : null,
	};
}

function defaultSourceType(filename: string): SourceType {
	const extension = extname(filename);
	return extension === '.cjs' || extension === '.cts' ? 'commonjs' : 'module';
}

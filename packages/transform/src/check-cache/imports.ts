/**
 * Which files of a project the text of one may mean. More than it imports: whatever stands between quotes and
 * could be the specifier of a file counts, so that nothing has to be parsed and nothing is missed.
 */
import { dirname, resolve } from 'node:path';

/** The options of TypeScript by which a specifier becomes a file. */
export interface ResolutionOptions {
	readonly paths?: Readonly<Record<string, readonly string[]>> | undefined;
	readonly pathsBasePath?: string | undefined;
	readonly baseUrl?: string | undefined;
	readonly rootDirs?: readonly string[] | undefined;
	readonly moduleSuffixes?: readonly string[] | undefined;
	readonly jsxImportSource?: string | undefined;
	readonly configFilePath?: string | undefined;
}

/** Files among those of the project that a text may import; null where that cannot be told. */
export type FindImports = (file: string, text: string) => readonly string[] | null;

/** From one quote to the next, whichever of them opens: an apostrophe in a comment shifts no pairs. */
const BETWEEN_QUOTES = /['"`]([^'"`\n]+)(?=['"`])/g;
const JSX_SOURCE = /@jsxImportSource\s+(\S+)/g;
const REFERENCE = /<reference\s+path\s*=\s*['"]([^'"]+)/g;
const EXTENSION = /(\.d)?\.[cm]?[jt]sx?$/;

/**
 * @param own Absolute paths, with `/`.
 * @param packages Folders with a package.json: importing one leads to wherever that says.
 */
export function createFindImports(
	own: readonly string[],
	packages: ReadonlySet<string>,
	options: ResolutionOptions,
): FindImports {
	const isPlain =
		!options.rootDirs?.length && !options.moduleSuffixes?.length && !own.some((file) => /['"`\\]/.test(file));
	// A specifier may leave the extension out, or the index, or say what the file will be when it is compiled.
	const byStem = Map.groupBy(own, stemOf);
	const byFolder = Map.groupBy(
		own.filter((file) => stemOf(file).endsWith('/index')),
		(file) => keyOf(dirname(file)),
	);
	const mapped = mappingOf(options);
	const { jsxImportSource } = options;
	return (file, text) => {
		if (!isPlain) return null;
		const folder = dirname(file);
		const paths = new Set<string>();
		const jsx = [...(jsxImportSource === undefined ? [] : [jsxImportSource]), ...matches(text, JSX_SOURCE)];
		for (const specifier of [...matches(text, BETWEEN_QUOTES), ...jsx.map((source) => `${source}/jsx-runtime`)]) {
			if (/^[./]/.test(specifier)) {
				// `'./\u0061.ts'`: not in so many words.
				if (specifier.includes('\\')) return null;
				paths.add(pathOf(folder, specifier));
			}
			for (const path of mapped(specifier)) paths.add(path);
		}
		for (const path of matches(text, REFERENCE)) paths.add(pathOf(folder, path));
		const found = new Set<string>();
		for (const path of paths) {
			if (packages.has(path)) return null;
			const files = [byStem.get(stemOf(path)), byStem.get(keyOf(path)), byFolder.get(keyOf(path))];
			for (const each of files.flatMap((some) => some ?? [])) found.add(each);
		}
		return [...found];
	};
}

/** Some file systems do not tell cases apart. */
const keyOf = (path: string) => path.toLowerCase();
const stemOf = (path: string) => keyOf(path).replace(EXTENSION, '');
const matches = (text: string, pattern: RegExp) => Array.from(text.matchAll(pattern), ([, match]) => match!);
const pathOf = (folder: string, specifier: string) => resolve(folder, specifier).replaceAll('\\', '/');

/** Where a specifier may lead by `paths` and `baseUrl`. */
function mappingOf({ paths = {}, pathsBasePath, baseUrl, configFilePath }: ResolutionOptions) {
	const base = pathsBasePath ?? baseUrl ?? dirname(configFilePath ?? '.');
	const patterns = Object.entries(paths).map(([pattern, targets]) => {
		const [before, after] = pattern.split('*') as [string, string?];
		return (specifier: string): string[] => {
			if (after === undefined) return specifier === before ? targets.map((target) => pathOf(base, target)) : [];
			const long = specifier.length >= before.length + after.length;
			if (!long || !specifier.startsWith(before) || !specifier.endsWith(after)) return [];
			const matched = specifier.slice(before.length, specifier.length - after.length);
			return targets.map((target) => pathOf(base, target.replace('*', matched)));
		};
	});
	if (baseUrl !== undefined) patterns.push((specifier) => [pathOf(baseUrl, specifier)]);
	return (specifier: string) => patterns.flatMap((pattern) => pattern(specifier));
}

/**
 * Which source was an emitted file made from? Its source map says so. Without one it is where the project's
 * "rootDir" has what its "outDir" has here. Where neither names one, the file is a source itself.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EmittedFrom } from '@perdure/transform';
import { type EmittingProject, readProject } from './project.ts';
import type { MapOfFile } from './source-map.ts';

/** Null: the file is its own source. */
export type Origins = (file: string, map: MapOfFile | null) => EmittedFrom | null;

/**
 * `directory`: what is compiled. `project`: its tsconfig.json, if the user named one; otherwise the nearest.
 * @throws UsageError where that cannot be read.
 */
export function createOrigins(directory: string, project: string | undefined): Origins {
	let known: EmittingProject | null | undefined = project === undefined ? undefined : readProject(resolve(project));
	return (file, found) => {
		const mapped = found && sourceOf(file, found);
		if (mapped) return mapped;
		if (known === undefined) {
			const config = nearestConfig(directory);
			known = config === null ? null : readProject(config);
		}
		return known && besides(file, known);
	};
}

/** Null where the map does not lead to one file of this machine. */
function sourceOf(file: string, { map, path }: MapOfFile): EmittedFrom | null {
	const [source, ...more] = map.sources;
	if (source === undefined || more.length > 0) return null;
	const filename = pathOf(dirname(path ?? file), map.sourceRoot ?? '', source);
	if (filename === null || filename === file) return null;
	return { filename, code: map.sourcesContent?.[0] ?? textOf(filename) };
}

function pathOf(directory: string, root: string, source: string): string | null {
	const name = root === '' || isUrl(source) ? source : `${root.replace(/\/?$/, '/')}${source}`;
	if (name.startsWith('file:')) return fileURLToPath(name);
	return isUrl(name) ? null : resolve(directory, decodeURI(name));
}

function isUrl(text: string): boolean {
	// One letter and a colon is a drive.
	return /^[a-z][a-z0-9+.-]+:/i.test(text);
}

function textOf(path: string): string | null {
	return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

const SOURCES: Readonly<Record<string, readonly string[]>> = {
	'.js': ['.ts', '.tsx', '.js', '.jsx'],
	'.jsx': ['.tsx', '.jsx'],
	'.mjs': ['.mts', '.mjs'],
	'.cjs': ['.cts', '.cjs'],
};

function besides(file: string, { outDir, roots }: EmittingProject): EmittedFrom | null {
	const path = outDir === null ? null : relative(outDir, file);
	if (outDir !== null && (path === null || path.startsWith('..'))) return null;
	// Without "outDir" the output is beside the source.
	const bases = path === null ? [file] : roots.map((root) => join(root, path));
	for (const base of bases) {
		const extension = extname(base);
		for (const other of SOURCES[extension]!) {
			const filename = base.slice(0, -extension.length) + other;
			const code = filename === file ? null : textOf(filename);
			if (code !== null) return { filename, code };
		}
	}
	return null;
}

function nearestConfig(directory: string): string | null {
	for (let at = directory; ; at = dirname(at)) {
		const config = join(at, 'tsconfig.json');
		if (existsSync(config)) return config;
		if (at === dirname(at) || at.endsWith(`${sep}node_modules`)) return null;
	}
}

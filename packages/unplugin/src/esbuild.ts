/**
 * esbuild: `plugins: [perdure()]`. Written on its own interface: esbuild picks files by name before it calls
 * us, and shows errors best when it has their line, length and notes.
 */
import { readFile } from 'node:fs/promises';
import { extname, relative, resolve } from 'node:path';
import type { Diagnostic } from '@perdure/transform';
import type { Loader, Location, PartialMessage, Plugin, PluginBuild } from 'esbuild';
import { compileModule, mayRegister } from './compile.ts';
import { fileOf } from './module-id.ts';
import type { PerdureOptions } from './options.ts';
import { mayBeDropped, registers } from './side-effects.ts';

export type { PerdureOptions };

const CODE_FILE = /\.[cm]?[jt]sx?$/;

function perdure(options: PerdureOptions = {}): Plugin {
	return {
		name: 'perdure',
		setup(build) {
			compileOnLoad(build, options);
			keepRegistering(build, options);
		},
	};
}

export { perdure as default, perdure as 'module.exports' };

function compileOnLoad(build: PluginBuild, options: PerdureOptions): void {
	const { absWorkingDir = process.cwd(), loader = {} } = build.initialOptions;
	build.onLoad({ filter: CODE_FILE, namespace: 'file' }, async ({ path, suffix, with: attributes }) => {
		// `with { type: 'text' }` and its like ask for something else than the module.
		const filename = 'type' in attributes ? null : fileOf(path + suffix, options);
		if (filename === null) return null;
		const source = await readFile(filename, 'utf8');
		if (!mayRegister(source)) return null;
		const { output, errors, warnings } = compileModule(source, filename);
		const message = (diagnostic: Diagnostic) => messageFor(diagnostic, source, absWorkingDir);
		const reported = { errors: errors.map(message), warnings: warnings.map(message), watchFiles: [filename] };
		if (output === null && errors.length === 0 && warnings.length === 0) return null;
		return {
			...reported,
			contents: output ? withMap(output.code, output.map) : source,
			loader: loaderOf(filename, loader),
		};
	});
}

/** As esbuild would have loaded the file: what it is told by extension, or what it knows. */
function loaderOf(filename: string, loaders: Readonly<Record<string, Loader>>): Loader {
	const extension = extname(filename);
	return loaders[extension] ?? (extension.replace(/^\.[cm]?/, '') as Loader);
}

function withMap(code: string, map: object): string {
	const data = Buffer.from(JSON.stringify(map)).toString('base64');
	return `${code}\n//# sourceMappingURL=data:application/json;base64,${data}`;
}

function messageFor(diagnostic: Diagnostic, source: string, folder: string): PartialMessage {
	const { code, message, help, related } = diagnostic;
	const location = (span: { readonly start: number; readonly length: number }) =>
		locationOf(span, source, relative(folder, diagnostic.file));
	return {
		text: `${code}: ${message}`,
		location: location(diagnostic),
		notes: [
			...related
				.filter(({ file }) => file === diagnostic.file)
				.map((span) => ({ text: span.message, location: location(span) })),
			...(help ? [{ text: `help: ${help}` }] : []),
		],
	};
}

/** Columns and lengths of esbuild are 0-based and count bytes of UTF-8. */
function locationOf(
	span: { readonly start: number; readonly length: number },
	source: string,
	file: string,
): Partial<Location> {
	const before = source.slice(0, span.start);
	const from = before.lastIndexOf('\n') + 1;
	const lineText = /[^\r\n]*/.exec(source.slice(from))![0];
	const end = Math.min(span.start + span.length, from + lineText.length);
	return {
		file,
		line: before.split('\n').length,
		column: Buffer.byteLength(source.slice(from, span.start)),
		length: Buffer.byteLength(source.slice(span.start, end)),
		lineText,
	};
}

/**
 * Marks what registers as kept, where its package would let it be dropped. To resolve a path a second time
 * costs as much as all the rest that we do, so it is done only where a package.json may say so: that above a
 * relative path, and once a folder for each name of a package.
 */
function keepRegistering(build: PluginBuild, options: PerdureOptions): void {
	const own = Symbol('resolved for perdure');
	const droppable = new Map<string, boolean>();
	const settled = new Set<string>();
	build.onStart(() => {
		droppable.clear();
		settled.clear();
	});
	build.onResolve(
		{ filter: /./ },
		async ({ path, pluginData, importer, namespace, resolveDir, kind, with: attributes }) => {
			if (kind === 'entry-point' || pluginData === own) return null;
			const name = /^[./]/.test(path) ? null : `${path} in ${resolveDir}`;
			if (name === null ? !mayBeDropped(resolve(resolveDir, path), droppable) : settled.has(name)) return null;
			const question = { importer, namespace, resolveDir, kind, with: attributes, pluginData: own };
			const resolved = await build.resolve(path, question);
			const dropped = !resolved.sideEffects && resolved.namespace === 'file' && !resolved.external;
			if (dropped && registers(resolved.path + resolved.suffix, options)) return { ...resolved, sideEffects: true };
			if (name !== null) settled.add(name);
			return null;
		},
	);
}

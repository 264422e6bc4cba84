/** Each host with the plugin: bundles the program of a project into one folder, the runtime included. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import perdureEsbuild from '@perdure/unplugin/esbuild';
import perdureRolldown from '@perdure/unplugin/rolldown';
import perdureRollup from '@perdure/unplugin/rollup';
import perdureRspack from '@perdure/unplugin/rspack';
import perdureVite from '@perdure/unplugin/vite';
import perdureWebpack from '@perdure/unplugin/webpack';
import { rspack } from '@rspack/core';
import * as esbuild from 'esbuild';
import { rolldown } from 'rolldown';
import { type Plugin, rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';

export interface Bundling {
	/** Absolute: has `src/main.ts`. */
	readonly folder: string;
	/** Absolute. */
	readonly out: string;
	readonly minify?: boolean;
	/** Where warnings go; errors are thrown. */
	readonly warn?: (text: string) => void;
}

/** Leaves `out/main.mjs`, an ES module for Node, beside its chunks and their maps. */
type Host = (bundling: Bundling) => Promise<void>;

const entry = (folder: string) => join(folder, 'src/main.ts');

/** Rollup has no resolution of its own and no TypeScript. */
const nodeResolution = (folder: string): Plugin => ({
	name: 'resolve',
	resolveId(specifier, importer) {
		if (specifier.startsWith('node:')) return { id: specifier, external: true };
		if (specifier.startsWith('.')) return join(importer!, '..', specifier);
		if (specifier.startsWith('/')) return specifier;
		const from = importer ?? entry(folder);
		return fileURLToPath(import.meta.resolve(specifier, pathToFileURL(from).href));
	},
});
const typesOff: Plugin = {
	name: 'types-off',
	async transform(code, id) {
		if (!/\.tsx?$/.test(id)) return null;
		const { code: js, map } = await esbuild.transform(code, {
			loader: id.endsWith('x') ? 'tsx' : 'ts',
			sourcemap: true,
		});
		return { code: js, map };
	},
};

const minified: Plugin = {
	name: 'minified',
	async renderChunk(code) {
		const { code: js, map } = await esbuild.transform(code, { minify: true, format: 'esm', sourcemap: true });
		return { code: js, map };
	},
};

const file = '[name].mjs';

export const HOSTS: Readonly<Record<string, Host>> = {
	async rollup({ folder, out, minify = false, warn = fail }) {
		const bundle = await rollup({
			input: entry(folder),
			plugins: [perdureRollup(), nodeResolution(folder), typesOff],
			onLog: (level, log) => level === 'warn' && log.code !== 'CIRCULAR_DEPENDENCY' && warn(log.message),
		});
		await bundle.write({
			dir: out,
			entryFileNames: file,
			chunkFileNames: file,
			sourcemap: true,
			plugins: minify ? [minified] : [],
		});
	},

	async rolldown({ folder, out, minify = false, warn = fail }) {
		const bundle = await rolldown({
			input: entry(folder),
			platform: 'node',
			plugins: [perdureRolldown()],
			onLog: (level, log) => level === 'warn' && warn(log.message),
		});
		await bundle.write({ dir: out, entryFileNames: file, chunkFileNames: file, sourcemap: true, minify });
	},

	async vite({ folder, out, minify = false, warn = fail }) {
		await vite({
			root: folder,
			configFile: false,
			logLevel: 'silent',
			plugins: [perdureVite()],
			ssr: { noExternal: true },
			build: {
				ssr: entry(folder),
				outDir: out,
				minify,
				sourcemap: true,
				rolldownOptions: {
					output: { entryFileNames: file, chunkFileNames: file },
					onLog: (level, log) => level === 'warn' && warn(log.message),
				},
			},
		});
	},

	async esbuild({ folder, out, minify = false, warn = fail }) {
		const { warnings } = await esbuild.build({
			absWorkingDir: folder,
			entryPoints: [entry(folder)],
			outdir: out,
			outExtension: { '.js': '.mjs' },
			bundle: true,
			splitting: true,
			format: 'esm',
			platform: 'node',
			sourcemap: true,
			minify,
			logLevel: 'silent',
			plugins: [perdureEsbuild()],
		});
		for (const text of await esbuild.formatMessages(warnings, { kind: 'warning' })) warn(text);
	},

	webpack({ folder, out, minify = false, warn = fail }) {
		const compiler = webpack({
			...webpackLike({ folder, out, minify }),
			plugins: [perdureWebpack()],
			module: { rules: [{ test: /\.tsx?$/, loader: createRequire(import.meta.url).resolve('./types-off.cjs') }] },
		} as webpack.Configuration)!;
		return run(compiler as unknown as Compiler, warn);
	},

	rspack({ folder, out, minify = false, warn = fail }) {
		const compiler = rspack({
			...webpackLike({ folder, out, minify }),
			plugins: [perdureRspack()],
			module: {
				rules: [
					{
						test: /\.tsx?$/,
						loader: 'builtin:swc-loader',
						options: { jsc: { parser: { syntax: 'typescript', tsx: true }, target: 'es2022' } },
					},
				],
			},
		} as Parameters<typeof rspack>[0]);
		return run(compiler as unknown as Compiler, warn);
	},
};

function fail(text: string): never {
	throw new Error(`a warning: ${text}`);
}

const webpackLike = ({ folder, out, minify }: Required<Omit<Bundling, 'warn'>>) => ({
	context: folder,
	entry: { main: entry(folder) },
	mode: 'production',
	devtool: 'source-map',
	target: 'node22',
	output: {
		path: out,
		filename: file,
		chunkFilename: '[id].mjs',
		module: true,
		chunkFormat: 'module',
		library: { type: 'module' },
	},
	experiments: { outputModule: true },
	optimization: { minimize: minify },
});

interface Compiler {
	run(callback: (error: Error | null, stats?: Stats) => void): void;
	close(callback: () => void): void;
}

interface Stats {
	toJson(what: object): Record<'errors' | 'warnings', { readonly message: string }[]>;
}

function run(compiler: Compiler, warn: (text: string) => void): Promise<void> {
	return new Promise((resolve, reject) => {
		compiler.run((error, stats) => {
			compiler.close(() => {
				const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
				for (const { message } of warnings) warn(message);
				if (error) reject(error);
				else if (errors.length > 0) reject(new Error(errors.map(({ message }) => message).join('\n\n')));
				else resolve();
			});
		});
	});
}

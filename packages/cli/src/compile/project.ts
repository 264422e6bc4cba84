/** What a tsconfig.json says about where output goes. TypeScript itself is asked: it knows what is inherited. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../command.ts';

export interface EmittingProject {
	/** Null: output is beside the sources. */
	readonly outDir: string | null;
	/** What `outDir` mirrors: "rootDir", or else what TypeScript may have taken for it. */
	readonly roots: readonly string[];
}

interface Shown {
	readonly compilerOptions?: { readonly outDir?: string; readonly rootDir?: string };
	readonly files?: readonly string[];
}

/** @throws UsageError where there is no such file, no TypeScript, or TypeScript cannot read it. */
export function readProject(config: string): EmittingProject {
	if (!existsSync(config)) throw new UsageError(`there is no ${config}`);
	const directory = dirname(config);
	const { compilerOptions = {}, files = [] } = show(config);
	const { outDir, rootDir } = compilerOptions;
	if (rootDir !== undefined) return { outDir: place(outDir), roots: [resolve(directory, rootDir)] };
	// Version 6 and later take the folder of the tsconfig.json, older ones what all files have in common.
	return { outDir: place(outDir), roots: [directory, common(files.map((file) => resolve(directory, file)))] };

	function place(path: string | undefined): string | null {
		return path === undefined ? null : resolve(directory, path);
	}
}

function show(config: string): Shown {
	const { status, stdout } = spawnSync(process.execPath, [compilerOf(config), '--showConfig', '-p', config], {
		encoding: 'utf8',
		maxBuffer: 1 << 28,
	});
	if (status !== 0) throw new UsageError(`TypeScript cannot read ${config}:\n${stdout.trim()}`);
	return JSON.parse(stdout) as Shown;
}

function compilerOf(config: string): string {
	try {
		return join(dirname(createRequire(config).resolve('typescript/package.json')), 'bin/tsc');
	} catch {
		throw new UsageError(
			`the source of what was emitted is to be found by ${config}, and there is no TypeScript to read it with: npm i -D typescript, or set "sourceMap": true in it`,
		);
	}
}

function common(files: readonly string[]): string {
	let folder = dirname(files[0] ?? '.');
	while (!files.every((file) => file.startsWith(join(folder, '/')))) folder = dirname(folder);
	return folder;
}

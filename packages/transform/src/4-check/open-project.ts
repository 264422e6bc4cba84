/**
 * Opens a TypeScript project for the checker, by the TypeScript of the project itself: version 7 through its
 * API, version 6 through the JavaScript API. Where it has neither (an older one, none, or a later 7 whose
 * API has changed), by `@typescript/typescript6`, the package that puts version 6 beside any other.
 */
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type ts from 'typescript';
import type { TypeProgram } from './type-model.ts';
import { fromTypeScript6 } from './typescript-6.ts';
import { fromTypeScript7, type TypeScript7 } from './typescript-7.ts';
import { canAnswer, isKnown, type Project } from './typescript-7-api.ts';

export interface OpenProject {
	/** As long as the project is open. */
	readonly program: TypeProgram;
	/** All files that it reads, declaration files and libraries included. Absolute paths. */
	readonly sources: readonly string[];
	/** The version, and where it is. */
	readonly typescript: string;
	/** Of the compiler, as TypeScript reads them. */
	readonly options: ts.CompilerOptions;
	/** Ends the process of TypeScript 7. */
	close(): void;
}

/** The project cannot be read, or there is no TypeScript to read it with. The message is for users. */
export class ProjectError extends Error {
	override readonly name = 'ProjectError';
}

/** The configuration file that a path means: itself, or the `tsconfig.json` of a folder. @throws ProjectError */
export function configOf(path: string): string {
	const full = resolve(path);
	const config = statSync(full, { throwIfNoEntry: false })?.isDirectory() ? join(full, 'tsconfig.json') : full;
	if (!existsSync(config)) throw new ProjectError(`there is no ${config}`);
	return config.replaceAll('\\', '/');
}

/** @param config Absolute path of a tsconfig.json. @throws ProjectError */
export function openProject(config: string): OpenProject {
	const require = createRequire(config);
	const version = versionOf(require, 'typescript');
	const major = Number.parseInt(version ?? '0', 10);
	if (major === 6) return openWith6(require('typescript') as typeof ts, config);
	const opened = major >= 7 ? openWith7(require, config) : null;
	if (opened) return opened;
	if (versionOf(require, '@typescript/typescript6') !== null) {
		return openWith6(require('@typescript/typescript6') as typeof ts, config);
	}
	throw new ProjectError(withoutTypeScript(version, dirname(config)));
}

function withoutTypeScript(version: string | null, folder: string): string {
	if (version === null) return `there is no TypeScript in ${folder}: npm i -D typescript`;
	return Number.parseInt(version, 10) >= 7
		? `the API of TypeScript ${version} is not the one that this version of perdure knows: install a newer perdure, or TypeScript 6 beside it: npm i -D @typescript/typescript6`
		: `TypeScript ${version} is too old: npm i -D typescript, or beside it: npm i -D @typescript/typescript6`;
}

function versionOf(require: NodeJS.Require, name: string): string | null {
	try {
		return (require(`${name}/package.json`) as { version: string }).version;
	} catch {
		return null;
	}
}

function openWith6(typescript: typeof ts, config: string): OpenProject {
	const failed = (diagnostics: readonly ts.Diagnostic[]) => {
		const text = diagnostics.map(({ messageText }) => typescript.flattenDiagnosticMessageText(messageText, '\n'));
		return new ProjectError(`${config} cannot be read: ${text.join('\n')}`);
	};
	const parsed = typescript.getParsedCommandLineOfConfigFile(
		config,
		{ noEmit: true },
		{
			...typescript.sys,
			onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
				throw failed([diagnostic]);
			},
		},
	)!;
	if (parsed.errors.length > 0) throw failed(parsed.errors);
	const program = typescript.createProgram({
		rootNames: parsed.fileNames,
		options: parsed.options,
		// What another project of the build exports is read from its sources, as TypeScript 7 does: it may not be built.
		host: Object.assign(typescript.createCompilerHost(parsed.options), {
			useSourceOfProjectReferenceRedirect: () => true,
		}),
		...(parsed.projectReferences && { projectReferences: parsed.projectReferences }),
	});
	return {
		program: fromTypeScript6(typescript, program),
		sources: program.getSourceFiles().map(({ fileName }) => fileName),
		typescript: `${typescript.version} ${typescript.sys.getExecutingFilePath()}`,
		options: parsed.options,
		close() {},
	};
}

/** Null where its API is another one than is known here. */
function openWith7(require: NodeJS.Require, config: string): OpenProject | null {
	let modules: TypeScript7;
	try {
		modules = {
			sync: require('typescript/unstable/sync') as TypeScript7['sync'],
			ast: require('typescript/unstable/ast') as TypeScript7['ast'],
		};
	} catch {
		return null;
	}
	if (!isKnown(modules.sync, modules.ast)) return null;
	const api = new modules.sync.API({ cwd: dirname(config) });
	try {
		const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
		if (!project || !canAnswer(project)) {
			api.close();
			return null;
		}
		refuseErrors(project, config);
		return {
			program: fromTypeScript7(modules, project),
			sources: project.program.getSourceFileNames(),
			typescript: `${versionOf(require, 'typescript')} ${require.resolve('typescript/package.json')}`,
			options: project.compilerOptions,
			close: () => api.close(),
		};
	} catch (error) {
		api.close();
		throw error;
	}
}

function refuseErrors({ program }: Project, config: string): void {
	const errors = program.getConfigFileParsingDiagnostics();
	if (errors.length > 0) {
		throw new ProjectError(`${config} cannot be read: ${errors.map(({ text }) => text).join('\n')}`);
	}
}

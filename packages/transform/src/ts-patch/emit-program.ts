/**
 * The second program: the user's, with the compiled text in place of each file that has durable
 * functions. It only prints JavaScript. Nobody asks it for diagnostics: its text is not the user's.
 */
import type ts from 'typescript';
import type { FileCompiler } from './compile-file.ts';

interface InternalFile extends ts.SourceFile {
	/** A package that is installed twice in one version is loaded once; the other file redirects to it. */
	redirectInfo?: { readonly unredirected: ts.SourceFile };
}

export function createEmitProgram(
	typescript: typeof ts,
	program: ts.Program,
	host: ts.CompilerHost,
	compile: FileCompiler,
): ts.Program {
	const projectReferences = program.getProjectReferences();
	return typescript.createProgram({
		rootNames: program.getRootFileNames(),
		options: emitOptions(program.getCompilerOptions()),
		host: emitHost(typescript, program, host, compile),
		oldProgram: program, // what its files import is resolved already
		...(projectReferences && { projectReferences }),
	});
}

function emitOptions(options: ts.CompilerOptions): ts.CompilerOptions {
	const changed: ts.CompilerOptions = {
		...options,
		noCheck: true, // imports that are used as types only are still found, by their uses
		noEmitOnError: false,
		composite: false,
		incremental: false,
		declaration: false,
		declarationMap: false,
		emitDeclarationOnly: false,
		isolatedDeclarations: false,
	};
	// Undefined would be read as set; and plugins would run, this one among them, on text that is not the user's.
	for (const option of ['plugins', 'declarationDir', 'tsBuildInfoFile']) delete changed[option];
	return changed;
}

function emitHost(
	typescript: typeof ts,
	program: ts.Program,
	host: ts.CompilerHost,
	compile: FileCompiler,
): ts.CompilerHost {
	const own: ts.CompilerHost = Object.create(host);
	// A host that keeps source files (watch) must neither hand out its own nor think that the first program let go of them.
	for (const member of ['getSourceFileByPath', 'onReleaseOldSourceFile', 'onReleaseParsedCommandLine'] as const)
		Object.defineProperty(own, member, { value: undefined });
	own.getSourceFile = (name, languageVersion, ...rest) => {
		const file = program.getSourceFile(name) as InternalFile | undefined;
		if (!file) return host.getSourceFile(name, languageVersion, ...rest);
		const compiled = compile(file);
		if (!compiled?.map) return file.redirectInfo?.unredirected ?? file;
		return typescript.createSourceFile(name, compiled.code, languageVersion, false);
	};
	return own;
}

/**
 * Makes `program.emit` write compiled JavaScript. The original program emits as ever, so that what is
 * written, and when, is decided where it always was (`noEmit`, `noEmitOnError`, declarations only, one
 * file, an incremental build's affected files). Only the JavaScript of a file with durable functions is
 * held back, and taken from the second program instead.
 */
import type ts from 'typescript';
import type { FileCompiler } from './compile-file.ts';
import { createEmitProgram } from './emit-program.ts';
import { composeOutput } from './source-map.ts';

const DECLARATION = /\.d\.[cm]?ts(\.map)?$/;

export function replaceEmit(
	typescript: typeof ts,
	program: ts.Program,
	host: ts.CompilerHost,
	compile: FileCompiler,
): void {
	const emit = program.emit;
	let second: ts.Program | undefined;

	program.emit = (target, writeFile = host.writeFile.bind(host), cancellation, only, transformers, ...rest) => {
		const held = new Set<ts.SourceFile>();
		const hold: ts.WriteFileCallback = (name, text, mark, onError, files, data) => {
			const file = files?.length === 1 && !DECLARATION.test(name) ? files[0] : undefined;
			if (file && compile(file)?.map) held.add(file);
			else writeFile(name, text, mark, onError, files, data);
		};
		const result = emit(target, hold, cancellation, only, transformers, ...rest);
		const diagnostics = [...result.diagnostics];
		for (const file of held) {
			second ??= createEmitProgram(typescript, program, host, compile);
			const write: ts.WriteFileCallback = (name, text, mark, onError, _files, data) =>
				writeFile(name, composeOutput(name, text, file, compile(file)?.map), mark, onError, [file], data);
			const compiled = second.getSourceFile(file.fileName);
			diagnostics.push(...second.emit(compiled, write, cancellation, false, transformers).diagnostics);
		}
		return { ...result, diagnostics };
	};
}

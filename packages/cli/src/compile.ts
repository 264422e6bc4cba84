/** `perdure compile dist`: makes what a plain `tsc` has emitted there durable, in place. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { duplicateIds } from '@perdure/transform';
import { type Command, UsageError } from './command.ts';
import { type CompiledFile, compileFile } from './compile/compile-file.ts';
import { filesIn } from './compile/files.ts';
import { createOrigins } from './compile/origin.ts';
import { replaceFiles } from './compile/replace-file.ts';
import { REPORT_OPTIONS, report } from './report.ts';

export const compile: Command = {
	usage: '<directory> [-p tsconfig.json]',
	summary: 'compile the durable functions in JavaScript that a plain tsc has emitted, in place',
	details: `Ids are those of the source, which is found by the source maps, or else by "outDir" and "rootDir" of the
project (-p; default: the nearest tsconfig.json). Source maps lead to the source afterwards as before. A file
that is compiled already is left alone, and one with an error too; then the exit code is 1.

  -p, --project <file>  the tsconfig.json that the directory was emitted by
  --pretty              print diagnostics with their code even where the output is no terminal`,
	run(args, terminal) {
		const { values, positionals } = parseArgs({
			args: [...args],
			options: { project: { type: 'string', short: 'p' }, ...REPORT_OPTIONS },
			allowPositionals: true,
			allowNegative: true,
		});
		const [directory, ...more] = positionals;
		if (directory === undefined || more.length > 0) throw new UsageError('say one directory: perdure compile dist');
		if (!isDirectory(directory)) throw new UsageError(`${directory} is not a directory`);
		const files = filesIn(resolve(directory));
		if (files.length === 0) throw new UsageError(`there is no JavaScript in ${directory}: run tsc first`);
		const originOf = createOrigins(resolve(directory), values.project);
		const results = files.map((file) => compileFile(file, originOf));
		const duplicates = duplicateIds(results.flatMap(({ functions }) => functions));
		const twice = new Set(duplicates.map(({ file }) => file));
		const sound = results.filter(
			({ functions }) => functions.length > 0 && !functions.some(({ file }) => twice.has(file)),
		);
		for (const { files } of sound) replaceFiles(files);
		const code = report([...results.flatMap(({ diagnostics }) => diagnostics), ...duplicates], terminal, {
			pretty: values.pretty,
			texts: new Map(results.flatMap(({ texts }) => [...texts])),
		});
		if (code === 0) terminal.stdout(`${said(sound, directory)}\n`);
		return code;
	},
};

function said(compiled: readonly CompiledFile[], directory: string): string {
	const functions = compiled.reduce((sum, file) => sum + file.functions.length, 0);
	if (functions === 0) return `Nothing to compile in ${directory}.`;
	return `Compiled ${counted(functions, 'durable function')} in ${counted(compiled.length, 'file')} of ${directory === '.' ? 'this folder' : directory}.`;
}

function counted(count: number, of: string): string {
	return `${count} ${of}${count === 1 ? '' : 's'}`;
}

function isDirectory(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

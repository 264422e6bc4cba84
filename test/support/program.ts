/** TypeScript programs in memory, for tests of the checker: text in, program out. Libraries come from disk. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Where the files are said to be: below this repository, so that its dependencies are found. */
export const ROOT = fileURLToPath(new URL('../memory', import.meta.url));

/** As the options of a strict project of today. */
export const OPTIONS: ts.CompilerOptions = {
	target: ts.ScriptTarget.ES2024,
	lib: ['lib.es2024.d.ts', 'lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
	module: ts.ModuleKind.NodeNext,
	moduleResolution: ts.ModuleResolutionKind.NodeNext,
	strict: true,
	noEmit: true,
	skipLibCheck: true,
	allowImportingTsExtensions: true,
	types: ['node'],
};

/** Parsed once for all programs of a process. */
const libraries = new Map<string, ts.SourceFile | undefined>();

/** A program over files by name (`main.ts`, `node_modules/x/index.d.ts`), all of them roots but those of packages. */
export function programOf(files: Readonly<Record<string, string>>, options: ts.CompilerOptions = OPTIONS): ts.Program {
	const host = ts.createCompilerHost(options, true);
	const texts = new Map(Object.entries(files).map(([name, text]) => [pathOf(name), text]));
	const { fileExists, readFile, getSourceFile, directoryExists } = host;
	const folders = new Set([...texts.keys()].flatMap(above));
	host.fileExists = (file) => texts.has(file) || fileExists(file);
	host.readFile = (file) => texts.get(file) ?? readFile(file);
	host.directoryExists = (folder) => folders.has(folder) || directoryExists!(folder);
	host.realpath = (file) => (texts.has(file) ? file : ts.sys.realpath!(file));
	host.getCurrentDirectory = () => ROOT;
	host.getSourceFile = (file, language, ...rest) => {
		const text = texts.get(file);
		if (text !== undefined) return ts.createSourceFile(file, text, language, true);
		if (!libraries.has(file)) libraries.set(file, getSourceFile(file, language, ...rest));
		return libraries.get(file);
	};
	const roots = [...texts.keys()].filter((file) => !file.includes('/node_modules/') && /\.[cm]?tsx?$/.test(file));
	return ts.createProgram({ rootNames: roots, options, host });
}

/** The absolute path of a file of such a program. */
export function pathOf(name: string): string {
	return `${ROOT}/${name}`;
}

function above(file: string): string[] {
	const parts = file.split('/');
	return parts.map((_, index) => parts.slice(0, index).join('/')).filter((folder) => folder !== '');
}

/**
 * A key for each file of a project, over all that what is said of it may depend on: while the key is the same, so
 * is the answer. Rather too much than too little:
 *
 * - its text, and that of what it imports, and so on: types come from there;
 * - all files that are no sources of the project: declaration files, libraries, dependencies, package.json;
 * - sources that say something to all others: globals, augmented modules, registrations;
 * - the options, TypeScript, and the compiler itself.
 */
import { mentionsDirective } from '../1-parse/directive.ts';
import type { OpenProject } from '../4-check/open-project.ts';
import { mentionsRegistration, renamesRegistration } from '../4-check/registrations.ts';
import { packageScope } from '../package-scope.ts';
import { type Content, digestOf, digestsOf } from './digests.ts';
import { compilerHash, environmentHash, packagesAbove } from './environment.ts';
import { createFindImports } from './imports.ts';
import type { Reading } from './reading.ts';

export interface FileKeys {
	/** Files with something to check. */
	readonly durable: readonly string[];
	keyOf(file: string): string;
	/** Of an answer that depends on all sources of the project. */
	readonly ofAll: string;
}

/** Stands for all sources. */
const ALL = '*';

/** @param how Options of the checker. */
export function fileKeys(
	{ program, sources, typescript, options }: OpenProject,
	reading: Reading,
	how: string,
): FileKeys {
	const own = new Set(program.files);
	const packages = packagesAbove(sources);
	const others = sources.filter((file) => !own.has(file));
	const around = digestOf([
		...[compilerHash(), typescript, JSON.stringify(options), how],
		environmentHash([...others, ...packages.values()], reading),
	]);

	const findImports = createFindImports([...own], new Set(packages.keys()), options);
	const names = [...new Set([...own].map((file) => packageScope(file)))];
	const contents = new Map<string, Content>([[ALL, { hash: '', uses: [...own] }]]);
	const durable: string[] = [];
	const wide: string[] = [];
	for (const file of own) {
		const { text, hash } = reading.read(file);
		// A package may be linked under any name: what leads from one to another is not looked for.
		const known = names.length > 1 || namesPackage(text, names[0]!.name) ? null : findImports(file, text);
		contents.set(file, { hash, uses: known ?? [ALL] });
		if (mentionsDirective(text)) durable.push(file);
		if (isWide(file, text)) wide.push(file);
		if (mentionsRegistration(text)) wide.push(renamesRegistration(text) ? ALL : file);
	}
	const digests = digestsOf(contents);
	const toAll = digestOf([around, ...wide.map((file) => digests.get(file)!)]);
	return {
		durable,
		keyOf: (file) => digestOf([toAll, digests.get(file)!]),
		ofAll: digestOf([toAll, digests.get(ALL)!]),
	};
}

/** The package that the sources are of, or a name that its package.json gives (`#db`). */
function namesPackage(text: string, name: string | null): boolean {
	return [...(name === null ? [] : [name]), '#'].some((each) => QUOTES.some((quote) => text.includes(quote + each)));
}

const QUOTES = ["'", '"', '`'];

/**
 * Does it declare what others see without importing it? A script does, and so does what is declared elsewhere. What
 * looks like a comment or a template is left out, since an `export` in it makes no module.
 */
function isWide(file: string, text: string): boolean {
	if (file.endsWith('.json')) return false;
	if (/\bdeclare\b|\bas\s+namespace\b/.test(text)) return true;
	if (/\.[cm]?jsx?$/.test(file) && /\b(globalThis|global|window|self)\b/.test(text)) return true;
	const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/`(?:[^`\\]|\\[\s\S])*`/g, '');
	return !/^\s*(import|export)\b/m.test(code);
}

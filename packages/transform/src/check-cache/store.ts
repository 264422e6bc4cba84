/**
 * What was said of the files of a project, kept for the next time: `node_modules/.cache/perdure`, one file for each
 * configuration. It is replaced as a whole, so whoever reads it sees one state or the next; without a
 * `node_modules` of the project's own, or where nothing can be written, nothing is kept.
 */
import { hash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '@perdure/abi';

/** What is said of a file. */
export interface FileAnswer {
	readonly diagnostics: readonly Diagnostic[];
	/** The durable functions that it declares, and where they start. */
	readonly functions: readonly { readonly id: string; readonly start: number }[];
	/** All sources of the project decide about it, not only what the file imports. */
	readonly dependent: boolean;
}

export interface Kept extends FileAnswer {
	readonly key: string;
}

/** By file. */
export type Answers = ReadonlyMap<string, Kept>;

interface Stored {
	readonly format: number;
	readonly answers: Readonly<Record<string, Kept>>;
}

const FORMAT = 1;

/** Where the answers of a configuration are kept; null where there is no place for them. */
export function cacheFile(config: string): string | null {
	for (let folder = dirname(config); ; folder = dirname(folder)) {
		const modules = join(folder, 'node_modules');
		if (lstatSync(modules, { throwIfNoEntry: false })?.isDirectory())
			return join(modules, '.cache/perdure', `check-${hash('sha256', config).slice(0, 16)}.json`);
		if (folder === dirname(folder)) return null;
	}
}

/** Nothing, where nothing is kept or it cannot be read. */
export function readAnswers(file: string): Answers {
	try {
		const { format, answers } = JSON.parse(readFileSync(file, 'utf8')) as Stored;
		return new Map(format === FORMAT ? Object.entries(answers) : []);
	} catch {
		return new Map();
	}
}

export function writeAnswers(file: string, answers: Answers): void {
	const temporary = `${file}.${process.pid}`;
	try {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(temporary, JSON.stringify({ format: FORMAT, answers: Object.fromEntries(answers) } satisfies Stored));
		renameSync(temporary, file);
	} catch {
		rmSync(temporary, { force: true });
	}
}

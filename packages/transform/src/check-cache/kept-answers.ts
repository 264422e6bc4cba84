/**
 * What was said of the files of a project the last time, where nothing that it depends on has changed since. Answers
 * about a project that changes while it is checked are not kept.
 */
import type { AnyOption } from '../4-check/judge.ts';
import type { OpenProject } from '../4-check/open-project.ts';
import { fileKeys } from './file-keys.ts';
import { Reading } from './reading.ts';
import { cacheFile, type FileAnswer, type Kept, readAnswers, writeAnswers } from './store.ts';

export interface KeptAnswers {
	/** Files with something to check. */
	readonly files: readonly string[];
	/** Undefined where it has to be found out. */
	of(file: string): FileAnswer | undefined;
	keep(file: string, answer: FileAnswer): void;
	/** To be called when all files have an answer. */
	save(): void;
}

/**
 * @param config Absolute path of the tsconfig.json.
 * @param opened When TypeScript began to read, in milliseconds since the epoch.
 * @returns Null where there is no place to keep answers.
 */
export function keptAnswers(project: OpenProject, config: string, opened: number, any: AnyOption): KeptAnswers | null {
	const file = cacheFile(config);
	if (file === null) return null;
	const reading = new Reading(opened);
	const { durable, keyOf, ofAll } = fileKeys(project, reading, any);
	const key = (name: string, { dependent }: FileAnswer) => (dependent ? ofAll : keyOf(name));
	const known = readAnswers(file);
	const answers = new Map<string, Kept>();
	let changed = false;
	return {
		files: durable,
		of(name) {
			const answer = known.get(name);
			if (answer === undefined || answer.key !== key(name, answer)) return undefined;
			answers.set(name, answer);
			return answer;
		},
		keep(name, answer) {
			answers.set(name, { key: key(name, answer), ...answer });
			changed = true;
		},
		save() {
			if (!reading.isChanging() && (changed || answers.size < known.size)) writeAnswers(file, answers);
		},
	};
}

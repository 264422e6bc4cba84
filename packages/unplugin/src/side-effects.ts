/**
 * A module registers its durable functions, and classes, when it is loaded. Where its package says
 * `"sideEffects": false` and nobody uses what it exports, a bundler would drop it, and a stored run that waits
 * in one of its functions could not go on.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mayRegister } from './compile.ts';
import { fileOf } from './module-id.ts';
import type { PerdureOptions } from './options.ts';

/** Does the file of a module register something? Read anew each time: watchers ask again after a change. */
export function registers(id: string, options: PerdureOptions): boolean {
	const filename = fileOf(id, options);
	if (filename === null) return false;
	try {
		return mayRegister(readFileSync(filename, 'utf8'));
	} catch {
		return false; // made by another plugin
	}
}

interface WebpackLike {
	readonly options: { readonly module: { readonly rules: unknown[] } };
}

/** webpack and Rspack ask for it by rule, before they load a module. */
export function keepRegistering({ options: { module } }: WebpackLike, options: PerdureOptions): void {
	module.rules.push({ resource: (path: string) => registers(path, options), sideEffects: true });
}

/** May a file be dropped, by what the nearest package.json says? Answers are kept in `known`, by path. */
export function mayBeDropped(path: string, known: Map<string, boolean>): boolean {
	let answer = known.get(path);
	if (answer === undefined) {
		answer = saysOf(path) ?? (dirname(path) !== path && mayBeDropped(dirname(path), known));
		known.set(path, answer);
	}
	return answer;
}

/** Null where there is no package.json: in no such folder, or in a file. */
function saysOf(folder: string): boolean | null {
	try {
		return 'sideEffects' in JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
	} catch (error) {
		return /^ENO(ENT|TDIR)$/.test((error as { code?: string }).code ?? '') ? null : false;
	}
}

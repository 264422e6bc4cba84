/**
 * CommonJS that is imported, or is the entry, reaches Node's loader of ES modules as text. In Node 22 and
 * early 24 that loader gives it a `require` of its own, which cannot load ES modules such as the runtime.
 * It has no `cache`: where that is missing, the module replaces it by a real one, first thing.
 */
const OWN = 'require.cache||(require=process.getBuiltinModule("module").createRequire(__filename));';

/** Blank space, comments and directives: `"use strict"` must stay in front. */
const PROLOGUE = /^(#![^\n]*)?(\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|('[^'\n]*'|"[^"\n]*")[^\S\n]*(;|(?=\n|\/\/)))*/;

/** On the line of the first statement, so that lines stay what they are. */
export function withRealRequire(code: string): string {
	const { length } = PROLOGUE.exec(code)![0];
	return `${code.slice(0, length)}${OWN}${code.slice(length)}`;
}

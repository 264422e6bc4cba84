import { describe, isObject, type Steps } from './iterate.ts';

const nativeExec = RegExp.prototype.exec;

/** %RegExpStringIteratorPrototype%.next (22.2.9.2.1): the matches of `String.prototype.matchAll`. */
export class MatchSteps implements Steps {
	value: unknown;
	/** A regular expression of its own: its `lastIndex` is the position. */
	readonly matcher: RegExp;
	readonly text: string;
	done = false;

	constructor(matcher: RegExp, text: string) {
		this.matcher = matcher;
		this.text = text;
	}

	step(): boolean {
		if (this.done) return false;
		const { matcher, text } = this;
		const match = execute(matcher, text);
		if (match === null || !matcher.global) this.done = true;
		if (match === null) return false;
		this.value = match;
		if (matcher.global && String(match[0]) === '') {
			const { lastIndex } = matcher;
			matcher.lastIndex = lastIndex + (matcher.unicode || matcher.unicodeSets ? widthAt(text, lastIndex) : 1);
		}
		return true;
	}

	close(): void {}
	closeThrow(): void {}
}

/** RegExpExec (22.2.7.1): a program may have put another `exec` in the place of the built-in one. */
function execute(matcher: RegExp, text: string): RegExpExecArray | null {
	const { exec } = matcher;
	if (typeof exec !== 'function' || exec === nativeExec) return Reflect.apply(nativeExec, matcher, [text]);
	const match: unknown = Reflect.apply(exec, matcher, [text]);
	if (match !== null && !isObject(match)) throw new TypeError(`${describe(match)} is not an object or null`);
	return match as RegExpExecArray | null;
}

/** How many units the code point at an index takes. */
function widthAt(text: string, index: number): number {
	return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
}

/**
 * The stack of an error as durable code shows it. The host's ends where a turn begins, with lines of
 * this package between those of the program; instead it goes on with the chain of durable calls, each
 * at its `await` in the user's file. The line of a throw itself is the host's: that of the compiled text,
 * or of the user's file where source maps are enabled (`node --enable-source-maps`).
 */

/** A line of the stack in V8's form. `at`: `src/shop.ts:12:9`. */
export function asyncLine(name: string, at: string): string {
	return name === '' ? `    at async ${at}` : `    at async ${name} (${at})`;
}

/** Chains longer than this are cut: a recursion's tell the same again and again. */
export const MOST_LINES = 100;

/**
 * Adds the lines of a chain of awaits, unless the stack has them: an error is annotated where it comes
 * into durable code, or where it leaves the call that threw it, and goes through the rest as it is.
 */
export function extendStack(error: unknown, chain: () => Iterable<string>): void {
	rewriteStack(error, (lines) => {
		// What is below the machine is whoever drives the run.
		const driver = lines.findIndex(isDriver);
		const kept = (driver < 0 ? lines : lines.slice(0, driver)).filter((line) => !isInternal(line)).map(named);
		const more = [...chain()];
		return more.length === 0 || kept.includes(more[0]!) ? kept : [...kept, ...more];
	});
}

/**
 * Outside any run the host follows the awaits, but knows all durable functions by the one that drives
 * them: the next such line gets the name of the call that the error has come to.
 * @param line null where the error was thrown by the call itself: its line is there.
 */
export function nameAwait(error: unknown, driver: string, line: string | null): void {
	// Where a program formats stacks itself (source-map-support) they do not say which lines are awaits.
	const isPlace = (text: string) => text.includes(` ${driver} `);
	rewriteStack(error, (lines) => {
		const kept = lines.filter((text) => !isInternal(text) || isPlace(text)).map(named);
		const at = kept.findIndex((text) => isInternal(text) && isPlace(text));
		if (line === null) return at < 0 ? kept : kept.toSpliced(at, 1);
		if (kept.includes(line)) return kept;
		return at < 0 ? [...kept, line] : kept.with(at, line);
	});
}

const isError: (value: unknown) => value is Error =
	(Error as { isError?: (value: unknown) => value is Error }).isError ??
	((value: unknown): value is Error => Object.prototype.toString.call(value) === '[object Error]');

/** `rewrite` gets and gives the lines after the message. An error that does not let its stack be changed keeps it. */
function rewriteStack(error: unknown, rewrite: (lines: readonly string[]) => readonly string[]): void {
	if (!isError(error)) return;
	try {
		if (!Object.hasOwn(error, 'stack')) return;
		const { stack } = error;
		if (typeof stack !== 'string') return;
		const all = stack.split('\n');
		const first = all.findIndex((line) => LINE.test(line));
		const head = first < 0 ? all : all.slice(0, first);
		const text = [...head, ...rewrite(first < 0 ? [] : all.slice(first))].join('\n');
		if (text !== stack) Reflect.defineProperty(error, 'stack', { value: text, writable: true, configurable: true });
	} catch {
		// The text of a stack may be made by code of the program's, when it is first read.
	}
}

const LINE = /^\s+at /;

/** `checkout$step`, as compiled code calls it and the machine does (`Object.checkout$step [as step]`), is `checkout`. */
function named(line: string): string {
	return line.replace(/^(\s+at )Object\.(\S+) \[as step\] /, '$1$2 ').replace(/^(\s+at \S+?)\$step /, '$1 ');
}

/** The folder of this package's code; unknown once it is part of a bundle. */
const HOME = /^(.*\/)language\/async-stack\.[cm]?[jt]s/.exec(import.meta.url)?.[1];
const PATH = HOME?.replace(/^file:\/\//, '');

function isInternal(line: string): boolean {
	return (HOME !== undefined && (line.includes(HOME) || line.includes(PATH!))) || line.includes('(node:internal/');
}

/** Code that calls the steps and effects of a run, not code that these call. */
function isDriver(line: string): boolean {
	return isInternal(line) && /\/(machine|worker|driver\/(drive|effects))[/.]/.test(line);
}

/** Whether the ways of executing a program agree. */

import {
	type Compile,
	CompileError,
	compileSubject,
	type Execution,
	execute,
	type Subject,
	WAYS,
	type Way,
} from './execute.ts';
import type { Fuel } from './fuel.ts';

export interface Disagreement {
	/** What went wrong, coarsely: a smaller program must go wrong alike. */
	readonly kind: string;
	/** Both traces, side by side. */
	readonly text: string;
}

/** Null when all ways agree. The first way is the measure of the others. */
export async function disagreement(
	source: string,
	execution: Execution = {},
	ways: readonly Way[] = WAYS,
	fuel: Fuel | null = null,
	compile?: Compile,
): Promise<Disagreement | null> {
	let subject: Subject;
	try {
		subject = compileSubject(source, 'program.js', fuel, compile);
	} catch (error) {
		if (error instanceof CompileError)
			return { kind: `compile ${/PD\d+/.exec(error.message)?.[0]}`, text: error.message };
		return { kind: `compile ${(error as Error).name}`, text: String((error as Error).stack) };
	}
	const [measure, ...others] = ways;
	const expected = byFiber(await execute(subject, measure!, execution));
	for (const way of others) {
		// An effect that was dispatched before its run was dropped is dispatched again.
		if (way === 'now and then' && hasFibers(expected)) continue;
		const actual = byFiber(await execute(subject, way, execution));
		if (fuel?.isEmpty || expected.at(-1) === 'never ends') return { kind: 'endless', text: 'the program does not end' };
		const at = firstDifference(expected, actual);
		if (at >= 0) {
			const kind = `${way} differs ${manner(expected, actual)}`;
			return { kind, text: sideBySide(measure!, expected, way, actual, at) };
		}
	}
	return null;
}

/**
 * Fibers that wait for effects go on in the order in which those end, which is nobody's promise. Such a
 * fiber's lines begin with its name, and are compared among themselves.
 */
function byFiber(lines: readonly string[]): readonly string[] {
	if (!hasFibers(lines)) return lines;
	const own = lines.filter((line) => nameOf(line) !== undefined);
	return [...own.sort((a, b) => nameOf(a)!.localeCompare(nameOf(b)!)), ...lines.filter((line) => !nameOf(line))];
}

/** How both ended, and an error of the runtime's that came up on the way. */
function manner(expected: readonly string[], actual: readonly string[]): string {
	const ending = (lines: readonly string[]) => /^(?:returns|throws \w+|\w+)/.exec(lines.at(-1)!)?.[0];
	const own = actual.find((line) => /PD\d{4}/.test(line));
	return [ending(expected), ending(actual), /PD\d{4}/.exec(own ?? '')?.[0]]
		.join(' ')
		.replace(/throws Error/g, 'throws');
}

function nameOf(line: string): string | undefined {
	return /^f\d+:/.exec(line)?.[0];
}

function hasFibers(lines: readonly string[]): boolean {
	return lines.some((line) => nameOf(line) !== undefined);
}

function firstDifference(a: readonly string[], b: readonly string[]): number {
	for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) return i;
	return -1;
}

function sideBySide(nameA: string, a: readonly string[], nameB: string, b: readonly string[], at: number): string {
	const same = a.slice(Math.max(0, at - 3), at).map((line) => `  ${line}`);
	const rest = (name: string, lines: readonly string[]) => lines.slice(at, at + 6).map((line) => `${name}: ${line}`);
	return [...same, ...rest(nameA, a), ...rest(nameB, b)].join('\n');
}

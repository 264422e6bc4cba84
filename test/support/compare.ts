/** Whether the ways of executing a program agree. */

import { CompileError, compileSubject, type Execution, execute, type Subject, WAYS, type Way } from './execute.ts';
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
): Promise<Disagreement | null> {
	let subject: Subject;
	try {
		subject = compileSubject(source, 'program.js', fuel);
	} catch (error) {
		if (error instanceof CompileError)
			return { kind: `compile ${/PD\d+/.exec(error.message)?.[0]}`, text: error.message };
		return { kind: `compile ${(error as Error).name}`, text: String((error as Error).stack) };
	}
	const [measure, ...others] = ways;
	const expected = await execute(subject, measure!, execution);
	for (const way of others) {
		const actual = await execute(subject, way, execution);
		if (fuel?.isEmpty) return { kind: 'endless', text: 'the program does not end' };
		const at = firstDifference(expected, actual);
		if (at >= 0) {
			const kind = `${way} differs${/throws (\w+)/.exec(actual.at(-1) ?? '')?.[0].replace('throws Error', '') ?? ''}`;
			return { kind, text: sideBySide(measure!, expected, way, actual, at) };
		}
	}
	return null;
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

/**
 * Asks checker and codec about the same types: the checker, whether a variable of the type may be held
 * over an await; the runtime, whether values of it are the same after a restore.
 */

import { NotSerializableError } from '@perdure/runtime';
import { testRun } from '@perdure/testing';
import ts from 'typescript';
import { fromTypeScript6 } from '../../packages/transform/src/4-check/typescript-6.ts';
import { createChecker } from '../../packages/transform/src/checker.ts';
import { difference } from '../runtime/codec/same.ts';
import { loadModules } from './check-case.ts';
import { Random } from './generate/random.ts';
import { generatePair, type Pair, PRELUDE } from './generate/types.ts';
import { pathOf, programOf } from './program.ts';

export interface Finding {
	readonly seed: number;
	readonly pair: Pair;
	/** What the checker says; null where it lets the type pass. */
	readonly said: string | null;
	/** By value: null where it is the same after a restore, otherwise what became of it. */
	readonly became: readonly (string | null)[];
}

/** `accepted` too much or too little, by what the runtime did. */
export type Verdict = 'agree' | 'false acceptance' | 'false rejection';

/** A type that the checker rejects is right to be if any of its values cannot be saved. */
export function verdictOf({ said, became }: Finding): Verdict {
	const fails = became.some((each) => each !== null);
	if (said === null) return fails ? 'false acceptance' : 'agree';
	return fails ? 'agree' : 'false rejection';
}

/** The types of so many seeds, in one program: what is dear is to make one. */
export async function findingsOf(first: number, count: number): Promise<Finding[]> {
	const pairs = Array.from({ length: count }, (_, i) => generatePair(new Random(first + i), `T${i}`));
	const text = moduleOf(pairs);
	const said = saidOf(text, count);
	const exports = loadModules({ 'main.ts': text }) as unknown as Tested;
	const findings: Finding[] = [];
	for (const [i, pair] of pairs.entries()) {
		const became: (string | null)[] = [];
		for (const j of pair.values.keys()) became.push(await restored(exports, i, j));
		findings.push({ seed: first + i, pair, said: said[i]!, became });
	}
	return findings;
}

interface Tested {
	readonly [hold: `hold${number}`]: () => Promise<unknown>;
	readonly box: { given: unknown; seen: unknown };
	readonly makers: readonly (readonly (() => unknown)[])[];
}

function moduleOf(pairs: readonly Pair[]): string {
	const makers = pairs.map(({ values }) => `	[${values.map((value) => `() => (${value})`).join(', ')}],`);
	const holders = pairs.map(
		({ type }, i) => `export async function hold${i}(): Promise<void> {
	"use durable";
	const held = (await give()) as ${type};
	await pause();
	box.seen = held;
}`,
	);
	return `${PRELUDE}${pairs.flatMap(({ declarations }) => declarations).join('\n')}
export const makers: readonly (readonly (() => unknown)[])[] = [
${makers.join('\n')}
];
export const box: { given: unknown; seen: unknown } = { given: undefined, seen: undefined };
async function give(): Promise<unknown> {
	return box.given;
}
async function pause(): Promise<void> {}
${holders.join('\n')}
`;
}

/** By pair. @throws Error where TypeScript itself finds a fault, so that no pair is accepted unread. */
function saidOf(text: string, count: number): (string | null)[] {
	const program = programOf({ 'main.ts': text });
	const wrong = ts.getPreEmitDiagnostics(program, program.getSourceFile(pathOf('main.ts')));
	if (wrong.length > 0) throw new Error(ts.formatDiagnostics(wrong.slice(0, 3), HOST));
	const starts = Array.from({ length: count }, (_, i) => text.indexOf(`function hold${i}(`));
	const said = Array.from<string | null>({ length: count }).fill(null);
	for (const { severity, start, code, message } of createChecker(fromTypeScript6(ts, program))(pathOf('main.ts'))) {
		if (severity === 'error') said[starts.findLastIndex((each) => each <= start)] ??= `${code}: ${message}`;
	}
	return said;
}

const HOST: ts.FormatDiagnosticsHost = {
	getCurrentDirectory: () => '',
	getCanonicalFileName: (file) => file,
	getNewLine: () => '\n',
};

/** What became of a value that was held over an await, with a restart there: null if nothing did. */
async function restored(exports: Tested, type: number, make: number): Promise<string | null> {
	const { box } = exports;
	box.given = exports.makers[type]![make]!();
	box.seen = box;
	try {
		await testRun(exports[`hold${type}`]!, []).result();
	} catch (error) {
		if (!NotSerializableError.is(error)) throw error;
		return `${error.code}: ${error.message}`;
	}
	return difference(box.given, box.seen) ?? null;
}

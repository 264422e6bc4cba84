/**
 * Edits of a program that change nothing but add lines of their own to its trace: a run that was parked
 * by the program as it was must go on in the edited one as if nothing had happened.
 */
import generatorModule from '@babel/generator';
import { parse } from '@babel/parser';
import * as t from '@babel/types';
import * as runtime from '@perdure/runtime';
import { Continuation, run } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { shared } from '../../packages/runtime/src/registry/shared.ts';
import type { Disagreement } from './compare.ts';
import { forgetModules, prepare } from './evaluate.ts';
import { compileSubject } from './execute.ts';
import type { Fuel } from './fuel.ts';
import type { Random } from './generate/random.ts';
import { render } from './render.ts';
import { createTrace, type Trace } from './trace.ts';

const generate = generatorModule as unknown as (node: t.Node) => { code: string };

/** How many of a run's checkpoints are taken up by the edited program. */
const CHECKPOINTS = 3;

/** Null when the edited program takes up what the program left, wherever it stood. */
export async function disagreementAfterEdit(
	source: string,
	random: Random,
	fuel: Fuel | null = null,
): Promise<Disagreement | null> {
	// Effects of several fibers were dispatched already when a checkpoint of the middle is taken up: they are again.
	if (/const (f\d+) = '\1' \+/.test(source)) return null;
	// What is added must be in sight, also in a program that was made smaller.
	if (!/import \{[^}]*\blog\b[^}]*\beff\b/.test(source)) return null;
	const edited = insertStatements(source, random);
	const before = createTrace();
	const main = load(source, before, fuel);
	const equals = pointsWithEquals();
	const checkpoints: { readonly bytes: Uint8Array; readonly lines: number }[] = [];
	const outcome = await run(main, [], {
		onCheckpoint: (continuation) => {
			checkpoints.push({ bytes: continuation.toBytes(), lines: before.lines.length });
		},
	});
	const end = endOf(outcome);
	// It was cut off, by how much it wrote.
	if (end.includes('too many lines')) return null;
	for (let i = 0; i < Math.min(CHECKPOINTS, checkpoints.length); i++) {
		const { bytes, lines } = random.pick(checkpoints);
		const expected = [...before.lines.slice(lines), end].join('\n');
		const after = createTrace();
		load(edited, after, fuel);
		let actual: string;
		try {
			const resumed = endOf(await Continuation.fromBytes(bytes).continue());
			actual = [...after.lines.filter((line) => !/^new!? /.test(line)), resumed].join('\n');
		} catch (error) {
			if (mayBeRefused(error, equals, edited)) continue;
			return { kind: `edit ${(error as Error).name}`, text: `${edited}\n${render(error)}` };
		}
		if (fuel?.isEmpty) return { kind: 'endless', text: 'the program does not end' };
		if (actual !== expected) {
			return { kind: 'edit differs', text: `${edited}\n--- expected\n${expected}\n--- actual\n${actual}` };
		}
	}
	return null;
}

/** Points of the functions that are loaded which only their neighbourhood tells apart. */
function pointsWithEquals(): ReadonlySet<string> {
	const points = [...shared.functions.values()].flatMap((def) => def.points ?? []);
	return new Set(points.filter(({ equal }) => equal !== undefined).map(({ id }) => id));
}

/**
 * Two additions change what a parked frame meets: one beside equal points changes their neighbourhood,
 * one inside a `try` can throw, so that what its handler reads is live where it was not.
 */
function mayBeRefused(error: unknown, equals: ReadonlySet<string>, edited: string): boolean {
	// Of closures with one id what tells them apart is a part of it.
	if (error instanceof runtime.UnknownFunctionError) return error.functionId.includes('~');
	if (!(error instanceof runtime.SchemaMismatchError)) return false;
	const point = /point (\S+)/.exec(error.expected)?.[1];
	return error.found.startsWith('the slots') ? /\btry \{/.test(edited) : equals.has(point!);
}

function load(source: string, trace: Trace, fuel: Fuel | null): () => Promise<unknown> {
	forgetModules();
	const { code } = compileSubject(source, 'program.js');
	return prepare(code, 'program.js', fuel).evaluate({
		'#trace': trace.module,
		'@perdure/runtime': runtime,
		'@perdure/runtime/internal': internal,
	}).main as () => Promise<unknown>;
}

function endOf(outcome: { readonly status: string; readonly value?: unknown; readonly error?: unknown }): string {
	return `${outcome.status} ${render('error' in outcome ? outcome.error : outcome.value)}`;
}

/** Adds statements to blocks of durable functions, not to those of functions inside. */
export function insertStatements(source: string, random: Random): string {
	// Without its parentheses `a && (b && c)` would be printed as another tree.
	const file = parse(source, { sourceType: 'module', createParenthesizedExpressions: true });
	const blocks: Place[] = [];
	// While the iterator of a user's is alive nothing may wait; and where
	// fibers wait for one another an effect changes their order.
	const mayWait = !/ of spy\(|function calm/.test(source);
	t.traverseFast(file, (node) => {
		if (t.isFunction(node) && t.isBlockStatement(node.body) && node.body.directives.length > 0) {
			collectBlocks(node.body, mayWait && node.async === true, blocks);
		}
	});
	for (let i = blocks.length === 0 ? 0 : 1 + random.int(4); i > 0; i--) {
		const { statements, mayWait } = random.pick(blocks);
		statements.splice(random.int(statements.length + 1), 0, addition(mayWait && random.chance(0.4)));
	}
	return generate(file).code;
}

function addition(waits: boolean): t.Statement {
	const args = [t.stringLiteral('new'), t.numericLiteral(0)];
	const call = (name: string) => t.callExpression(t.identifier(name), args);
	return t.expressionStatement(waits ? t.awaitExpression(call('eff')) : call('log'));
}

interface Place {
	readonly statements: t.Statement[];
	readonly mayWait: boolean;
}

function collectBlocks(node: t.Node, mayWait: boolean, blocks: Place[]): void {
	if (t.isFunction(node) || t.isStaticBlock(node)) return;
	if (t.isBlockStatement(node)) blocks.push({ statements: node.body, mayWait });
	for (const key of t.VISITOR_KEYS[node.type] ?? []) {
		const value = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null>)[key];
		for (const child of Array.isArray(value) ? value : [value]) if (child) collectBlocks(child, mayWait, blocks);
	}
}

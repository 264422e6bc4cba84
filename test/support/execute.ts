/**
 * The ways of executing one program whose traces must be equal:
 *  plain     the async function as written, never compiled
 *  outside   compiled, called like any function
 *  inside    compiled, in a run that stays in memory
 *  restored  compiled, in a run that is stored to bytes and dropped at the end of every turn, before its
 *            effects are dispatched, and restored in a fresh evaluation of the module: the driver that
 *            users have in @perdure/testing
 *  now and then  the same by way of checkpoints, every third turn: what was restored goes on in memory for a while
 */

import * as runtime from '@perdure/runtime';
import { Continuation, type Outcome, type RunOptions, run } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { type Ended, testRun } from '@perdure/testing';
import { type TransformResult, transform } from '@perdure/transform';
import { type Exports, forgetModules, type Program, prepare } from './evaluate.ts';
import type { Fuel } from './fuel.ts';
import { render } from './render.ts';
import { createTrace, type Trace } from './trace.ts';

export type Way = 'plain' | 'outside' | 'inside' | 'restored' | 'now and then';

export const WAYS: readonly Way[] = ['plain', 'outside', 'inside', 'restored', 'now and then'];

/** Milliseconds that an execution may take. */
const PATIENCE = 3_000;

/** After how many turns 'now and then' is. */
const NOW_AND_THEN = 3;

export interface Execution {
	/** The exported function to call; `main` by default. */
	readonly entry?: string;
	readonly args?: readonly unknown[];
	/** Given to `suspend`s in turn. Only a run can suspend, so a program with answers has no plain trace. */
	readonly answers?: readonly unknown[];
	/** How long it may take (ms). */
	readonly patience?: number;
	/** Modules that it imports, beside `#trace` and the runtime. */
	readonly modules?: Readonly<Record<string, unknown>>;
}

export interface Subject {
	readonly plain: Program;
	readonly compiled: Program;
	/** Emitted code, for messages. */
	readonly code: string;
}

export type Compile = (
	source: string,
	options: { readonly filename: string },
) => Pick<TransformResult, 'code' | 'diagnostics'>;

export class CompileError extends Error {}

/** Compiles a module. @throws CompileError naming every diagnostic that is an error. */
export function compileSubject(
	source: string,
	filename: string,
	fuel: Fuel | null = null,
	compile: Compile = transform,
): Subject {
	const { code, diagnostics } = compile(source, { filename });
	const errors = diagnostics.filter(({ severity }) => severity === 'error');
	if (errors.length > 0) {
		const lines = errors.map(({ code, line, column, message }) => `${line}:${column} ${code}: ${message}`);
		throw new CompileError(lines.join('\n'));
	}
	return { plain: prepare(source, filename, fuel), compiled: prepare(code, filename, fuel), code };
}

/** The trace of one execution: a line for each observation, and the outcome last. */
export async function execute(subject: Subject, way: Way, execution: Execution = {}): Promise<string[]> {
	const trace = createTrace();
	let timer: NodeJS.Timeout | undefined;
	// A program that is made smaller may lose what settles a promise.
	const never = new Promise<string>((resolve) => {
		timer = setTimeout(resolve, execution.patience ?? PATIENCE, 'never ends');
	});
	const outcome = await Promise.race([settle(subject, way, execution, trace), never]);
	clearTimeout(timer);
	return [...trace.lines, outcome];
}

async function settle(subject: Subject, way: Way, execution: Execution, trace: Trace): Promise<string> {
	const { entry = 'main', args = [] } = execution;
	const program = way === 'plain' ? subject.plain : subject.compiled;
	const load = () => {
		forgetModules();
		return evaluate(program, trace, execution.modules);
	};
	try {
		if (way === 'plain' || way === 'outside') {
			const value = await (load()[entry] as (...args: unknown[]) => unknown)(...structuredClone(args));
			return `returns ${render(value)}`;
		}
		const answers = [...(execution.answers ?? [])];
		if (way === 'restored') return await settleRestored(load, entry, args, answers);
		return await settleRun(load, entry, args, answers, way === 'inside' ? null : new Dropper(NOW_AND_THEN));
	} catch (error) {
		return `throws ${render(error)}`;
	}
}

function evaluate(program: Program, trace: Trace, modules: Execution['modules']): Exports {
	return program.evaluate({
		...modules,
		'#trace': trace.module,
		'@perdure/runtime': runtime,
		'@perdure/runtime/internal': internal,
	});
}

type Main = (...args: unknown[]) => Promise<unknown>;

async function settleRestored(
	load: () => Exports,
	entry: string,
	args: readonly unknown[],
	answers: unknown[],
): Promise<string> {
	const driver = testRun(load()[entry] as Main, args, { onRestart: load });
	let standing = await driver.next();
	for (;;) {
		switch (standing.status) {
			case 'suspended':
				if (answers.length === 0) return `suspended ${render(standing.value)}`;
				standing = await driver.resume(answers.shift());
				break;
			case 'sleeping':
				standing = await driver.advance(standing.until);
				break;
			case 'running':
				standing = await driver.next();
				break;
			default:
				return settled(standing);
		}
	}
}

async function settleRun(
	load: () => Exports,
	entry: string,
	args: readonly unknown[],
	answers: unknown[],
	dropper: Dropper | null,
): Promise<string> {
	const main = load()[entry] as Main;
	let outcome: Outcome<unknown> = await run(main, args, dropper?.options() ?? {});
	for (;;) {
		switch (outcome.status) {
			case 'parked':
				// The dropped process: nothing of it is left but the bytes.
				load();
				outcome = await Continuation.fromBytes(dropper!.bytes()).continue(dropper!.options());
				break;
			case 'suspended': {
				if (answers.length === 0) return `suspended ${render(outcome.value)}`;
				let continuation = outcome.continuation;
				if (dropper) {
					const bytes = continuation.toBytes();
					load();
					continuation = Continuation.fromBytes(bytes);
				}
				outcome = await continuation.resume(answers.shift(), dropper?.options() ?? {});
				break;
			}
			default:
				return settled(outcome);
		}
	}
}

function settled(end: Ended<unknown>): string {
	switch (end.status) {
		case 'completed':
			return `returns ${render(end.value)}`;
		case 'failed':
			return `throws ${render(end.error)}`;
		case 'cancelled':
			return `cancelled ${render(end.reason)}`;
	}
}

/** Takes the bytes of every so many turns as they end and gives the run up before anything is dispatched. */
class Dropper {
	#bytes: Uint8Array | null = null;
	#turn = 0;
	readonly #every: number;

	constructor(every: number) {
		this.#every = every;
	}

	options(): RunOptions {
		const controller = new AbortController();
		return {
			park: controller.signal,
			onCheckpoint: (continuation, { turn }) => {
				// A restored run may announce the turn that it was restored from.
				if (turn < this.#turn + this.#every) return;
				this.#turn = turn;
				this.#bytes = continuation.toBytes();
				controller.abort();
			},
		};
	}

	bytes(): Uint8Array {
		if (this.#bytes === null) throw new Error('the run was parked, but there was no checkpoint');
		return this.#bytes;
	}
}

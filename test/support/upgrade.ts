/**
 * Parks the first version of a program before the effect tagged `here`, gives its bytes to the second
 * version, and says what came of it. Both have one file name, as one file in two builds has.
 */
import * as runtime from '@perdure/runtime';
import { Continuation, run } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { type Exports, forgetModules, prepare } from './evaluate.ts';
import { compileSubject } from './execute.ts';
import { render } from './render.ts';
import { createTrace, type Trace } from './trace.ts';

/** The verdict, a line each: `restored` and the rest of the trace, or the mismatch and its differences. */
export async function upgrade(before: string, after: string, filename: string): Promise<string[]> {
	const bytes = await park(before, filename);
	const trace = createTrace();
	const { code } = compileSubject(after, filename);
	const exports = evaluate(code, filename, trace);
	try {
		register(exports, bytes);
		const continuation = Continuation.fromBytes(bytes);
		const outcome = await continuation.continue();
		const end =
			outcome.status === 'completed'
				? `returns ${render(outcome.value)}`
				: `${outcome.status} ${render('error' in outcome ? outcome.error : undefined)}`;
		return ['restored', ...trace.lines, end];
	} catch (error) {
		return [...trace.lines.map((line) => `UNEXPECTED ${line}`), ...describe(error)];
	}
}

/** The last checkpoint before the effect `here` is dispatched for the first time. */
async function park(source: string, filename: string): Promise<Uint8Array> {
	const trace = createTrace();
	let latest: Uint8Array | null = null;
	let parked: Uint8Array | null = null;
	const eff: typeof trace.module.eff = (tag, value) => {
		if (tag === 'here') parked ??= latest;
		return trace.module.eff(tag, value);
	};
	const { code } = compileSubject(source, filename);
	const exports = evaluate(code, filename, { ...trace, module: { ...trace.module, eff } });
	const main = (exports.main ?? exports.entry) as () => Promise<unknown>;
	const outcome = await run(main, [], {
		onCheckpoint: (continuation) => {
			latest = continuation.toBytes();
		},
	});
	if (parked === null) {
		throw new Error(
			`the first version never came to 'here': ${outcome.status} ${render(Reflect.get(outcome, 'error'))}`,
		);
	}
	return parked;
}

function evaluate(code: string, filename: string, trace: Trace): Exports {
	forgetModules();
	return prepare(code, filename).evaluate({
		'#trace': trace.module,
		'@perdure/runtime': runtime,
		'@perdure/runtime/internal': internal,
	});
}

/** A version that brings migrations exports `migrations(functionId, pointId)`: ids are not for people to write. */
function register(exports: Exports, bytes: Uint8Array): void {
	const { migrations } = exports as { migrations?: (functionId: string, pointId: string) => void };
	if (migrations === undefined) return;
	try {
		Continuation.fromBytes(bytes);
	} catch (error) {
		const { functionId, expected } = error as { functionId: string; expected: string };
		migrations(functionId, /point (\S+)/.exec(expected)![1]!);
	}
}

function describe(error: unknown): string[] {
	const { name, code, found, differences } = error as {
		name: string;
		code?: string;
		message: string;
		found?: string;
		differences?: readonly { slot: string; was: string | null; is: string | null }[];
	};
	if (name !== 'SchemaMismatchError') return [`${code ?? ''} ${name}: ${(error as Error).message}`.trim()];
	const lines = [`${code} ${name}: ${found}`];
	for (const { slot, was, is } of differences ?? [])
		lines.push(`  ${slot}: ${was === null ? 'not saved' : 'saved'}, ${is === null ? 'not read' : 'read'}`);
	return lines;
}

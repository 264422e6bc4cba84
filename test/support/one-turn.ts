/**
 * One process's share of a run: takes the run from its bytes (or starts it), goes on to the end of the
 * next turn, writes the bytes, and ends before anything of that turn is dispatched.
 * Arguments: the program's path, or `seed <number>` for a generated one; the file of the bytes. Prints what the trace adds, a JSON string a line.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as runtime from '@perdure/runtime';
import { Continuation, type Outcome, type RunOptions, run } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { prepare } from './evaluate.ts';
import { compileSubject } from './execute.ts';
import { generateProgram } from './generate/program.ts';
import { render } from './render.ts';
import { createTrace } from './trace.ts';

const [program, file] = process.argv.slice(2) as [string, string];
const seed = /^seed (\d+)$/.exec(program)?.[1];
const path = seed === undefined ? program : 'program.js';
const source = seed === undefined ? readFileSync(program, 'utf8') : generateProgram(Number(seed));
const { code } = compileSubject(source, path);
const trace = createTrace();
const { main } = prepare(code, path).evaluate({
	'#trace': trace.module,
	'@perdure/runtime': runtime,
	'@perdure/runtime/internal': internal,
}) as { main: () => Promise<unknown> };

const controller = new AbortController();
const options: RunOptions = {
	park: controller.signal,
	onCheckpoint: (continuation) => {
		writeFileSync(file, continuation.toBytes());
		controller.abort();
	},
};
const outcome: Outcome<unknown> = existsSync(file)
	? await Continuation.fromBytes(readFileSync(file)).continue(options)
	: await run(main, [], options);
const lines = [...trace.lines];
if (outcome.status === 'completed') lines.push(`returns ${render(outcome.value)}`);
if (outcome.status === 'failed') lines.push(`throws ${render(outcome.error)}`);
for (const line of lines) console.log(JSON.stringify(line));

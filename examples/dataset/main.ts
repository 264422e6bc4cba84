/** Analyses a file, or goes on where the last process that did so died: `main.ts <data> <checkpoint>`. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Continuation, formatLog, type RunOptions, run } from '@perdure/runtime';
import { analyze } from './analysis.ts';

const [data, checkpoint] = process.argv.slice(2) as [string, string];
const options: RunOptions = {
	onCheckpoint(continuation, { mark }) {
		if (mark === undefined) return;
		// A crash leaves the old checkpoint or the new one, never half of one.
		writeFileSync(`${checkpoint}.new`, continuation.toBytes({ log: true }));
		renameSync(`${checkpoint}.new`, checkpoint);
	},
};

const outcome = existsSync(checkpoint)
	? await Continuation.fromBytes(readFileSync(checkpoint), analyze).continue(options)
	: await run(analyze, [data], options);
if (outcome.status !== 'completed') throw outcome.status === 'failed' ? outcome.error : new Error(outcome.status);
rmSync(checkpoint, { force: true });
console.log(outcome.value);
console.log(formatLog(outcome.log));

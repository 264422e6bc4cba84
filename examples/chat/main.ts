/** One line of a conversation that is kept in a file: `main.ts <file> [what you say]`. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Continuation, formatLog, run } from '@perdure/runtime';
import { chat } from './chat.ts';

const [file, said] = process.argv.slice(2) as [string, string?];
const outcome = existsSync(file)
	? await Continuation.fromBytes(readFileSync(file), chat).resume(said)
	: await run(chat, [4]);
console.log(outcome.status === 'suspended' || outcome.status === 'completed' ? outcome.value : outcome);
console.log(formatLog(outcome.log));
if (outcome.status === 'suspended') {
	// A crash leaves the conversation without this line or with it, never half of it.
	writeFileSync(`${file}.new`, outcome.continuation.toBytes({ log: true }));
	renameSync(`${file}.new`, file);
}

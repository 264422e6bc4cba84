/** `long-chat.ts <turns>`: what is kept of a conversation after a hundredth of its turns, and after all. */
import { Continuation, type Outcome, run } from '@perdure/runtime';
import { chat } from '../../examples/chat/chat.ts';

const turns = Number(process.argv[2]);
let outcome: Outcome<string> = await run(chat, [4]);
for (let turn = 1; turn <= turns; turn++) {
	if (outcome.status !== 'suspended') throw new Error(outcome.status);
	const bytes = outcome.continuation.toBytes({ log: true });
	if (turn === turns / 100 || turn === turns)
		console.log(JSON.stringify({ turn, entries: outcome.log.length, bytes: bytes.length }));
	outcome = await Continuation.fromBytes(bytes, chat).resume(`line ${turn % 10}`);
}

/**
 * `start FILE` stores the first half of a run, `resume FILE` goes on from there, both with a function of the
 * entry's chunk and one of another. `schema` prints what it has registered.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Continuation, run } from '@perdure/runtime';
import { order } from './order.ts';
import './reminder.ts';

const { refund } = await import('./later.ts');
const [command, file = ''] = process.argv.slice(2);

if (command === 'start') {
	const lines = [
		{ name: 'tea', cents: 350 },
		{ name: 'bread', cents: 425 },
	];
	const outcomes = [await run(order, ['ada', lines]), await run(refund, [120])];
	outcomes.forEach((outcome, index) => {
		if (outcome.status !== 'suspended') throw new Error(outcome.status, { cause: outcome });
		console.log(JSON.stringify(outcome.value));
		writeFileSync(`${file}.${index}`, outcome.continuation.toBytes());
	});
} else if (command === 'resume') {
	const [ordered, refunded] = [0, 1].map((index) => new Uint8Array(readFileSync(`${file}.${index}`)));
	const again = await Continuation.fromBytes(ordered!, order).resume('no');
	if (again.status !== 'suspended') throw new Error(again.status, { cause: again });
	console.log(JSON.stringify(again.value));
	for (const outcome of [
		await again.continuation.resume('yes'),
		await Continuation.fromBytes(refunded!, refund).resume('broken'),
	]) {
		if (outcome.status !== 'completed') throw new Error(outcome.status, { cause: outcome });
		console.log(outcome.value);
	}
} else {
	const key = Object.getOwnPropertySymbols(globalThis).find(({ description }) =>
		/^perdure\.runtime\.\d+$/.test(description!),
	)!;
	const { functions } = (globalThis as unknown as Record<symbol, { functions: Map<string, object> }>)[key]!;
	// Functions of the runtime itself are only there where they are used.
	const own = [...functions].filter(([id]) => !id.startsWith('perdure.')).sort(([a], [b]) => (a < b ? -1 : 1));
	console.log(JSON.stringify(own.map(([, definition]) => definition)));
}

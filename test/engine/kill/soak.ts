/** `npm run soak:kill -- --count 500`: as the tests kill*.test.ts by turns, as often as asked. */
import { parseArgs } from 'node:util';
import { CANCEL } from './cancel.ts';
import { killUntilDone } from './kill.ts';
import { OUTBOX } from './outbox.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '500' } } });
const count = Number(values.count);
const ROUND = 25;
const RUNS = 8;

let killed = 0;
for (let round = 1; killed < count; round++) {
	const processes = 1 + (Math.floor(round / 3) % 3);
	const kills = Math.min(ROUND, count - killed);
	const program = [
		{ length: 240 },
		{ program: OUTBOX, length: 80 },
		{ program: CANCEL, length: Math.floor(kills / RUNS) },
	];
	const result = await killUntilDone({ kills, processes, runs: RUNS, random: Math.random, ...program[round % 3]! });
	killed += result.killed;
	console.log(`round ${round}, ${processes} at a time: ${killed} of ${count} killed`);
	if (result.wrong.length > 0) {
		console.error(result.wrong.join('\n'));
		process.exit(1);
	}
}
console.log('every run ended right');

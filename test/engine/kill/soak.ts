/** `npm run soak:kill -- --count 500`: as kill.test.ts and kill-outbox.test.ts by turns, as often as asked. */
import { parseArgs } from 'node:util';
import { killUntilDone } from './kill.ts';
import { OUTBOX } from './outbox.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '500' } } });
const count = Number(values.count);
const ROUND = 25;

let killed = 0;
for (let round = 1; killed < count; round++) {
	const processes = 1 + (round % 3);
	const kills = Math.min(ROUND, count - killed);
	const program = round % 2 === 0 ? { program: OUTBOX, length: 80 } : { length: 240 };
	const result = await killUntilDone({ kills, processes, runs: 8, random: Math.random, ...program });
	killed += result.killed;
	console.log(`round ${round}, ${processes} at a time: ${killed} of ${count} killed`);
	if (result.wrong.length > 0) {
		console.error(result.wrong.join('\n'));
		process.exit(1);
	}
}
console.log('every run ended right');

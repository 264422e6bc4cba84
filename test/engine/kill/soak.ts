/** `npm run soak:kill -- --count 500`: as kill.test.ts, as often as asked. */
import { parseArgs } from 'node:util';
import { killUntilDone } from './kill.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '500' } } });
const count = Number(values.count);
const ROUND = 25;

let killed = 0;
for (let round = 1; killed < count; round++) {
	const processes = 1 + (round % 3);
	const kills = Math.min(ROUND, count - killed);
	const result = await killUntilDone({ kills, processes, runs: 8, length: 240, random: Math.random });
	killed += result.killed;
	console.log(`round ${round}, ${processes} at a time: ${killed} of ${count} killed`);
	if (result.wrong.length > 0) {
		console.error(result.wrong.join('\n'));
		process.exit(1);
	}
}
console.log('every run ended right');

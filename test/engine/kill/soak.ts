/**
 * `npm run soak:kill -- --count 500`: as the tests kill*.test.ts by turns, as often as asked; two to six processes at a
 * time, a new file each round, by turns with processes that stand still for a while, and with many that die as they open it.
 */
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
	const processes = 2 + (Math.floor(round / 3) % 5);
	const [young, stopped] = [
		[0.15, 0],
		[0.15, 0.2],
		[0.8, 0],
	][Math.floor(round / 3) % 3] as [number, number];
	const kills = Math.min(ROUND, count - killed);
	const program = [
		{ length: 240 },
		{ program: OUTBOX, length: 80 },
		{ program: CANCEL, length: Math.floor(kills / RUNS) },
	];
	const result = await killUntilDone({
		kills,
		processes,
		runs: RUNS,
		random: Math.random,
		young,
		stopped,
		...program[round % 3]!,
	});
	killed += result.killed;
	const how = `${processes} at a time, ${young * 100} % young, ${stopped * 100} % stopped`;
	console.log(`round ${round}, ${how}: ${killed} of ${count} killed`);
	if (result.wrong.length > 0) {
		console.error(result.wrong.join('\n'));
		process.exit(1);
	}
}
console.log('every run ended right');

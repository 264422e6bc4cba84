/**
 * `npm run soak:simulation -- --count 10000 --seed 1 --store sqlite`: simulates as many seeds as asked, each
 * of them a storm over a program, its processes and its store. Prints each seed that broke a promise.
 */
import { parseArgs } from 'node:util';
import { type StoreName, simulate, type Tally } from './simulate.ts';

const { values } = parseArgs({
	options: {
		count: { type: 'string', default: '1000' },
		seed: { type: 'string', default: '1' },
		store: { type: 'string', default: 'memory' },
	},
});
const first = Number(values.seed);
const count = Number(values.count);
const sum: Partial<Record<keyof Tally, number>> = {};
let failed = 0;
process.on('unhandledRejection', (error) => console.error('unhandled', error));
for (let seed = first; seed < first + count; seed++) {
	try {
		const tally = await simulate(seed, values.store as StoreName);
		for (const key of Object.keys(tally) as (keyof Tally)[]) sum[key] = (sum[key] ?? 0) + tally[key];
	} catch (error) {
		failed++;
		console.error(`seed ${seed}:`, error);
	}
}
console.log(sum);
console.log(`${count - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** How large a parked run is, against the JSON text of what it holds. */
process.env.NODE_ENV = 'production';

import { run } from '@perdure/runtime';
import { load } from './compiled.ts';
import { bytes, report } from './report.ts';

type Programs = typeof import('./programs/runs.ts');

const { small, holding, appending } = await load<Programs>('runs', 'perdure');

async function parked<A extends unknown[]>(fn: (...args: A) => Promise<unknown>, args: A): Promise<number> {
	const outcome = await run(fn, args, { id: 'bench' });
	if (outcome.status !== 'suspended') throw new Error(`the run is ${outcome.status}`);
	return outcome.continuation.toBytes().length;
}

const order = {
	id: 'order-1',
	customer: { name: 'Ada Lovelace', email: 'ada@example.com' },
	items: Array.from({ length: 12 }, (_, i) => ({
		sku: `sku-${1000 + i}`,
		title: `item ${i}`,
		price: 4.5 * i,
		count: 1 + (i % 3),
	})),
};

function row(what: string, size: number, json: string): void {
	report([
		{
			what: `bytes of a checkpoint: ${what}: ${bytes(size)}`,
			against: `JSON of it (${bytes(json.length)})`,
			figure: (size / json.length).toFixed(2),
		},
	]);
}

row('two locals', await parked(small, ['order-1']), JSON.stringify({ id: 'order-1', attempt: 1 }));
row('an order of 1 kB', await parked(holding, [order]), JSON.stringify(order));
const lines = (n: number) => JSON.stringify(Array.from({ length: n }, (_, i) => `line ${i} of a report`));
row('10,000 lines appended, one effect each', await parked(appending, [10_000]), lines(10_000));

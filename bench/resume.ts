/** Going on from bytes must cost the same however long the run has lived. */
process.env.NODE_ENV = 'production';

import { Continuation, run } from '@perdure/runtime';
import { load } from './compiled.ts';
import { compare } from './ratio.ts';
import { bytes, ratio, report, time } from './report.ts';

type Programs = typeof import('./programs/runs.ts');

const { lifetime } = await load<Programs>('runs', 'perdure');

async function live(effects: number): Promise<Uint8Array> {
	const outcome = await run(lifetime, [effects], { id: 'bench' });
	if (outcome.status !== 'suspended') throw new Error(`the run is ${outcome.status}`);
	return outcome.continuation.toBytes();
}

function resume(saved: Uint8Array): (times: number) => Promise<void> {
	return async (times) => {
		for (let i = 0; i < times; i++) {
			const outcome = await Continuation.fromBytes(saved, lifetime).resume(1);
			if (outcome.status !== 'completed') throw new Error(`the run is ${outcome.status}`);
		}
	};
}

const short = await live(10);
const long = await live(100_000);
const [base, after] = await compare([
	{ name: 'after 10', run: resume(short) },
	{ name: 'after 100,000', run: resume(long) },
]);
report([
	{
		what: `from bytes to the result after 100,000 effects: ${time(after!.least)}, ${bytes(long.length)}`,
		against: `after 10 (${time(base!.least)}, ${bytes(short.length)})`,
		figure: ratio(after!),
	},
]);

/** What an effect and a durable call cost inside a run, against the same function as plain `async` code. */
import { run } from '@perdure/runtime';
import { load } from './compiled.ts';
import { compare } from './ratio.ts';
import { ratio, report, time } from './report.ts';

type Programs = typeof import('./programs/runs.ts');

/** Awaits in one run: enough for starting it not to count. */
const AWAITS = 1000;

const native = await load<Programs>('runs', 'native');
const durable = await load<Programs>('runs', 'perdure');

async function inside(fn: (n: number) => Promise<number>): Promise<void> {
	const outcome = await run(fn, [AWAITS]);
	if (outcome.status !== 'completed' || outcome.value !== AWAITS) throw new Error(`the run is ${outcome.status}`);
}

function repeat(once: () => Promise<unknown>): (times: number) => Promise<void> {
	return async (times) => {
		for (let i = 0; i < times; i++) await once();
	};
}

for (const name of ['effects', 'calls'] as const) {
	const variants = [
		{ name: 'native', run: repeat(() => native[name](AWAITS)) },
		{ name: 'outside', run: repeat(() => durable[name](AWAITS)) },
		{ name: 'inside', run: repeat(() => inside(durable[name])) },
	];
	process.env.NODE_ENV = 'production';
	const [base, outside, production] = await compare(variants);
	const each = time(base!.least / AWAITS);
	if (name === 'effects') {
		process.env.NODE_ENV = 'development';
		const [, development] = await compare([variants[0]!, variants[2]!], { rounds: 11 });
		report([
			{
				what: `an effect in \`run\`: ${time(production!.least / AWAITS)}`,
				against: `native await of it (${each})`,
				figure: ratio(production!),
			},
			{
				what: `&emsp;with development’s checks: ${time(development!.least / AWAITS)}`,
				against: 'native',
				figure: ratio(development!),
			},
		]);
	} else {
		report([
			{
				what: `a durable call in a run: ${time(production!.least / AWAITS)}`,
				against: `native call (${each})`,
				figure: ratio(production!),
			},
			{ what: '&emsp;outside a run', against: 'native', figure: ratio(outside!) },
		]);
	}
}

/** Compute between awaits: calls in durable code are watched, for each may start something. */
process.env.NODE_ENV = 'production';

import { run } from '@perdure/runtime';
import { load } from './compiled.ts';
import { compare } from './ratio.ts';
import { ratio, report, time } from './report.ts';

type Programs = typeof import('./programs/compute.ts');

/** Awaits in one run: enough for starting it not to count. */
const AWAITS = 50;

const shapes: readonly { readonly name: keyof Programs; readonly text: string }[] = [
	{ name: 'functions', text: 'a thousand calls of a function of the module' },
	{ name: 'methods', text: '1,500 calls of methods of arrays, maps and strings' },
	{ name: 'closures', text: 'a thousand calls of a closure' },
];

const native = await load<Programs>('compute', 'native');
const durable = await load<Programs>('compute', 'perdure');

for (const { name, text } of shapes) {
	const inside = async () => {
		const outcome = await run(durable[name], [AWAITS]);
		if (outcome.status !== 'completed') throw new Error(`the run is ${outcome.status}`);
		return outcome.value;
	};
	const results = new Set([await native[name](AWAITS), await durable[name](AWAITS), await inside()]);
	if (results.size !== 1) throw new Error(`${name} gives ${[...results].join(', ')}`);
	const repeat = (once: () => Promise<unknown>) => async (times: number) => {
		for (let i = 0; i < times; i++) await once();
	};
	const [base, outside, within] = await compare([
		{ name: 'native', run: repeat(() => native[name](AWAITS)) },
		{ name: 'outside', run: repeat(() => durable[name](AWAITS)) },
		{ name: 'inside', run: repeat(inside) },
	]);
	report([
		{
			what: `compute between awaits: ${text}`,
			against: `native (${time(base!.least / AWAITS)})`,
			figure: ratio(outside!),
		},
		{ what: '&emsp;the same in a run', against: 'native', figure: ratio(within!) },
	]);
}

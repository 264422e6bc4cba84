/** An await in memory, outside any run: as written, compiled by us, and as Babel's regenerator lowers it. */
import { load, type Way } from './compiled.ts';
import { compare } from './ratio.ts';
import { ratio, report, time } from './report.ts';

type Programs = typeof import('./programs/await.ts');

const shapes: readonly {
	readonly name: keyof Programs;
	readonly text: string;
	readonly arg: number;
	readonly awaits: number;
}[] = [
	{ name: 'three', text: 'three awaits in a row', arg: 1, awaits: 3 },
	{ name: 'nested', text: 'loops with awaits in `try` and `finally`', arg: 5, awaits: 55 },
	{ name: 'locals', text: 'twenty locals, a closure an iteration', arg: 10, awaits: 20 },
	{ name: 'compute', text: 'a thousand steps of arithmetic between awaits', arg: 10, awaits: 10 },
];

const ways: readonly Way[] = ['native', 'perdure', 'regenerator'];
const programs = new Map<Way, Programs>();
for (const way of ways) programs.set(way, await load<Programs>('await', way));

function repeat(way: Way, { name, arg }: (typeof shapes)[number]): (times: number) => Promise<void> {
	const fn = programs.get(way)![name];
	return async (times) => {
		for (let i = 0; i < times; i++) await fn(arg);
	};
}

for (const shape of shapes) {
	const results = new Set<number>();
	for (const way of ways) results.add(await programs.get(way)![shape.name](shape.arg));
	if (results.size !== 1) throw new Error(`${shape.name} gives ${[...results].join(', ')}`);
}
// One driver serves all compiled functions: it must have seen all of them before any is measured.
for (const shape of shapes) for (const way of ways) await repeat(way, shape)(2000);

for (const shape of shapes) {
	const [native, perdure, regenerator] = await compare(ways.map((way) => ({ name: way, run: repeat(way, shape) })));
	const each = time(native!.least / shape.awaits);
	report([
		{ what: `an await outside a run: ${shape.text}`, against: `native (${each})`, figure: ratio(perdure!) },
		{ what: '&emsp;the same by Babel’s regenerator', against: 'native', figure: ratio(regenerator!) },
	]);
}

/** One long function: what its awaits cost, and whether compiling it grows with its length alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, regenerate } from './compiled.ts';
import { compare } from './ratio.ts';
import { ratio, report, time } from './report.ts';

/** A function of so many states that the engine would never optimise it whole. */
const AWAITS = 1000;

const program = (awaits: number) => `
const settled = Promise.resolve(1);
function later(value) {
	return settled;
}
export async function main(a) {
	'use durable';
	let x = a;
	let y = 1;
${Array.from(
	{ length: awaits },
	(_, i) => `
	x = (x + y * ${i}) % 1009;
	if (x > 500) y += await later(x);
	else y = (y ^ x) + 1;`,
).join('')}
	return x + y;
}
`;

const source = program(AWAITS);
const ways = { native: source, perdure: compile(source, 'long.js'), regenerator: regenerate(source, 'long.js') };
// Here, so that the runtime is found.
const folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), '.long-'));
const variants = [];
const results = new Set<unknown>();
for (const [name, code] of Object.entries(ways)) {
	writeFileSync(join(folder, `${name}.js`), code);
	const { main } = (await import(join(folder, `${name}.js`))) as { main(a: number): Promise<number> };
	results.add(await main(1));
	const run = async (times: number) => {
		for (let i = 0; i < times; i++) await main(i);
	};
	variants.push({ name, run });
}
rmSync(folder, { recursive: true });
if (results.size !== 1) throw new Error(`the ways give ${[...results].join(', ')}`);

const [native, perdure, regenerator] = await compare(variants, { rounds: 31, warmUp: 2000 });
report([
	{
		what: `a function of ${AWAITS.toLocaleString('en')} awaits, outside a run`,
		against: `native (${time(native!.least)})`,
		figure: ratio(perdure!),
	},
	{ what: '&emsp;the same by Babel’s regenerator', against: 'native', figure: ratio(regenerator!) },
]);

const compiling = (awaits: number) => {
	const text = program(awaits);
	return (times: number) => {
		for (let i = 0; i < times; i++) compile(text, 'long.js');
	};
};
const [one, four] = await compare(
	[
		{ name: '1', run: (times) => compiling(AWAITS)(times * 4) },
		{ name: '4', run: compiling(AWAITS * 4) },
	],
	{ rounds: 7, sample: 500, warmUp: 3000 },
);
report([
	{
		what: `compiling a function of ${(AWAITS * 4).toLocaleString('en')} awaits: ${time(four!.least)}`,
		against: `four of ${AWAITS.toLocaleString('en')} (${time(one!.least)})`,
		figure: ratio(four!),
	},
]);

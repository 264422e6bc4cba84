/**
 * `npm run soak -- --count 100000 --seed 1`: executes generated programs in all ways and compares their
 * traces; with `--edits` runs that a program left also go on in an edited one. Prints each failing seed
 * with the smallest program found and both traces.
 * `--only fibers,using` leaves out the features that a program may go without, but for those named.
 * `--coverage` says in how many of the programs each part of the language occurs.
 * `--count 1 --seed N` reproduces one; `--print` shows its source.
 */
import { parseArgs } from 'node:util';
import { type Disagreement, disagreement } from './compare.ts';
import { disagreementAfterEdit } from './edit.ts';
import { WAYS } from './execute.ts';
import { Fuel } from './fuel.ts';
import type { Features } from './generate/context.ts';
import { coverage } from './generate/coverage.ts';
import { generateProgram } from './generate/program.ts';
import { Random } from './generate/random.ts';
import { shrink } from './shrink.ts';

const { values } = parseArgs({
	options: {
		count: { type: 'string', default: '1000' },
		seed: { type: 'string', default: '1' },
		failures: { type: 'string', default: '5' },
		print: { type: 'boolean', default: false },
		only: { type: 'string' },
		edits: { type: 'boolean', default: false },
		coverage: { type: 'boolean', default: false },
		'no-shrink': { type: 'boolean', default: false },
	},
});
const first = Number(values.seed);
const count = Number(values.count);
const most = Number(values.failures);
/** Steps of all executions of one program that is being made smaller. */
const FUEL = 50_000;
// A smaller program may leave a promise behind that nobody awaits.
process.on('unhandledRejection', () => {});
const LATER: readonly (keyof Features)[] = [
	'iterators',
	'generators',
	'asyncGenerators',
	'forAwait',
	'using',
	'instances',
	'accessors',
	'parallel',
	'fibers',
];
const without = values.only === undefined ? [] : LATER.filter((feature) => !values.only!.split(',').includes(feature));
/** Of a program with fibers: what must stay as it is, or it leaves fibers behind at its end. */
const FIXED = [
	/function tick\(tag, value\) \{\s*"use durable";\s*log\(tag, value\);\s*await null;\s*return value;/,
	/function refuse\(tag\) \{\s*"use durable";\s*log\(tag, .refuses.\);\s*await null;\s*throw new Error\(tag\)/,
	/function calm\(\) \{\s*"use durable";\s*for \(let i = 0; i < 150; i\+\+\) await null;/,
	/finally \{\s*await calm\(\);[\s\S]*await calm\(\);\s*\}\s*\}\s*$/,
];
const directives = (text: string) => text.match(/"use durable"/g)?.length ?? 0;
const asyncFunctions = (text: string) => text.match(/^(?:export )?async function\*? (?!each)/gm)?.length ?? 0;
let failed = 0;
const begun = performance.now();
const rate = (seed: number) => `${(((seed - first + 1) * 1000) / (performance.now() - begun)).toFixed(1)} a second`;

const check = async (seed: number, source: string, fuel: Fuel | null = null): Promise<Disagreement | null> => {
	const found = await disagreement(source, {}, WAYS, fuel);
	if (found !== null || !values.edits) return found;
	try {
		return await disagreementAfterEdit(source, new Random(seed), fuel);
	} catch (error) {
		return { kind: 'not a program', text: String((error as Error).stack) };
	}
};

if (values.coverage) {
	const seeds = Array.from({ length: count }, (_, i) => first + i);
	for (const [part, share] of coverage(seeds)) console.log(`${share.toFixed(1).padStart(6)} %  ${part}`);
	process.exit();
}

for (let seed = first; seed < first + count; seed++) {
	const source = generateProgram(seed, { without });
	if (values.print) console.log(source);
	const found = await check(seed, source);
	if (found !== null) {
		failed++;
		// Without their directives they would be other programs; without its end one leaves fibers behind.
		const alike = async (text: string) => {
			if (directives(text) < asyncFunctions(text)) return false;
			if (!FIXED.every((part) => !part.test(source) || part.test(text))) return false;
			const other = await check(seed, text, new Fuel(FUEL));
			// What a promise looks like is nobody's business.
			return other?.kind === found.kind && !other.text.includes('Promise {');
		};
		const small = values['no-shrink'] ? source : await shrink(source, alike);
		const report = (await check(seed, small, new Fuel(FUEL))) ?? found;
		console.log(`\nseed ${seed}: ${found.kind}\n${small}\n${report.text}`);
		if (failed >= most) break;
	}
	if ((seed - first + 1) % 1000 === 0) console.log(`${seed - first + 1} programs, ${failed} failed, ${rate(seed)}`);
}
console.log(`${failed === 0 ? 'no' : failed} disagreements, seeds ${first} to ${first + count - 1}`);
process.exitCode = failed === 0 ? 0 : 1;

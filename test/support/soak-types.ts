/**
 * `npm run soak:types -- --count 10000`: generated types, asked of the checker and of the codec. Prints
 * what the checker let pass and the codec did not, and how often the checker rejects what could be saved,
 * by what it says. `--count 1 --seed N --print` shows one.
 */
import { parseArgs } from 'node:util';
import { findingsOf, verdictOf } from './agreement.ts';

const { values } = parseArgs({
	options: {
		count: { type: 'string', default: '10000' },
		seed: { type: 'string', default: '1' },
		print: { type: 'boolean', default: false },
	},
});
const [first, count] = [Number(values.seed), Number(values.count)];
const BATCH = 500;

const tally = { agree: 0, 'false acceptance': 0, 'false rejection': 0 };
const rejected = new Map<string, number>();
let accepted = 0;
for (let from = first; from < first + count; from += BATCH) {
	for (const finding of await findingsOf(from, Math.min(BATCH, first + count - from))) {
		const verdict = verdictOf(finding);
		tally[verdict]++;
		if (finding.said === null) accepted++;
		if (verdict === 'false rejection') {
			const why = finding.said!.replace(/'[^']*' is captured/, '... is captured');
			rejected.set(why, (rejected.get(why) ?? 0) + 1);
		}
		if (verdict === 'false acceptance' || values.print) {
			const { seed, pair, said, became } = finding;
			console.log(
				`${verdict}, seed ${seed}: ${pair.declarations.join(' ')} ${pair.type}\n  ${said}\n  ${became.join('\n  ')}`,
			);
			console.log(`  ${pair.values.join('\n  ')}`);
		}
	}
}
console.log(
	[...rejected]
		.sort(([, a], [, b]) => b - a)
		.map(([why, times]) => `${times} x ${why}`)
		.join('\n'),
);
console.log(`${count} types, ${accepted} accepted:`, tally);
process.exitCode = tally['false acceptance'] === 0 ? 0 : 1;

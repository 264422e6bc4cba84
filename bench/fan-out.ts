/** Effects of one run, many at once and eight at a time: what each costs does not grow with how many there are. */
process.env.NODE_ENV = 'production';

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, run } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import { load } from './compiled.ts';
import { compare } from './ratio.ts';
import { ratio, report, time } from './report.ts';

type Programs = typeof import('./programs/fan.ts');

const COUNTS = [100, 1000, 10_000];
/** Effects of a sample: as many of each count, so that their costs compare. */
const EFFECTS = 10_000;

const { atOnce, eightAtATime } = await load<Programs>('fan', 'perdure');
const folder = mkdtempSync(join(tmpdir(), 'perdure-bench-'));
process.emitWarning = () => {};
const engine = createEngine({ store: sqlite(join(folder, 'fan.db')) });

type Fan = (n: number) => Promise<number>;

const FANS = [
	['all at once', atOnce],
	['eight at a time', eightAtATime],
] as const;

const ways: readonly (readonly [string, (fan: Fan, n: number) => Promise<unknown>])[] = [
	['in `run`', (fan, n) => run(fan, [n])],
	['in an engine on SQLite', async (fan, n) => (await engine.start(fan, [n])).result()],
];

for (const [where, go] of ways) {
	const ofEngine = where !== 'in `run`';
	for (const [how, fan] of ofEngine ? ([FANS[0]] as const) : FANS) {
		const variants = COUNTS.map((n) => ({
			name: String(n),
			async run(times: number) {
				for (let i = 0; i < times * (EFFECTS / n); i++) await go(fan, n);
			},
		}));
		const [base, ...more] = await compare(variants, { rounds: 5, sample: 1, warmUp: 100 });
		report(
			more.map((compared) => ({
				what: `an effect of ${compared.name} ${how}, ${where}: ${time(compared.least / EFFECTS)}`,
				against: `of ${base!.name} (${time(base!.least / EFFECTS)})`,
				figure: ratio(compared),
			})),
		);
	}
}
await engine.close();
rmSync(folder, { recursive: true });
process.exit();

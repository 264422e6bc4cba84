import { expect, test } from 'vitest';
import { simulate, type Tally } from './simulate.ts';

const FROM = Number(process.env['PERDURE_SEED'] ?? 100);
const sum: Partial<Record<keyof Tally, number>> = {};

test.each([
	['memory', 60],
	['sqlite', 40],
	['file', 12],
] as const)(
	'on %s, %i storms: every run ends as the plain function does, and no promise is broken',
	async (store, count) => {
		for (let seed = FROM; seed < FROM + count; seed++) {
			const tally = await simulate(seed, store).catch((error: unknown) => {
				throw new Error(`PERDURE_SEED=${seed} breaks it`, { cause: error });
			});
			for (const key of Object.keys(tally) as (keyof Tally)[]) sum[key] = (sum[key] ?? 0) + tally[key];
		}
	},
);

test('the weather was bad enough to show something', () => {
	for (const happened of Object.values(sum)) expect(happened).toBeGreaterThan(0);
});

test('a seed does the same again', async () => {
	expect(await simulate(FROM + 1, 'memory')).toEqual(await simulate(FROM + 1, 'memory'));
});

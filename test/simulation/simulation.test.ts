import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';

const FROM = Number(process.env['PERDURE_SEED'] ?? 1);

test.each([
	['memory', 60],
	['sqlite', 25],
] as const)(
	'on %s, %i storms: every run ends as the plain function does, and no promise is broken',
	async (store, count) => {
		const sum = { crashes: 0, repeated: 0, cancelled: 0, children: 0, delivered: 0 };
		for (let seed = FROM; seed < FROM + count; seed++) {
			const tally = await simulate(seed, store).catch((error: unknown) => {
				throw new Error(`PERDURE_SEED=${seed} breaks it`, { cause: error });
			});
			for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += tally[key];
		}
		// Or the weather was too good to show anything.
		for (const happened of Object.values(sum)) expect(happened).toBeGreaterThan(0);
	},
);

test('a seed does the same again', async () => {
	expect(await simulate(FROM + 1, 'memory')).toEqual(await simulate(FROM + 1, 'memory'));
});

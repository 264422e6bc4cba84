/** A function as a user writes it, compiled by the real compiler, driven by an engine, stored and taken up again. */
import * as runtime from '@perdure/runtime';
import { createEngine, type RunHandle } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { sqlite } from '@perdure/runtime/sqlite';
import { transform } from '@perdure/transform';
import { expect, it } from 'vitest';
import { prepare } from '../support/evaluate.ts';

const SOURCE = `
import { receive, sleep, suspend } from '@perdure/runtime';
import { charge, fetchCart } from '#shop';

export async function checkout(customer: string): Promise<object> {
	'use durable';
	const cart = await fetchCart(customer);
	const { confirmed } = await suspend<{ confirmed: boolean }>({ total: cart.items.reduce((sum, { price }) => sum + price, 0) });
	if (!confirmed) return { status: 'cancelled' };
	let attempt = 0;
	for (;;) {
		try {
			attempt++;
			const receipt = await charge(customer, cart, await receive('card'));
			return { status: 'paid', receipt, attempt, items: new Map(cart.items.map(({ sku, price }) => [sku, price])) };
		} catch (error) {
			if (attempt === 3) throw error;
			await sleep(attempt);
		} finally {
			cart.tries.push(attempt);
		}
	}
}
`;

it('a checkout goes through three engines, each a fresh evaluation of its module', async () => {
	const { code, diagnostics } = transform(SOURCE, { filename: '/shop/src/checkout.ts' });
	expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
	const program = prepare(code, '/shop/src/checkout.ts');
	const charged: unknown[] = [];
	const shop = {
		fetchCart: async () => ({
			items: [
				{ sku: 'a', price: 2 },
				{ sku: 'b', price: 3 },
			],
			tries: [] as number[],
		}),
		charge: async (_: string, cart: { tries: number[] }, card: string) => {
			charged.push([card, [...cart.tries]]);
			if (card === 'declined') throw new RangeError('declined');
			return `receipt of ${card}`;
		},
	};
	const store = sqlite(':memory:');
	let handle!: RunHandle<unknown>;
	const inNewEngine = async (work: (checkout: (customer: string) => Promise<unknown>) => Promise<void>) => {
		const exports = program.evaluate({
			'#shop': shop,
			'@perdure/runtime': runtime,
			'@perdure/runtime/internal': internal,
		});
		const engine = createEngine({ store, functions: [exports] });
		const checkout = exports.checkout as (customer: string) => Promise<unknown>;
		handle = await engine.start(checkout, ['ada'], { id: 'order' });
		await work(checkout);
		await engine.close();
	};
	await inNewEngine(async () => {
		expect(await handle.next()).toMatchObject({ status: 'suspended', value: { total: 5 } });
	});
	await inNewEngine(async () => {
		await handle.resume({ confirmed: true });
		await handle.send('card', 'declined');
		while ((await handle.log()).filter(({ name }) => name === 'receive').length < 2)
			await new Promise((r) => setTimeout(r, 5));
	});
	await inNewEngine(async () => {
		await handle.send('card', 'valid');
		expect(await handle.result()).toEqual({
			status: 'paid',
			receipt: 'receipt of valid',
			attempt: 2,
			items: new Map([
				['a', 2],
				['b', 3],
			]),
		});
	});
	expect(charged).toEqual([
		['declined', []],
		['valid', [1]],
	]);
});

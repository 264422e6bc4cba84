/**
 * The checkout tested by itself: no bank, no waiting, and after each step it is saved, dropped and
 * restored. `node --import @perdure/transform/register --test checkout.test.ts`
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replace } from '@perdure/runtime';
import { testRun } from '@perdure/testing';
import { checkout } from './checkout.ts';
import { fetchCart, processPayment } from './services.ts';

const book = { name: 'Notes on the Analytical Engine', price: 30, quantity: 2, physical: true };
const paid = replace(processPayment, (_card, total) => `paid ${total}`);

test('an order with a parcel', async () => {
	const order = testRun(checkout, ['customer-1'], {
		handlers: [replace(fetchCart, () => ({ items: [book] })), paid],
	});
	await order.next();
	await order.resume();
	await order.resume('12 St James Square, London');
	const asked = await order.resume({ number: 'not a card' });
	assert.equal(asked.status, 'suspended');
	assert.deepEqual(asked.value, { ask: 'that card was refused, try another', total: 60 });
	await order.resume({ number: '4111111111111111' });
	const { total, address, payment } = await order.result();
	assert.deepEqual(
		{ total, address, payment },
		{ total: 60, address: '12 St James Square, London', payment: 'paid 60' },
	);
});

test('an order without a parcel asks for no address', async () => {
	const order = testRun(checkout, ['customer-1'], {
		handlers: [replace(fetchCart, () => ({ items: [{ ...book, physical: false }] })), paid],
	});
	await order.resume();
	await order.resume({ number: '4111111111111111' });
	assert.equal((await order.result()).address, 'none needed');
});

test('a payment that fails fails the order', async () => {
	const order = testRun(checkout, ['customer-1'], {
		handlers: [replace(processPayment, () => Promise.reject(new Error('the bank is closed')))],
	});
	for (const answer of [true, 'London', { number: '4111111111111111' }]) await order.resume(answer);
	await assert.rejects(order.result(), /the bank is closed/);
	assert.equal(order.log.at(-1)?.name, 'processPayment');
});

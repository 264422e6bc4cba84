import { suspend } from '@perdure/runtime';
import { type Card, type Cart, fetchCart, fetchCustomer, processPayment, type Receipt } from './services.ts';

/** An order, from basket to receipt. It may wait for its customer for days; it is a plain async function. */
export async function checkout(customerId: string): Promise<Receipt> {
	'use durable';
	const customer = await fetchCustomer(customerId);
	const cart = await fetchCart(customerId);
	const total = cart.items.reduce((sum, item) => sum + item.price * item.quantity, 0);

	await suspend({ ask: 'confirm the order', customer: customer.name, total });

	let address = 'none needed';
	if (hasPhysicalItems(cart)) {
		address = await suspend<string>({ ask: 'where shall it go?' });
	}

	let card = await suspend<Card>({ ask: 'how do you pay?', total });
	while (!isValid(card)) {
		card = await suspend<Card>({ ask: 'that card was refused, try another', total });
	}

	const payment = await processPayment(card, total);
	return { customer: customer.name, total, address, payment };
}

function hasPhysicalItems(cart: Cart): boolean {
	return cart.items.some((item) => item.physical);
}

function isValid(card: Card): boolean {
	return /^4\d{15}$/.test(card.number);
}

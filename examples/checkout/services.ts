import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { currentEffect } from '@perdure/runtime';

export interface Customer {
	readonly id: string;
	readonly name: string;
}

export interface Cart {
	readonly items: readonly {
		readonly name: string;
		readonly price: number;
		readonly quantity: number;
		readonly physical: boolean;
	}[];
}

export interface Card {
	readonly number: string;
}

export interface Receipt {
	readonly customer: string;
	readonly total: number;
	readonly address: string;
	readonly payment: string;
}

export async function fetchCustomer(id: string): Promise<Customer> {
	await delay(10);
	return { id, name: 'Ada Lovelace' };
}

export async function fetchCart(_customerId: string): Promise<Cart> {
	await delay(10);
	return {
		items: [
			{ name: 'Notes on the Analytical Engine', price: 30, quantity: 1, physical: true },
			{ name: 'Punched cards', price: 0.5, quantity: 200, physical: true },
		],
	};
}

/**
 * The bank. It takes its time, and it may be asked twice: a process that dies in the middle asks
 * again, with the same key, and a bank books one key once.
 */
export async function processPayment(card: Card, total: number): Promise<string> {
	const { key, attempt } = currentEffect();
	if (process.env.BANK_BOOK) appendFileSync(process.env.BANK_BOOK, `attempt ${attempt}, key ${key}\n`);
	await delay(Number(process.env.BANK_DELAY ?? 50));
	return `paid ${total} with card ...${card.number.slice(-4)}, booked once under ${key}`;
}

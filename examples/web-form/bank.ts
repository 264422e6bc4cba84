import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { currentEffect } from '@perdure/runtime';

/** Books a payment once for each key: a form that is sent twice is one purchase. */
export async function charge(card: string, amount: number): Promise<string> {
	const { key } = currentEffect();
	const book = process.env.BANK_BOOK!;
	const booked = existsSync(book) && readFileSync(book, 'utf8').includes(key);
	if (!booked) appendFileSync(book, `${key} ${amount} card ...${card.slice(-4)}\n`);
	return `Paid ${amount} with card ...${card.slice(-4)}`;
}

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { currentEffect } from '@perdure/runtime';

/** Books a payment once for each key: a form that is sent twice is one purchase. */
export async function charge(account: string, amount: number): Promise<string> {
	const { key } = currentEffect();
	const book = process.env.BANK_BOOK!;
	const booked = existsSync(book) && readFileSync(book, 'utf8').includes(key);
	if (!booked) appendFileSync(book, `${key} ${amount} from ${account}\n`);
	return `Paid ${amount} from ${account}`;
}

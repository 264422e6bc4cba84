import { suspend } from '@perdure/runtime';
import { charge } from './bank.ts';

/** What the customer sees, and what is asked. */
export interface Page {
	readonly text: string;
	readonly field: string;
}

/** A purchase, page by page. The server keeps nothing of it: what was said so far is in the URL of the form. */
export async function buy(): Promise<string> {
	'use durable';
	const basket: string[] = [];
	let item = await suspend<string>({ text: 'What would you like?', field: 'item' } satisfies Page);
	while (item !== '') {
		basket.push(item);
		const text = `In the basket: ${basket.join(', ')}. Anything else? Leave it empty to pay.`;
		item = await suspend<string>({ text, field: 'item' } satisfies Page);
	}
	const text = `${basket.length} things: from which account?`;
	const account = await suspend<string>({ text, field: 'account' } satisfies Page);
	const receipt = await charge(account, basket.length * 10);
	return `${receipt}. Thank you for your order of ${basket.join(' and ')}!`;
}

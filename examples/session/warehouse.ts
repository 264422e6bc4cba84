import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const note = (text: string) => appendFileSync(process.env.WAREHOUSE_BOOK!, `${text}\n`);

export async function lock(customer: string): Promise<string> {
	note(`locks a shelf for ${customer}`);
	return `shelf of ${customer}`;
}

/** It may be asked twice, and gives a shelf back once. */
export async function unlock(shelf: string): Promise<void> {
	await delay(Number(process.env.WAREHOUSE_DELAY ?? 0));
	note(`unlocks the ${shelf}`);
}

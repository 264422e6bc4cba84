import { appendFileSync } from 'node:fs';

const note = (text: string) => appendFileSync(process.env.WAREHOUSE_BOOK!, `${text}\n`);

export async function lock(customer: string): Promise<string> {
	note(`locks a shelf for ${customer}`);
	return `shelf of ${customer}`;
}

export async function unlock(shelf: string): Promise<void> {
	note(`unlocks the ${shelf}`);
}

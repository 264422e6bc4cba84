import { open } from 'node:fs/promises';
import { sleep } from '@perdure/runtime';

export async function backup(path: string): Promise<void> {
	'use durable';
	const handle = await open(path);
	await sleep('1 day');
	await handle.close();
}

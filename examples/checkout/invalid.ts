import { open } from 'node:fs/promises';
import { sleep } from '@perdure/runtime';

export async function backup(path: string): Promise<void> {
	'use durable';
	const copies = (function* () {
		yield `${path}.1`;
		yield `${path}.2`;
	})();
	for await (const copy of copies) {
		await sleep('1 day');
		await open(copy);
	}
}

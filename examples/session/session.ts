import { setProgress, suspend } from '@perdure/runtime';
import { lock, unlock } from './warehouse.ts';

export type Command =
	| { readonly do: 'add'; readonly item: string }
	| { readonly do: 'remove'; readonly item: string }
	| { readonly do: 'close' };

/** A session that is driven command by command. However it ends, the warehouse gets its shelf back. */
export async function session(customer: string): Promise<readonly string[]> {
	'use durable';
	const items: string[] = [];
	const shelf = await lock(customer);
	try {
		for (;;) {
			setProgress(items);
			const command = await suspend<Command>({ shelf, items });
			if (command.do === 'close') return items;
			if (command.do === 'add') items.push(command.item);
			else if (!items.includes(command.item)) throw new Error(`there is no ${command.item}`);
			else items.splice(items.indexOf(command.item), 1);
		}
	} finally {
		await unlock(shelf);
	}
}

import { suspend } from '@perdure/runtime';
import { whereAmI } from './node.ts';

export interface Survey {
	/** Which process did which half. */
	readonly places: readonly number[];
	readonly primes: number;
	readonly largest: number;
}

/** Counts primes; half-way it lets itself be moved. Its loop, its locals and its place in them move with it. */
export async function survey(limit: number): Promise<Survey> {
	'use durable';
	const places = [await whereAmI()];
	const primes: number[] = [];
	for (let n = 2; n < limit; n++) {
		if (n === limit / 2) places.push(await suspend<number>('half-way'));
		if (primes.every((prime) => n % prime !== 0)) primes.push(n);
	}
	return { places, primes: primes.length, largest: primes.at(-1)! };
}

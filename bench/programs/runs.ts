/** What is measured inside runs: an effect, a durable call, a long life, a large state. */
import { suspend } from '@perdure/runtime';

/** A foreign function: awaited inside a run it is an effect. */
export async function fetchNext(value: number): Promise<number> {
	return value + 1;
}

export async function fetchLine(index: number): Promise<string> {
	return `line ${index} of a report`;
}

export async function effects(n: number): Promise<number> {
	'use durable';
	let value = 0;
	for (let i = 0; i < n; i++) value = await fetchNext(value);
	return value;
}

async function addOne(value: number): Promise<number> {
	'use durable';
	return value + 1;
}

export async function calls(n: number): Promise<number> {
	'use durable';
	let value = 0;
	for (let i = 0; i < n; i++) value = await addOne(value);
	return value;
}

/** Lives for `n` effects, then waits. */
export async function lifetime(n: number): Promise<number> {
	'use durable';
	let value = 0;
	for (let i = 0; i < n; i++) value = await fetchNext(value);
	return value + (await suspend<number>());
}

/** Parked with three small locals. */
export async function small(id: string): Promise<unknown> {
	'use durable';
	let attempt = 0;
	for (;;) {
		attempt++;
		const answer = await suspend<boolean>(attempt);
		if (answer) return { id, attempt };
	}
}

/** Parked with what it was given. */
export async function holding(state: unknown): Promise<unknown> {
	'use durable';
	const answer = await suspend();
	return [state, answer];
}

/** Parked after `n` results were appended to an array, one effect each. */
export async function appending(n: number): Promise<number> {
	'use durable';
	const lines: string[] = [];
	for (let i = 0; i < n; i++) lines.push(await fetchLine(i));
	await suspend();
	return lines.length;
}

/** Ten thousand effects in one run: all at once, and eight at a time. */
export async function charge(id: number): Promise<number> {
	return id * 2;
}

export async function receipt(id: number): Promise<{ id: number; paid: boolean }> {
	return { id, paid: true };
}

const ids = (n: number) => Array.from({ length: n }, (_, i) => i);

export async function atOnce(n: number): Promise<number> {
	'use durable';
	const paid = await Promise.all(ids(n).map(async (id) => charge(id)));
	return paid.length;
}

export async function receipts(n: number): Promise<number> {
	'use durable';
	const paid = await Promise.all(ids(n).map(async (id) => receipt(id)));
	return paid.length;
}

export async function collected(n: number): Promise<number> {
	'use durable';
	const paid: unknown[] = [];
	await Promise.all(
		ids(n).map(async (id) => {
			const one = await receipt(id);
			paid.push(one);
		}),
	);
	return paid.length;
}

export async function eightAtATime(n: number): Promise<number> {
	'use durable';
	const queue = ids(n);
	const paid: number[] = [];
	const workers = Array.from({ length: 8 }, async () => {
		while (queue.length > 0) paid.push(await charge(queue.shift()!));
	});
	await Promise.all(workers);
	return paid.length;
}

export async function appended(n: number): Promise<number> {
	'use durable';
	const lines: unknown[] = [];
	for (let i = 0; i < n; i++) lines.push(await charge(i));
	return lines.length;
}

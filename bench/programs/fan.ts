/** Ten thousand effects in one run: all at once, and eight at a time. */
export async function charge(id: number): Promise<number> {
	return id * 2;
}

const ids = (n: number) => Array.from({ length: n }, (_, i) => i);

export async function atOnce(n: number): Promise<number> {
	'use durable';
	const paid = await Promise.all(ids(n).map(async (id) => charge(id)));
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

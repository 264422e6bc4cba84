/** Calls between awaits: each may start something, so each is watched. */

function mix(a: number, b: number): number {
	return (a ^ (b << 3)) + (a >>> 5);
}

/** A function of the module, a thousand times between two awaits. */
export async function functions(n: number): Promise<number> {
	'use durable';
	let x = 1;
	for (let i = 0; i < n; i++) {
		for (let j = 0; j < 1000; j++) x = mix(x, j);
		x = (x + (await x)) | 0;
	}
	return x;
}

/** Methods of arrays, maps and strings. */
export async function methods(n: number): Promise<number> {
	'use durable';
	let x = 1;
	for (let i = 0; i < n; i++) {
		const list: number[] = [];
		const counts = new Map<string, number>();
		for (let j = 0; j < 300; j++) {
			list.push((x + j) & 63);
			const word = `w${list[j]}`.slice(0, 2);
			counts.set(word, (counts.get(word) ?? 0) + Math.min(j, 7));
		}
		x = (x + list.filter((value) => value > 7).map((value) => value * 2).length + counts.size + (await x)) | 0;
	}
	return x;
}

/** A closure of the run, a thousand times between two awaits. */
export async function closures(n: number): Promise<number> {
	'use durable';
	let x = 1;
	const weigh = (k: number) => (k * n) & 255;
	for (let i = 0; i < n; i++) {
		for (let j = 0; j < 1000; j++) x = (x + weigh(j)) | 0;
		x = (x + (await x)) | 0;
	}
	return x;
}

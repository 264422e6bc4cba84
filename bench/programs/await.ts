/** The four shapes that generated code was designed by. Each awaits promises that are already resolved. */
import { later } from './leaf.ts';

/** Three awaits, one after the other. */
export async function three(a: number): Promise<number> {
	'use durable';
	const x = await later(a);
	const y = await later(x + 1);
	const z = await later(y + x);
	return x + y + z;
}

/** Loops in loops with awaits in `try` and `finally`: 55 awaits where `n` is 5. */
export async function nested(n: number): Promise<number> {
	'use durable';
	let total = 0;
	for (let i = 0; i < n; i++) {
		for (let j = 0; j < n; j++) {
			try {
				total += await later(i * j);
			} finally {
				total -= await later(j);
			}
		}
		total += await later(i);
	}
	return total;
}

/** Twenty locals of which a handful is live at each await, and a closure in every iteration. */
export async function locals(n: number): Promise<number> {
	'use durable';
	const a = n + 1;
	const b = a * 2;
	const c = b - a;
	const d = c + b;
	const e = d * a;
	const f = e - d;
	const g = f + a;
	const h = g * 3;
	let sum = 0;
	for (let i = 0; i < n; i++) {
		const p = await later(sum);
		const q = p + a;
		const r = q * b;
		const s = r - c;
		const t = s + d;
		const scale = (x: number) => x * p + t;
		const u = scale(i) + e;
		const v = scale(u) % 1000;
		const w = v + f;
		const x = await later(w);
		const y = x + g;
		const z = y - v;
		sum = (sum + z + h) % 100_000;
	}
	return sum;
}

/** A thousand steps of arithmetic between two awaits. */
export async function compute(n: number): Promise<number> {
	'use durable';
	let x = 1;
	let y = 2;
	for (let i = 0; i < n; i++) {
		for (let j = 0; j < 1000; j++) {
			x = (x * 31 + y + j) | 0;
			y = (y ^ (x >>> 3)) + i;
		}
		y = (y + (await later(x))) | 0;
	}
	return x + y;
}

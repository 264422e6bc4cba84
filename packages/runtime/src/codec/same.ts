/** Is what is to be written what was written last time? Cheap: a wrong no costs a row, a wrong yes would lose a change. */
import type { JsonRow } from './row.ts';

/** How much of a hook's data is compared with what it gave last time. */
const DATA_BUDGET = 1000;

const { getOwnPropertyDescriptor, getPrototypeOf, isExtensible } = Object;

export function refersTo(part: unknown, id: number): boolean {
	return Array.isArray(part) && part[0] === id;
}

export function sameParts(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
	return a[0] === b[0] && a[1] === b[1];
}

export function sameRow(a: JsonRow, b: JsonRow): boolean {
	if (a.length !== b.length) return false;
	for (let i = 0; i < a.length; i++) if (!sameParts(a[i], b[i])) return false;
	return true;
}

export function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
	if (b === undefined || a.length !== b.length) return false;
	for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
	return true;
}

/** Plain data of the same content; anything else only if it is the same. */
export function alike(a: unknown, b: unknown): boolean {
	const pairs: [unknown, unknown][] = [[a, b]];
	for (let n = 0; pairs.length > 0; n++) {
		const [x, y] = pairs.pop()!;
		if (Object.is(x, y)) continue;
		if (n > DATA_BUDGET || typeof x !== 'object' || typeof y !== 'object' || x === null || y === null) return false;
		const prototype = getPrototypeOf(x);
		if (prototype !== getPrototypeOf(y) || (prototype !== Object.prototype && prototype !== Array.prototype))
			return false;
		const [xs, ys] = [Reflect.ownKeys(x), Reflect.ownKeys(y)];
		if (xs.length !== ys.length || !isExtensible(x) || !isExtensible(y)) return false;
		for (let i = 0; i < xs.length; i++) {
			const [d, e] = [getOwnPropertyDescriptor(x, xs[i]!)!, getOwnPropertyDescriptor(y, ys[i]!)!];
			if (xs[i] !== ys[i] || d.get !== e.get || d.set !== e.set || d.enumerable !== e.enumerable) return false;
			pairs.push([d.value, e.value]);
		}
	}
	return true;
}

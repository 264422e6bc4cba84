/**
 * Immutable sets of a graph's variables. A function may have thousands of variables of which a handful
 * is live anywhere, so a set is a list of the 32-bit words that are not empty: `[place, bits, ...]`,
 * by ascending place. An operation that changes nothing returns its operand.
 */
export type VariableSet = readonly number[];

export const NOTHING: VariableSet = [];

/** Where the word at `place` is in the list, or the complement of where it would be. */
function find(set: VariableSet, place: number): number {
	let low = 0;
	let high = set.length >> 1;
	while (low < high) {
		const middle = (low + high) >> 1;
		const found = set[middle * 2]!;
		if (found === place) return middle * 2;
		if (found < place) low = middle + 1;
		else high = middle;
	}
	return ~(low * 2);
}

export function has(set: VariableSet, index: number): boolean {
	const at = find(set, index >>> 5);
	return at >= 0 && (set[at + 1]! & (1 << (index & 31))) !== 0;
}

export function add(set: VariableSet, index: number): VariableSet {
	const place = index >>> 5;
	const bit = 1 << (index & 31);
	const at = find(set, place);
	if (at < 0) return set.toSpliced(~at, 0, place, bit);
	const bits = set[at + 1]!;
	return (bits & bit) !== 0 ? set : set.with(at + 1, bits | bit);
}

export function remove(set: VariableSet, index: number): VariableSet {
	const bit = 1 << (index & 31);
	const at = find(set, index >>> 5);
	if (at < 0) return set;
	const bits = set[at + 1]!;
	if ((bits & bit) === 0) return set;
	return bits === bit ? set.toSpliced(at, 2) : set.with(at + 1, bits & ~bit);
}

export function union(a: VariableSet, b: VariableSet): VariableSet {
	if (a === b || includes(a, b)) return a;
	if (a.length === 0) return b;
	const out: number[] = [];
	let i = 0;
	let j = 0;
	while (i < a.length || j < b.length) {
		const [left, right] = [a[i] ?? Infinity, b[j] ?? Infinity];
		if (left === right) out.push(left, a[i + 1]! | b[j + 1]!);
		else if (left < right) out.push(left, a[i + 1]!);
		else out.push(right, b[j + 1]!);
		if (left <= right) i += 2;
		if (right <= left) j += 2;
	}
	return out;
}

/** What is in `a` and not in `b`. */
export function without(a: VariableSet, b: VariableSet): VariableSet {
	let out: number[] | undefined;
	for (let i = 0, j = 0; i < a.length; i += 2) {
		while (j < b.length && b[j]! < a[i]!) j += 2;
		const bits = b[j] === a[i] ? a[i + 1]! & ~b[j + 1]! : a[i + 1]!;
		if (out === undefined && bits === a[i + 1]) continue;
		out ??= a.slice(0, i);
		if (bits !== 0) out.push(a[i]!, bits);
	}
	return out ?? a;
}

/** Is all of `b` in `a`? */
function includes(a: VariableSet, b: VariableSet): boolean {
	let i = 0;
	for (let j = 0; j < b.length; j += 2) {
		while (i < a.length && a[i]! < b[j]!) i += 2;
		if (a[i] !== b[j] || (b[j + 1]! & ~a[i + 1]!) !== 0) return false;
	}
	return true;
}

export function equal(a: VariableSet, b: VariableSet): boolean {
	if (a === b) return true;
	return a.length === b.length && a.every((part, at) => part === b[at]);
}

/** The indexes in the set, ascending. */
export function membersOf(set: VariableSet): number[] {
	const out: number[] = [];
	for (let at = 0; at < set.length; at += 2) {
		for (let rest = set[at + 1]!; rest !== 0; rest &= rest - 1) {
			out.push(set[at]! * 32 + 31 - Math.clz32(rest & -rest));
		}
	}
	return out;
}

/**
 * Immutable sets of a graph's variables, as bits. Liveness runs over every node of a body several
 * times, so an operation that changes nothing returns its operand and compares by identity first.
 */
export type VariableSet = Uint32Array;

export function emptySet(size: number): VariableSet {
	return new Uint32Array((size + 31) >>> 5);
}

export function has(set: VariableSet, index: number): boolean {
	return (set[index >>> 5]! & (1 << (index & 31))) !== 0;
}

export function add(set: VariableSet, index: number): VariableSet {
	if (has(set, index)) return set;
	const out = set.slice();
	out[index >>> 5]! |= 1 << (index & 31);
	return out;
}

export function remove(set: VariableSet, index: number): VariableSet {
	if (!has(set, index)) return set;
	const out = set.slice();
	out[index >>> 5]! &= ~(1 << (index & 31));
	return out;
}

export function union(a: VariableSet, b: VariableSet): VariableSet {
	if (a === b) return a;
	for (let i = 0; i < a.length; i++) {
		if ((b[i]! & ~a[i]!) !== 0) {
			const out = a.slice();
			for (let j = i; j < out.length; j++) out[j]! |= b[j]!;
			return out;
		}
	}
	return a;
}

export function equal(a: VariableSet, b: VariableSet): boolean {
	if (a === b) return true;
	for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
	return true;
}

/** The indexes in the set, ascending. */
export function membersOf(set: VariableSet): number[] {
	const out: number[] = [];
	set.forEach((word, at) => {
		for (let rest = word; rest !== 0; rest &= rest - 1) out.push(at * 32 + 31 - Math.clz32(rest & -rest));
	});
	return out;
}

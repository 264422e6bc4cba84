/** Map, Set, Arguments. Their own methods are never called: a subclass may have replaced them. */
import { type BuiltIn, expect } from '../kind.ts';
import { propertySegment } from '../refusal.ts';

const { forEach: eachOfMap, set } = Map.prototype;
const { forEach: eachOfSet, add } = Set.prototype;

export const map: BuiltIn = {
	type: 'Map',
	tag: 'M',
	prototypes: [Map.prototype],
	open: true,
	take(value: Map<unknown, unknown>) {
		const parts: unknown[] = [];
		eachOfMap.call(value, (v, k) => parts.push(k, v));
		return parts;
	},
	label(value: Map<unknown, unknown>, index: number) {
		const nth = index >> 1;
		const key = [...Map.prototype.keys.call(value)][nth];
		return index % 2 === 0 ? `.keys()[${nth}]` : `.get(${shown(key) ?? `<key ${nth}>`})`;
	},
	make: () => new Map(),
	fill(value: Map<unknown, unknown>, parts: readonly unknown[]) {
		expect(parts.length % 2 === 0, 'a map has a key without a value');
		for (let i = 0; i < parts.length; i += 2) set.call(value, parts[i], parts[i + 1]);
		expect(value.size * 2 === parts.length, 'a map has a key twice');
	},
};

function shown(key: unknown): string | undefined {
	if (typeof key === 'string') return JSON.stringify(key);
	return typeof key === 'object' || typeof key === 'function' ? undefined : String(key);
}

export const set_: BuiltIn = {
	type: 'Set',
	tag: 'V',
	prototypes: [Set.prototype],
	open: true,
	take(value: Set<unknown>) {
		const parts: unknown[] = [];
		eachOfSet.call(value, (v) => parts.push(v));
		return parts;
	},
	label: (_: unknown, index: number) => `.values()[${index}]`,
	make: () => new Set(),
	fill(value: Set<unknown>, parts: readonly unknown[]) {
		for (const part of parts) add.call(value, part);
		expect(value.size === parts.length, 'a set has a value twice');
	},
};

/** As the caller sees it: values only; the link to parameters of a sloppy function is the compiler's business. */
export const args: BuiltIn = {
	type: 'IArguments',
	tag: 'G',
	open: true,
	take: (value: ArrayLike<unknown>) => Array.from(value),
	label: (_: unknown, index: number) => propertySegment(index),
	owns: (value: ArrayLike<unknown>, key: string | symbol) =>
		key === 'length' ||
		key === 'callee' ||
		key === Symbol.iterator ||
		// An index from `length` on was assigned: a property like any other.
		(typeof key === 'string' && String(Number(key)) === key && Number(key) < value.length),
	make(parts: readonly unknown[]) {
		expect(parts.length <= 65_535, 'too many arguments');
		return Reflect.apply(argumentsOf, undefined, parts);
	},
	fill(value: { [index: number]: unknown }, parts: readonly unknown[]) {
		for (let i = 0; i < parts.length; i++) value[i] = parts[i];
	},
};

function argumentsOf(): IArguments {
	// biome-ignore lint/complexity/noArguments: this is the one thing that makes one
	return arguments;
}

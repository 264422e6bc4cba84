/** What an array consists of, found at a price that long arrays can pay. */
import { hole, type Level } from './format.ts';
import { levelOf, ownValue } from './own.ts';
import { Refusal } from './refusal.ts';

const { getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols } = Object;

/** Arrays up to this length are looked at in full. */
const CAREFUL = 16;

interface ArrayFacts {
	/** Names of the elements that are there; undefined when all are. */
	readonly indices: readonly string[] | undefined;
	readonly extras: readonly (string | symbol)[];
	readonly level: Level;
}

const NO_KEYS: readonly (string | symbol)[] = [];

/**
 * Listing hidden names too costs ten times as much for each element, and a descriptor for each element
 * three times: long arrays that are not locked are not looked at for hidden names and locked elements.
 */
export function arrayFacts(value: unknown[]): ArrayFacts {
	const { length } = value;
	const locked = !getOwnPropertyDescriptor(value, 'length')!.writable;
	let level = levelOf(value);
	// V8 calls an empty array that cannot grow frozen, though its length can still be set.
	if (level === 3 && !locked) level = 2;
	if (level !== 3 && locked)
		throw new Refusal('an array whose length is not writable', 'value', 'freeze the whole array', '');
	const symbols = getOwnPropertySymbols(value);
	const careful = length <= CAREFUL || level !== 0;
	// Indices come first, in order; `length` is the first name after them.
	const names = careful ? getOwnPropertyNames(value) : Object.keys(value);
	if (careful ? names[length] === 'length' : names[length - 1] === String(length - 1)) {
		const rest = names.length - length - (careful ? 1 : 0);
		if (rest === 0 && symbols.length === 0) return { indices: undefined, extras: NO_KEYS, level };
		return { indices: undefined, extras: [...names.slice(names.length - rest), ...symbols], level };
	}
	const count = careful ? names.indexOf('length') : names.findIndex((name) => !isIndex(name));
	const end = count < 0 ? names.length : count;
	return { indices: names.slice(0, end), extras: [...names.slice(careful ? end + 1 : end), ...symbols], level };
}

const { __lookupGetter__ } = Object.prototype as unknown as { __lookupGetter__(key: number): unknown };

export function elementOrHole(value: unknown[], index: number, level: Level): unknown {
	return Object.hasOwn(value, index) ? element(value, index, level) : hole;
}

export function element(value: unknown[], index: number, level: Level): unknown {
	if (level !== 0 || value.length <= CAREFUL) return ownValue(value, index, level);
	if (__lookupGetter__.call(value, index) !== undefined) return ownValue(value, index, level);
	const found = value[index];
	return found === undefined ? ownValue(value, index, level) : found;
}

function isIndex(name: string): boolean {
	const n = Number(name);
	return n < 2 ** 32 - 1 && n >= 0 && Number.isInteger(n) && String(n) === name;
}

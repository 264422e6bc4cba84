/** Date, RegExp, boxed primitives, symbols: small immutable-looking things with an identity. */
import { type BuiltIn, expect } from '../kind.ts';
import { Refusal } from '../refusal.ts';

const getter = (holder: object, key: string): (() => unknown) => Object.getOwnPropertyDescriptor(holder, key)!.get!;

const { getTime } = Date.prototype;

export const date: BuiltIn = {
	type: 'Date',
	tag: 'D',
	prototypes: [Date.prototype],
	open: true,
	take: (value: Date) => [getTime.call(value)],
	make([time]: readonly unknown[]) {
		expect(typeof time === 'number', 'a date is no number');
		return new Date(time);
	},
};

const source = getter(RegExp.prototype, 'source');
const flags = getter(RegExp.prototype, 'flags');

export const regexp: BuiltIn = {
	type: 'RegExp',
	tag: 'R',
	prototypes: [RegExp.prototype],
	open: true,
	owns: (_: unknown, key: string | symbol) => key === 'lastIndex',
	take: (value: RegExp) => [source.call(value), flags.call(value), value.lastIndex],
	make([text, flags]: readonly unknown[]) {
		expect(typeof text === 'string' && typeof flags === 'string', 'a regular expression is no text');
		return new RegExp(text, flags);
	},
	fill(value: RegExp, parts: readonly unknown[]) {
		expect(parts.length === 3, 'a regular expression has three parts');
		value.lastIndex = parts[2] as number;
	},
};

const BOXES = [Number, String, Boolean, Symbol, BigInt].map((Box) => ({
	prototype: Box.prototype as object,
	unbox: Box.prototype.valueOf as () => unknown,
}));

export const boxed: BuiltIn = {
	type: ['Number', 'String', 'Boolean', 'Symbol', 'BigInt'],
	tag: 'W',
	prototypes: BOXES.map((box) => box.prototype),
	open: true,
	owns: (value: object, key: string | symbol) =>
		typeof key === 'string' && (key === 'length' || /^\d+$/.test(key)) && unboxed(value, 1) !== undefined,
	take: (value: object) => [unboxed(value)],
	moment: 'made', // a boxed symbol needs the symbol
	make([value]: readonly unknown[]) {
		expect(value !== undefined && value !== null && typeof value !== 'object', 'a boxed value is no primitive');
		return Object(value);
	},
};

/** The primitive in a box (or only in a String object): each box's own `valueOf` knows its own. */
function unboxed(value: object, only?: number): unknown {
	for (const { unbox } of only === undefined ? BOXES : BOXES.slice(only, only + 1)) {
		try {
			return unbox.call(value);
		} catch {}
	}
	if (only === undefined)
		throw new Refusal('an object that only looks like a boxed primitive', 'value', 'keep the primitive', '');
	return undefined;
}

const WELL_KNOWN = new Map<unknown, string>(
	Object.getOwnPropertyNames(Symbol)
		.map((name): [unknown, string] => [(Symbol as unknown as Record<string, unknown>)[name], name])
		.filter(([value]) => typeof value === 'symbol'),
);

/** Registered ones by key, well-known ones by name; one made in the run is a new one in each copy of the run. */
export const symbol: BuiltIn = {
	type: 'symbol',
	tag: 'Y',
	moment: 'first',
	take(value: symbol) {
		const key = Symbol.keyFor(value);
		if (key !== undefined) return ['for', key];
		const name = WELL_KNOWN.get(value);
		return name === undefined ? ['own', value.description] : ['well', name];
	},
	make([how, name]: readonly unknown[]) {
		expect(typeof name === 'string' || (how === 'own' && name === undefined), 'a symbol has no name');
		if (how === 'for') return Symbol.for(name!);
		if (how === 'own') return Symbol(name);
		const known = how === 'well' ? (Symbol as unknown as Record<string, unknown>)[name!] : undefined;
		expect(typeof known === 'symbol', 'a symbol is unknown here');
		return known;
	},
};

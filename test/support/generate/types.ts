/**
 * Pairs of a TypeScript type and values of it, as text. A value has the shape its type declares, neither
 * more nor less: what a type does not show is no matter of the checker's. Values of one type differ in
 * what the type leaves open: the arm of a union, an optional part, the length of an array.
 */
import type { Random } from './random.ts';

export interface Pair {
	readonly type: string;
	/** Expressions. */
	readonly values: readonly string[];
	/** Of types that have to have a name: recursive ones, generic ones. */
	readonly declarations: readonly string[];
	/** What the type is made of. */
	readonly parts: ReadonlySet<string>;
}

/** A type, and an expression that makes a value of it, each time it is asked for another one. */
interface Made {
	readonly text: string;
	readonly value: () => string;
}

type Leaf = readonly [type: string, values: readonly string[]];

const VIEWS = ['Int8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float16', 'Float32'];
const ERRORS = ['EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

/** What can be saved, as far as the value itself goes. */
export const SAVED: readonly Leaf[] = [
	['string', ["''", "'a'", "'é\\u{1F600}'", "'x'.repeat(2000)"]],
	['number', ['0', '-0', 'NaN', '-Infinity', '2 ** 53', '0.1']],
	['boolean', ['true', 'false']],
	['bigint', ['0n', '-(2n ** 70n)']],
	['undefined', ['undefined']],
	['null', ['null']],
	['void', ['undefined']],
	['symbol', ["Symbol.for('a')", 'Symbol.iterator']],
	["'open' | 'closed'", ["'open'", "'closed'"]],
	['`id-${number}`', ["'id-1'"]],
	['0 | 1 | true', ['0', '1', 'true']],
	['Colour', ['Colour.Red', 'Colour.Blue']],
	["string & { readonly __brand: 'OrderId' }", ["'o1'"]],
	['number & { readonly [unit]: () => void }', ['5']],
	['Date', ['new Date(0)', 'new Date(NaN)']],
	['RegExp', ['/a+/gi', 'Object.assign(/a/y, { lastIndex: 1 })']],
	['URL', ["new URL('https://a.test/?b=1#c')"]],
	['URLSearchParams', ["new URLSearchParams('a=1&a=2')"]],
	['Headers', ["new Headers({ a: '1' })"]],
	['Error', ["new Error('a')", "new Error('a', { cause: new RangeError('b') })"]],
	...ERRORS.map((name): Leaf => [name, [`new ${name}('a')`]]),
	['AggregateError', ["new AggregateError([new Error('a')], 'b')"]],
	['SuppressedError', ["new SuppressedError(new Error('a'), new Error('b'))"]],
	['DOMException', ["new DOMException('a', 'AbortError')"]],
	['PromiseRejectedResult', ["{ status: 'rejected', reason: new Error('a') }"]],
	[
		'PromiseSettledResult<number>',
		["{ status: 'fulfilled', value: 1 }", "{ status: 'rejected', reason: new Error('a') }"],
	],
	['ArrayBuffer', ['new Uint8Array([1, 2]).buffer', 'new ArrayBuffer(0)']],
	['Uint8Array', ['new Uint8Array([1, 2])', 'new Uint8Array(new ArrayBuffer(8), 2, 3)']],
	...VIEWS.map((name): Leaf => [`${name}Array`, [`new ${name}Array([1, 2])`]]),
	['Float64Array', ['new Float64Array([0.5, NaN])']],
	['BigInt64Array', ['new BigInt64Array([1n])']],
	['BigUint64Array', ['new BigUint64Array([1n])']],
	['DataView', ['new DataView(new ArrayBuffer(4), 1)']],
	['Buffer', ["Buffer.from('a')"]],
	['Number', ['Object(1)']],
	['String', ["Object('a')"]],
	['Boolean', ['Object(false)']],
	['BigInt', ['Object(1n)']],
	['Symbol', ["Object(Symbol.for('a'))"]],
	// Its elements are `any`, but in practice parameters, and these have types of their own.
	['IArguments', ['(function (..._: unknown[]) { return arguments; })(1, {})']],
	['TemplateStringsArray', ['((strings: TemplateStringsArray, ..._: unknown[]) => strings)`a${1}b`']],
	['Money', ['new Money(5)']],
	['Vault', ['new Vault(5)']],
	['Stack', ['Stack.from([1, 2])']],
	['OutOfStock', ["new OutOfStock('a')"]],
	['Connection', ["new Connection('a')"]],
];

/** What the codec refuses, or what only its origin could tell. */
export const REFUSED: readonly Leaf[] = [
	['Socket', ['new Socket()']],
	['EventEmitter', ['new EventEmitter()']],
	['EventTarget', ['new EventTarget()']],
	['AbortController', ['new AbortController()']],
	['AbortSignal', ['new AbortController().signal']],
	['Response', ["new Response('a')"]],
	['Request', ["new Request('https://a.test')"]],
	['Blob', ["new Blob(['a'])"]],
	['FormData', ['new FormData()']],
	['ReadableStream', ['new ReadableStream()']],
	['WeakMap<object, string>', ['new WeakMap()']],
	['WeakSet<object>', ['new WeakSet()']],
	['WeakRef<object>', ['new WeakRef({})']],
	['SharedArrayBuffer', ['new SharedArrayBuffer(1)']],
	['Intl.NumberFormat', ["new Intl.NumberFormat('en')"]],
	['Intl.Collator', ["new Intl.Collator('en')"]],
	['Cart', ['new Cart()']],
	['Dog', ['new Dog()']],
	['() => number', ['() => 1']],
	['(n: number) => number', ['double', '(n: number) => n']],
	['new () => Cart', ['Cart']],
	['Promise<number>', ['Promise.resolve(1)']],
	['PromiseLike<number>', ['Promise.resolve(1)']],
	['Generator<number>', ['(function* () { yield 1; })()']],
	['AsyncGenerator<number>', ['(async function* () { yield 1; })()']],
	['IterableIterator<number>', ['[1].values()']],
	['ArrayIterator<number>', ['[1].values()']],
	['StringIterator<string>', ["'a'[Symbol.iterator]()"]],
	['MapIterator<[number, number]>', ['new Map([[1, 2]]).entries()']],
	['SetIterator<number>', ['new Set([1]).values()']],
	['RegExpStringIterator<RegExpExecArray>', ["'a'.matchAll(/a/g)"]],
	['IteratorObject<number>', ['[1].values().map((n) => n)']],
	['AsyncIterable<number>', ['(async function* () { yield 1; })()']],
];

/** Of which nothing is known. */
export const OPEN: readonly Leaf[] = [
	['any', ['1', 'new WeakMap()', '{ a: 1 }']],
	['unknown', ["'a'", '() => 1']],
	['object', ['{}', 'new Socket()']],
	['{}', ['1', 'new Cart()']],
];

/** What stands before the pairs of a batch. */
export const PRELUDE = `import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { resource, serializable } from '@perdure/runtime';

declare const unit: unique symbol;
enum Colour { Red, Blue = 'blue' }
class Money { cents: number; constructor(cents: number) { this.cents = cents; } get euros() { return this.cents / 100; } }
serializable(Money);
class Vault { #secret: number; constructor(secret: number) { this.#secret = secret; } open() { return this.#secret; } }
serializable(Vault, { serialize: (vault) => vault.open(), deserialize: (secret) => new Vault(secret) });
class Stack extends Array<number> { get top() { return this.at(-1); } }
serializable(Stack);
class OutOfStock extends Error { sku = 'a'; }
class Connection { host: string; live = new WeakMap<object, string>(); constructor(host: string) { this.host = host; } }
resource(Connection, { marshal: (connection) => connection.host, unmarshal: (host) => new Connection(host) });
class Cart { items: string[] = []; }
class Dog extends Money { tricks = ['sit']; constructor() { super(1); } }
function double(n: number) { return 2 * n; }
interface Box<T> { readonly content: T; label?: string }
interface Pair<A, B> { first: A; second: B }
type Maybe<T> = T | undefined;
type Boxed<T> = T extends string ? { text: T } : { value: T };
`;

const VALUES = 4;

/** A type of some depth, and a few values of it. `name`: what declarations of its own are called. */
export function generatePair(random: Random, name: string): Pair {
	const maker = new Maker(random, name);
	const { text, value } = maker.type(random.int(4));
	return {
		type: text,
		values: random.times(VALUES, value),
		declarations: maker.declarations,
		parts: maker.parts,
	};
}

class Maker {
	readonly declarations: string[] = [];
	readonly parts = new Set<string>();
	readonly #random: Random;
	readonly #name: string;

	constructor(random: Random, name: string) {
		this.#random = random;
		this.#name = name;
	}

	type(depth: number): Made {
		const deeper = () => this.type(depth - 1);
		const inside = depth > 0 ? 1 : 0;
		return this.#random.make<Made>([
			[12, () => this.#leaf(SAVED)],
			[2, () => this.#leaf(REFUSED)],
			[depth === 0 ? 0 : 0.2, () => this.#leaf(OPEN)],
			[8 * inside, () => this.#object(depth)],
			[4 * inside, () => this.#list(deeper(), this.#random.pick(['[]', 'Array', 'ReadonlyArray', 'readonly']))],
			[3 * inside, () => this.#tuple(depth)],
			[2 * inside, () => this.#map(deeper(), deeper())],
			[2 * inside, () => this.#set(deeper())],
			[2 * inside, () => this.#record(deeper())],
			[3 * inside, () => this.#union(deeper(), deeper())],
			[inside, () => this.#intersection(depth)],
			[2 * inside, () => this.#generic(deeper(), deeper())],
			[2 * inside, () => this.#recursive(deeper())],
			[inside, () => this.#twice(deeper())],
		]);
	}

	#leaf(leaves: readonly Leaf[]): Made {
		const [text, values] = this.#random.pick(leaves);
		this.parts.add(text);
		return { text: /[|&]|=>/.test(text) ? `(${text})` : text, value: () => this.#random.pick(values) };
	}

	#members(depth: number): { text: string; value: () => string }[] {
		return this.#random.times(1 + this.#random.int(3), (i) => {
			const key = this.#random.pick([`p${i}`, `'p-${i}'`, String(i)]);
			const { text, value } = this.type(depth - 1);
			const optional = this.#random.chance(0.2);
			const has = () => !optional || this.#random.chance(0.5);
			return {
				text: `${this.#random.pick(['', 'readonly '])}${key}${optional ? '?' : ''}: ${text}`,
				value: () => (has() ? `${key}: ${value()}, ` : ''),
			};
		});
	}

	#object(depth: number): Made {
		const members = this.#members(depth);
		const text = `{ ${members.map(({ text }) => text).join('; ')} }`;
		const form = this.#random.pick(['%', '%', 'Readonly<%>', 'Required<Partial<%>>', 'Pick<%, keyof %>']);
		const frozen = this.#random.chance(0.1);
		return {
			text: form === 'Required<Partial<%>>' && /\?:/.test(text) ? text : form.replaceAll('%', text),
			value: () => {
				const made = `{ ${members.map(({ value }) => value()).join('')}}`;
				return frozen ? `Object.freeze(${made})` : made;
			},
		};
	}

	#list({ text, value }: Made, form: string): Made {
		const type = { '[]': `(${text})[]`, readonly: `readonly (${text})[]` }[form] ?? `${form}<${text}>`;
		return { text: type, value: () => `[${this.#random.times(this.#random.int(4), value).join(', ')}]` };
	}

	#tuple(depth: number): Made {
		const parts = this.#random.times(1 + this.#random.int(3), () => this.type(depth - 1));
		const rest = this.#random.chance(0.2) ? this.type(depth - 1) : null;
		const items = parts.map(({ text }) => text).concat(rest === null ? [] : [`...(${rest.text})[]`]);
		return {
			text: `[${items.join(', ')}]`,
			value: () => {
				const more = rest === null ? [] : this.#random.times(this.#random.int(3), rest.value);
				return `[${[...parts.map(({ value }) => value()), ...more].join(', ')}]`;
			},
		};
	}

	#map(key: Made, item: Made): Made {
		const form = this.#random.pick(['Map', 'ReadonlyMap']);
		const entry = () => `[${key.value()}, ${item.value()}]`;
		return {
			text: `${form}<${key.text}, ${item.text}>`,
			value: () => `new Map<unknown, unknown>([${this.#random.times(this.#random.int(3), entry).join(', ')}])`,
		};
	}

	#set({ text, value }: Made): Made {
		const form = this.#random.pick(['Set', 'ReadonlySet']);
		return {
			text: `${form}<${text}>`,
			value: () => `new Set<unknown>([${this.#random.times(this.#random.int(3), value).join(', ')}])`,
		};
	}

	#record({ text, value }: Made): Made {
		const form = this.#random.pick(['Record<string, %>', '{ [key: string]: % }', "Record<'a' | 'b', %>"]);
		const keys = form.includes("'a'") ? ['a', 'b'] : ['a', "'b c'"].slice(this.#random.int(3));
		return {
			text: form.replace('%', () => text),
			value: () => `{ ${keys.map((key) => `${key}: ${value()}`).join(', ')} }`,
		};
	}

	#union(one: Made, other: Made): Made {
		return { text: `(${one.text} | ${other.text})`, value: () => this.#random.pick([one, other]).value() };
	}

	#intersection(depth: number): Made {
		const [one, other] = [this.type(depth - 1), this.type(depth - 1)];
		return {
			text: `({ left: ${one.text} } & { right: ${other.text} })`,
			value: () => `{ left: ${one.value()}, right: ${other.value()} }`,
		};
	}

	#generic(one: Made, other: Made): Made {
		return this.#random.pick<Made>([
			{ text: `Box<${one.text}>`, value: () => `{ content: ${one.value()} }` },
			{
				text: `Pair<${one.text}, ${other.text}>`,
				value: () => `{ first: ${one.value()}, second: ${other.value()} }`,
			},
			{ text: `Maybe<${one.text}>`, value: () => this.#random.pick([one.value(), 'undefined']) },
			{ text: `Boxed<[${one.text}]>`, value: () => `{ value: [${one.value()}] }` },
		]);
	}

	/** A list that leads back to its start, or ends. */
	#recursive({ text, value }: Made): Made {
		const name = `${this.#name}R${this.declarations.length}`;
		this.declarations.push(`interface ${name} { value: ${text}; next: ${name} | null }`);
		return {
			text: name,
			value: () => {
				const item = `{ value: ${value()}, next: null as unknown }`;
				return this.#random.pick([item, `(() => { const node = ${item}; node.next = node; return node; })()`]);
			},
		};
	}

	/** One value in two places: they are still one after a restore. */
	#twice({ text, value }: Made): Made {
		return {
			text: `{ one: ${text}; same: ${text} }`,
			value: () => `(() => { const one: unknown = ${value()}; return { one, same: one }; })()`,
		};
	}
}

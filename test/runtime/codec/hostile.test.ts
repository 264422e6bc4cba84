/** Bytes from outside are hostile: whatever they are, decoding ends in a value or a `DecodeError`, soon and small. */
import { afterEach, describe, expect, test } from 'vitest';
import { Codec } from '../../../packages/runtime/src/codec/codec.ts';
import { decode, encode } from '../../../packages/runtime/src/codec/plain.ts';
import { DecodeError } from '../../../packages/runtime/src/errors/saving.ts';
import { serializable } from '../../../packages/runtime/src/registry/classes.ts';
import { below, pick, type Random, randomGraph, seeded } from './random-graph.ts';

class Known {
	a = 1;
	set tripped(_: unknown) {
		throw new Error('a setter ran');
	}
}
serializable(Known, undefined, { id: 'hostile#Known' });
class Hooked {
	data: unknown;
}
serializable(
	Hooked,
	{
		serialize: () => null,
		deserialize: (data) => (data === 'boom' ? Promise.reject : Object.assign(new Hooked(), { data })) as Hooked,
	},
	{ id: 'hostile#Hooked' },
);

const text = (json: string) => new TextEncoder().encode(json);
const graph = (...rows: unknown[]) => text(`PD1F${JSON.stringify([[0], ...rows])}`);

/** Decodes, and reports anything but a value or a `DecodeError`. */
function tryDecode(bytes: Uint8Array): unknown {
	try {
		return decode(bytes);
	} catch (error) {
		if (DecodeError.is(error)) return error;
		throw error;
	}
}

const prototypes = [Object, Array, Map, Set, Error, Function, Date, RegExp, Known].map(
	(C) => [C.prototype, Reflect.ownKeys(C.prototype).length] as const,
);
afterEach(() => {
	for (const [prototype, keys] of prototypes) expect(Reflect.ownKeys(prototype).length).toBe(keys);
	expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

describe('crafted', () => {
	test.each<[string, Uint8Array]>([
		['nothing', new Uint8Array()],
		['another format', text('{}')],
		['a magic alone', text('PD1F')],
		['a later version', text('PD2F[null]')],
		['an unknown letter', text('PD1X[null]')],
		['a delta', text('PD1D[null]')],
		['no JSON', text('PD1F[')],
		['no array', text('PD1F{}')],
		['an empty array', text('PD1F[]')],
		['text after the end', text('PD1F[1]1')],
		['a byte that is no UTF-8', new Uint8Array([...text('PD1F["'), 0xff, ...text('"]')])],
		['a length beyond the end', text('PD1fffffffff[1]')],
		['a length that is none', text('PD1f-0000001[1]')],
		['a root that leads nowhere', text('PD1F[[0]]')],
		['a root that is an object', text('PD1F[{}]')],
		['a root that is a list', text('PD1F[[1,2]]')],
		['an unknown special', text('PD1F[[-7]]')],
		['a hole as a value', text('PD1F[[-6]]')],
		['a fraction of a reference', text('PD1F[[0.5],["A"]]')],
		['a reference beyond', graph(['A', [1]])],
		['a reference to a shape', graph(['A', [1]], ['s', 'a'])],
		['a cursor in a full text', text('PD1F[[0],5,["A"]]')],
		['a row that is no row', graph('A')],
		['an empty row', graph([])],
		['an unknown tag', graph(['nope'])],
		['a tag of the prototype', graph(['constructor'], ['__proto__'])],
		['a shape that is none', graph([1], ['A'])],
		['a shape beyond', graph([9])],
		['too few values', graph([1], ['s', 'a'])],
		['too many values', graph([1, 1, 1], ['s', 'a'])],
		['a key twice', graph([1, 1, 1], ['s', 'a', 'a'])],
		['a key that is a number', graph([1, 1], ['s', 5])],
		['a key that is an object', graph([1, 1], ['s', [0]])],
		['a level beyond', graph([1], ['z', 0, 4])],
		['a class that is unknown', graph([1], ['z', [2], 0], ['K', 'nope'])],
		['a class that is no class', graph([1], ['z', [0], 0])],
		['an instance of a class with hooks, without them', graph([1], ['z', [2], 0], ['K', 'hostile#Hooked'])],
		['a class on what it does not extend', graph(['+', [1], 0, 0, 'M'], ['K', 'hostile#Known'])],
		['a hook on a class without', graph(['I', [1], 1], ['K', 'hostile#Known'])],
		['a hook of itself', graph(['I', [1], [0]], ['K', 'hostile#Hooked'])],
		['hooks in a circle', graph(['I', [2], [1]], ['I', [2], [0]], ['K', 'hostile#Hooked'])],
		['a dictionary with an odd end', graph(['O', 0, 0, 'a'])],
		['a dictionary with a key twice', graph(['O', 0, 0, 'a', 1, 'a', 2])],
		['a decoration longer than its row', graph(['+', 0, 0, 5, 'A'])],
		['a decoration of a negative length', graph(['+', 0, 0, -1, 'A'])],
		['a decoration of a decoration', graph(['+', 0, 0, 0, '+', 0, 0, 0, 'A'])],
		['a decoration with a key twice', graph(['+', 0, 0, 2, 'a', 1, 'a', 2, 'A'])],
		['a decoration with length', graph(['+', 0, 0, 1, 'length', 5, 'A'])],
		['a decoration of a string', graph(['+', 0, 0, 0, 'S', 'x'])],
		['a sparse array of a negative length', graph(['a', -1])],
		['a sparse array beyond', graph(['a', 2 ** 32])],
		['an element beyond', graph(['a', 5, 5, 1])],
		['elements out of order', graph(['a', 5, 1, 1, 1, 1])],
		['a map with an odd end', graph(['M', 1])],
		['a map with a key twice', graph(['M', 1, 1, 1, 2])],
		['a set with a value twice', graph(['V', 1, 1])],
		['a date that is text', graph(['D', 'now'])],
		['a regular expression that is none', graph(['R', '(', 'g', 0])],
		['flags that are none', graph(['R', 'a', 'gg', 0])],
		['a boxed object', graph(['W', [0]])],
		['a boxed nothing', graph(['W', null])],
		['an error of an unknown class', graph(['E', 'Nope', [-1]])],
		['an error with a number as stack', graph(['E', 'Error', 5])],
		['a buffer without content', graph(['B', 5])],
		['a buffer of a negative length', graph(['B', -5])],
		['content of no buffer', text('PD1f00000003[1]xyz')],
		[
			'a buffer that may grow beyond',
			text(`PD1f${(24).toString(16).padStart(8, '0')}[[0],["B",1,1000000000000]]`.slice(0, 36)),
		],
		['a view of nothing', graph(['T', 'Uint8Array', [1], 0, 1], ['A'])],
		['a view beyond its buffer', graph(['T', 'Uint8Array', [1], 0, 1], ['B', 0])],
		['a view that is not aligned', text('PD1f00000000')],
		['a view of an unknown type', graph(['T', 'Nope', [1], 0, 1], ['B', 0])],
		['a view of itself', graph(['T', 'Uint8Array', [0], 0, 1])],
		['a URL that is none', graph(['U', 'nope', [1]], ['Q', ''])],
		['a URL whose parameters are none', graph(['U', 'http://x/', [0]])],
		['two URLs of the same parameters', graph(['U', 'http://x/', [2]], ['U', 'http://y/', [2]], ['Q', ''])],
		['a header that is none', graph(['H', 'a\nb', 'c'])],
		['an unknown symbol', graph(['Y', 'well', 'for'])],
		['a symbol without a name', graph(['Y', 'for'])],
		['a bigint that is none', text('PD1F[["n","1e5"]]')],
		['a bigint of a million digits', text(`PD1F[["n","${'9'.repeat(1e6)}"]]`)],
		['a string row that is none', graph(['S', 5])],
		['arguments beyond', graph(['G', ...new Array(70_000).fill(0)])],
	])('%s', (_, bytes) => {
		expect(() => decode(bytes)).toThrow(DecodeError);
	});

	test('a deserialize hook that misbehaves', () => {
		expect(() => decode(graph(['I', [1], 'boom'], ['K', 'hostile#Hooked']))).not.toThrow();
		class Bad {
			kept = 1;
		}
		serializable(
			Bad,
			{
				serialize: () => 1,
				deserialize: (): Bad => {
					throw new TypeError('mine');
				},
			},
			{ id: 'hostile#Bad' },
		);
		expect(() => decode(graph(['I', [1], 1], ['K', 'hostile#Bad']))).toThrow(DecodeError);
	});

	test('keys of every danger become own properties', () => {
		const made = decode(graph([1, 1, 2, 3], ['s', '__proto__', 'constructor', 'tripped'])) as object;
		expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
		expect(Object.getOwnPropertyDescriptor(made, '__proto__')?.value).toBe(1);
		const instance = decode(
			graph([1, 5, [3]], ['z', [2], 0, 'tripped', '__proto__'], ['K', 'hostile#Known'], ['A']),
		) as object;
		expect(Object.getPrototypeOf(instance)).toBe(Known.prototype);
		expect(Object.getOwnPropertyDescriptor(instance, 'tripped')?.value).toBe(5);
		const decorated = decode(graph(['+', 0, 0, 1, '__proto__', [0], 'A'])) as object;
		expect(Object.getPrototypeOf(decorated)).toBe(Array.prototype);
	});
});

describe('bombs: little input, much asked for', () => {
	const measure = (bytes: Uint8Array) => {
		const started = performance.now();
		const before = process.memoryUsage();
		tryDecode(bytes);
		const after = process.memoryUsage();
		return { ms: performance.now() - started, mb: (after.rss - before.rss + after.external - before.external) / 1e6 };
	};

	test.each<[string, Uint8Array]>([
		[
			'a thousand sparse arrays of thirty million',
			graph(...Array.from({ length: 1000 }, (_, i) => ['a', 30_000_000 + i])),
		],
		[
			'sparse arrays of the largest length',
			graph(...Array.from({ length: 1000 }, () => ['a', 2 ** 32 - 1, 0, 1, 2 ** 32 - 2, 1])),
		],
		['a million nested arrays', text(`PD1F${'['.repeat(1e6)}${']'.repeat(1e6)}`)],
		['a million open arrays', text(`PD1F${'['.repeat(1e6)}`)],
		['a million nested objects', text(`PD1F${'{"a":'.repeat(2e5)}1${'}'.repeat(2e5)}`)],
		['a number of a million digits', text(`PD1F[${'9'.repeat(1e6)}]`)],
		['a hexadecimal bigint of a million digits', text(`PD1F[["n","0x${'f'.repeat(1e6)}"]]`)],
		[
			'closures of classes in a long circle',
			graph(...Array.from({ length: 20_000 }, (_, i) => ['I', [20_000], [(i + 1) % 20_000]]), ['K', 'hostile#Hooked']),
		],
		[
			'hooks that all need one another',
			graph(
				...Array.from({ length: 300 }, () => ['I', [600], [301]]),
				...Array.from({ length: 300 }, () => ['A', ...Array.from({ length: 300 }, (_, j) => [j])]),
				['K', 'hostile#Hooked'],
			),
		],
		['views in a long chain', graph(...Array.from({ length: 50_000 }, (_, i) => ['T', 'Uint8Array', [i + 1], 0, 0]))],
		['one long string many times', graph(['A', ...Array.from({ length: 100_000 }, () => [1])], ['S', 'x'.repeat(1e6)])],
	])('%s', (_, bytes) => {
		const { ms, mb } = measure(bytes);
		expect(ms).toBeLessThan(5000);
		expect(mb).toBeLessThan(400);
	});

	test('more bytes than the limit are not looked at', () => {
		expect(() => decode(new Uint8Array(65 * 1024 * 1024))).toThrow(/longer than/);
	});
});

const PARTS = [
	null,
	0,
	1,
	-1,
	0.5,
	1e300,
	true,
	'',
	'a',
	'__proto__',
	'length',
	[0],
	[1],
	[2],
	[3],
	[-1],
	[-6],
	[-9],
	[],
	[[]],
	['n', '5'],
	['n', 'x'],
	{},
	'hostile#Known',
	'hostile#Hooked',
	'Uint8Array',
	'Error',
	'for',
];
const TAGS = [
	'A',
	'a',
	'M',
	'V',
	'D',
	'R',
	'W',
	'E',
	'X',
	'B',
	'T',
	'U',
	'Q',
	'H',
	'Y',
	'K',
	'I',
	'G',
	'O',
	'L',
	'C',
	'S',
	's',
	'z',
	'+',
	0,
	1,
	2,
	3,
];

/** Rows that look right at first sight. */
function forge(random: Random): Uint8Array {
	const rows = Array.from({ length: 1 + below(random, 8) }, () => {
		const row: unknown[] =
			random() < 0.2 ? ['+', pick(random, [0, [1], [2], null]), below(random, 5), below(random, 3)] : [];
		row.push(pick(random, TAGS));
		for (let n = below(random, 6); n-- > 0; ) row.push(random() < 0.4 ? [below(random, 9)] : pick(random, PARTS));
		return row;
	});
	return graph(...rows);
}

function mutate(random: Random, bytes: Uint8Array): Uint8Array {
	const copy = Uint8Array.from(bytes);
	for (let n = 1 + below(random, 4); n-- > 0; ) {
		const at = below(random, copy.length);
		const how = below(random, 4);
		if (how === 0) copy[at] = below(random, 256);
		else if (how === 1) copy[at]! ^= 1 << below(random, 8);
		else if (how === 2) copy.copyWithin(at, below(random, copy.length), below(random, copy.length));
		else copy[at] = pick(random, [...'[]{},"0123456789-']).charCodeAt(0);
	}
	return random() < 0.1 ? copy.subarray(0, below(random, copy.length)) : copy;
}

describe('fuzz', () => {
	const first = Number(process.env.PERDURE_SEED ?? 1);
	const rounds = Number(process.env.PERDURE_ROUNDS ?? 300);

	test(`${rounds * 30} mutations of real bytes`, () => {
		let decoded = 0;
		for (let seed = first; seed < first + rounds; seed++) {
			const random = seeded(seed);
			const bytes = encode(randomGraph(random, 1 + below(random, 20)));
			for (let i = 0; i < 30; i++) {
				const value = tryDecode(mutate(random, bytes));
				if (!DecodeError.is(value)) decoded++;
			}
		}
		// Or the mutations would only ever test the parser of JSON.
		expect(decoded).toBeGreaterThan(rounds);
	});

	test(`${rounds * 3} mutations of chains`, () => {
		const codec = new Codec();
		const tryRead = (full: Uint8Array, deltas: Uint8Array[]) => {
			try {
				const { root, writer } = codec.readSnapshot(full, deltas);
				writer.write(root);
				return root;
			} catch (error) {
				if (DecodeError.is(error)) return error;
				throw error;
			}
		};
		let decoded = 0;
		for (let seed = first; seed < first + rounds / 10; seed++) {
			const random = seeded(seed);
			const writer = codec.writer();
			const list = Array.from({ length: 300 }, (_, i) => ({ i, text: 'some text' }));
			const state = { list, map: new Map(list.map((o) => [o.i, o])), random: randomGraph(random, 10) };
			const { full } = writer.write(state) as { full: Uint8Array };
			const deltas = Array.from({ length: 3 }, (_, i) => {
				list.push({ i, text: 'more' });
				state.map.delete(i);
				list.shift();
				return (writer.write(state) as { delta: Uint8Array }).delta;
			});
			for (let i = 0; i < 30; i++) {
				const chain = [full, ...deltas];
				const at = below(random, chain.length);
				chain[at] = mutate(random, chain[at]!);
				if (!DecodeError.is(tryRead(chain[0]!, chain.slice(1)))) decoded++;
			}
		}
		expect(decoded).toBeGreaterThan(rounds / 10);
	});

	test(`${rounds * 100} forged graphs`, () => {
		let decoded = 0;
		for (let seed = first; seed < first + rounds; seed++) {
			const random = seeded(seed);
			for (let i = 0; i < 100; i++) if (!DecodeError.is(tryDecode(forge(random)))) decoded++;
		}
		expect(decoded).toBeGreaterThan(rounds / 10);
	});
});

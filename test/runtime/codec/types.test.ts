/** Every type of language.md, "What is saved": what comes back is what went in. */
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../../packages/runtime/src/codec/plain.ts';
import { difference } from './same.ts';

function again<T>(value: T): T {
	const bytes = encode(value);
	const copy = decode(bytes) as T;
	expect(difference(value, copy)).toBeUndefined();
	// What is restored and saved again is the same bytes: effects' arguments are compared by it.
	expect(encode(copy)).toEqual(bytes);
	return copy;
}

const with_ = <T extends object>(value: T, properties: object): T => Object.assign(value, properties);
const shared = { n: 1 };
const sharedDate = new Date(0);
const sharedList = [1];
const run = Symbol('made in the run');

const cases: Record<string, unknown> = {
	undefined: undefined,
	null: null,
	true: true,
	false: false,
	NaN: Number.NaN,
	'minus zero': -0,
	Infinity: Number.POSITIVE_INFINITY,
	'minus Infinity': Number.NEGATIVE_INFINITY,
	'a fraction': 0.1,
	'the largest number': Number.MAX_VALUE,
	'the smallest number': Number.MIN_VALUE,
	'the largest safe integer': Number.MAX_SAFE_INTEGER,
	'a string': 'text',
	'an empty string': '',
	'a string of every escape': '"\\\b\f\n\r\t\u0000\u2028 \u00e9 \u{1f600}',
	'a lone surrogate': 'a\ud800b',
	'a long string': 'long '.repeat(100),
	'a long string with a lone surrogate': `${'x'.repeat(500)}\udfff`,
	'one long string twice': ['y'.repeat(300), 'y'.repeat(300)],
	'a 64-bit bigint': [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
	'a huge bigint': [2n ** 64n, -(10n ** 200n)],
	'a registered symbol': Symbol.for('perdure.test'),
	'a well-known symbol': [Symbol.iterator, Symbol.asyncIterator, Symbol.dispose],
	'a symbol made in the run': { a: run, b: run },
	'symbols alike': [Symbol('x'), Symbol('x'), Symbol()],
	'an empty object': {},
	'nested objects': { a: { b: { c: 1 } }, d: {} },
	'key order': { z: 1, a: 2, m: 3, 10: 4, 9: 5 },
	'odd keys': { '': 1, 'a-b': 2, '"': 3, '\u0000': 4, '[-1]': 5, length: 6, constructor: 7, toString: 8 },
	'symbol keys': { [Symbol.for('k')]: 1, [run]: 2, plain: 3 },
	'a key __proto__': Object.defineProperty({ a: 1 }, '__proto__', {
		value: { polluted: true },
		writable: true,
		enumerable: true,
		configurable: true,
	}),
	'a toJSON that is data': { toJSON: 'data', then: 1 },
	'a null prototype': with_(Object.create(null), { a: 1, __proto__: 2 }),
	'an empty null prototype': Object.create(null),
	'an object with many keys': Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key${i}`, i])),
	'a null prototype with many keys': with_(
		Object.create(null),
		Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, { i }])),
	),
	'an array': [1, 'a', null, undefined, [2, [3]]],
	'an empty array': [],
	// biome-ignore lint/suspicious/noSparseArray: holes are the point
	'an array with holes': [, 1, , undefined, ,],
	'an array of holes': new Array(5),
	'a huge sparse array': with_(new Array(4_294_967_295), { 7: 'a', 4000000000: { b: 1 } }),
	'an array with own properties': with_([1, 2], { name: 'x', [Symbol.for('s')]: shared }),
	'a match': /(?<word>b)(c)/d.exec('abc'),
	'a sparse array with own properties': with_(new Array(1000), { 500: 1, x: 2 }),
	'a Map': new Map<unknown, unknown>([
		['a', 1],
		[shared, shared],
		[Number.NaN, -0],
		[undefined, null],
	]),
	'a Set': new Set<unknown>([1, 'a', shared, Number.NaN, undefined, new Set()]),
	'a Map with own properties': with_(new Map([[1, 2]]), { extra: true }),
	'a Date': new Date(1_700_000_000_123),
	'an invalid Date': new Date(Number.NaN),
	'a RegExp': /a[/"]\n/dgimsuy,
	'a RegExp in the middle of its work': (() => {
		const regexp = /a/g;
		regexp.exec('aaa');
		return regexp;
	})(),
	'an empty RegExp': /(?:)/,
	'boxed primitives': [Object(1), Object('text'), Object(false), Object(5n), Object(Symbol.iterator), Object(-0)],
	'a boxed string with own properties': with_(Object('ab'), { x: 1 }),
	'a boxed symbol of the run': [Object(run), run],
	'an Error': new Error('message'),
	'an Error without a message': new Error(),
	'every built-in Error': [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
		(E) => new E('m'),
	),
	'an Error with a cause': new Error('outer', { cause: new TypeError('inner', { cause: 'root' }) }),
	'an Error that causes itself': (() => {
		const error = new Error('loop');
		error.cause = error;
		return Object.defineProperty(error, 'cause', { enumerable: false });
	})(),
	'an AggregateError': new AggregateError([new Error('a'), 2], 'several', { cause: 1 }),
	'a SuppressedError': globalThis.SuppressedError && new SuppressedError(new Error('a'), new Error('b'), 'suppressed'),
	'an Error with own properties': with_(new RangeError('m'), { code: 'E_X', details: { shared }, name: 'Mine' }),
	'an Error with a name of its own': Object.defineProperty(new Error('m'), 'name', {
		value: 'Hidden',
		writable: true,
		configurable: true,
	}),
	'an Error without a stack': (() => {
		const error = new Error('m');
		delete error.stack;
		return error;
	})(),
	'a DOMException': new DOMException('stopped', 'AbortError'),
	'an ArrayBuffer': new Uint8Array([1, 2, 3]).buffer,
	'an empty ArrayBuffer': new ArrayBuffer(0),
	'a resizable ArrayBuffer': new ArrayBuffer(4, { maxByteLength: 16 }),
	'a view that follows its buffer': new Uint16Array(new ArrayBuffer(5, { maxByteLength: 16 })),
	'a Uint8Array': new Uint8Array([0, 255, 128]),
	'typed arrays': [
		new Int8Array([-1]),
		new Uint8ClampedArray([300]),
		new Int16Array([-2]),
		new Uint16Array([65_535]),
		new Int32Array([-3]),
		new Uint32Array([4e9]),
		new Float32Array([0.5]),
		new Float64Array([Math.PI, Number.NaN, -0]),
		new BigInt64Array([-5n]),
		new BigUint64Array([5n]),
		new Float64Array(0),
	],
	'a DataView': new DataView(new Uint8Array([9, 8, 7, 6]).buffer, 1, 2),
	'views of one buffer': (() => {
		const buffer = new ArrayBuffer(16);
		return [new Uint8Array(buffer), new Float64Array(buffer, 8, 1), new DataView(buffer), buffer];
	})(),
	'a view with an offset': new Uint16Array(new Uint8Array([1, 2, 3, 4, 5, 6]).buffer, 2, 1),
	'a typed array with own properties': with_(new Uint8Array(3), { label: 'x' }),
	'a URL': new URL('https://user:pw@example.com:8080/p?a=1&b=%20#h'),
	'a URL and its parameters': (() => {
		const url = new URL('https://example.com/?a=1');
		return [url.searchParams, url, url.searchParams];
	})(),
	URLSearchParams: new URLSearchParams([
		['a', '1'],
		['a', '2 &'],
		['', 'x'],
	]),
	Headers: new Headers([
		['set-cookie', 'a=1'],
		['set-cookie', 'b=2'],
		['X-Y', 'z'],
	]),
	'a cycle': (() => {
		const a: Record<string, unknown> = { list: [] };
		a.self = a;
		(a.list as unknown[]).push(a, a.list);
		return a;
	})(),
	'a Map in itself': (() => {
		const map = new Map<unknown, unknown>();
		return map.set(map, map);
	})(),
	'one object twice': { a: shared, b: shared },
	'one array twice': [sharedList, sharedList],
	'one Date as key and value': new Map([[sharedDate, sharedDate]]),
	'a frozen object': Object.freeze({ a: 1, b: { c: 2 } }),
	'a sealed object': Object.seal({ a: 1 }),
	'an object that cannot grow': Object.preventExtensions({ a: 1 }),
	'frozen things': [[1, 2], new Map([[1, 2]]), /a/g, new Date(0), new Error('x'), Object.create(null), Object('s')].map(
		Object.freeze,
	),
	'a frozen array with holes': Object.freeze(new Array(3)),
	'a sealed sparse array': Object.seal(with_(new Array(1000), { 3: 1 })),
	'a frozen cycle': (() => {
		const a: { self?: unknown } = {};
		a.self = a;
		return Object.freeze(a);
	})(),
	'frozen with many keys': Object.freeze(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, i]))),
};

describe('each type', () => {
	test.each(Object.entries(cases))('%s', (_, value) => {
		again(value);
		again({ held: value, twice: [value] });
	});

	test('arguments objects', () => {
		const made: IArguments = (function (..._: unknown[]) {
			return arguments;
		})(1, shared, undefined);
		const copy = decode(encode({ made })) as { made: IArguments };
		expect(Object.prototype.toString.call(copy.made)).toBe('[object Arguments]');
		expect([...copy.made]).toEqual([1, shared, undefined]);
	});

	test('Buffers keep what they share, and nothing of the pool that others use', () => {
		const text = Buffer.from('a secret of somebody else');
		const buffer = Buffer.from('hello');
		const copy = decode(encode({ buffer, part: buffer.subarray(1, 3), other: Buffer.from('hello') })) as Record<
			string,
			Buffer
		>;
		expect(Buffer.isBuffer(copy.buffer)).toBe(true);
		expect(String(copy.buffer)).toBe('hello');
		copy.buffer![1] = 'E'.charCodeAt(0);
		expect(String(copy.part)).toBe('El');
		expect(String(copy.other)).toBe('hello');
		expect(Buffer.from(encode(buffer)).includes(text)).toBe(false);
		expect(encode(buffer).length).toBeLessThan(100);
		expect(encode(copy)).toEqual(encode(decode(encode(copy))));
	});

	test('errors that Node itself throws', async () => {
		const failed = await fetch('http://127.0.0.1:1').catch((error: unknown) => error);
		const thrown = [() => new URL('nope'), () => Buffer.alloc('x' as never), () => null!['x' as never]].map((f) => {
			try {
				return f();
			} catch (error) {
				return error;
			}
		});
		for (const error of [...thrown, failed] as Error[]) {
			const copy = decode(encode(error)) as Error & { code?: string };
			expect(copy).toBeInstanceOf(error instanceof TypeError ? TypeError : Error);
			expect(copy.message).toBe(error.message);
			expect(copy.code).toBe((error as typeof copy).code);
		}
	});

	test('a URL restored is still tied to its parameters', () => {
		const url = new URL('https://example.com/?a=1');
		const copy = decode(encode({ parameters: url.searchParams, url })) as { parameters: URLSearchParams; url: URL };
		copy.parameters.append('b', '2');
		expect(copy.url.search).toBe('?a=1&b=2');
	});

	test('what is decoded never aliases the input', () => {
		const bytes = encode(new Uint8Array([1, 2, 3]));
		const copy = decode(bytes) as Uint8Array;
		bytes.fill(0);
		expect([...copy]).toEqual([1, 2, 3]);
		expect(copy.buffer.byteLength).toBe(3);
	});

	test('two decodings share nothing', () => {
		const bytes = encode({ list: [1] });
		const a = decode(bytes) as { list: number[] };
		a.list.push(2);
		expect(decode(bytes)).toEqual({ list: [1] });
	});
});

describe('depth and size', () => {
	const depth = 100_000;

	test('a linked list, 100,000 deep', () => {
		let list: { next: unknown; n: number } | null = null;
		for (let n = 0; n < depth; n++) list = { next: list, n };
		let copy = decode(encode(list)) as typeof list;
		for (let n = depth; n-- > 0; copy = copy!.next as typeof list) if (copy!.n !== n) throw new Error(`lost at ${n}`);
		expect(copy).toBeNull();
	});

	test('arrays, maps, errors, boxed and frozen things as deep', () => {
		let value: unknown = null;
		for (let n = 0; n < depth; n++) {
			value = [
				[value],
				new Map([[0, value]]),
				new Error('e', { cause: value }),
				Object.freeze({ value }),
				new Set([value]),
			][n % 5];
		}
		expect(difference(value, decode(encode(value)))).toBeUndefined();
	});

	test('a thousand doubly linked nodes', () => {
		const nodes = Array.from({ length: 1000 }, (_, i) => ({ i }) as { i: number; next?: unknown; back?: unknown });
		for (const [i, node] of nodes.entries())
			Object.assign(node, { next: nodes[(i + 1) % 1000], back: nodes.at(i - 1) });
		again(nodes[0]);
	});
});

describe('determinism', () => {
	test('the same value gives the same bytes, whatever was encoded before', () => {
		const make = () => ({ a: [1, { b: 2 }], c: new Map([['k', { b: 2 }]]), d: Object.freeze({ b: 2 }) });
		const bytes = encode(make());
		encode({ b: 2, c: 3 });
		encode(Array.from({ length: 30_000 }, (_, i) => ({ [`key${i}`]: i })));
		expect(encode(make())).toEqual(bytes);
	});

	test('a reader can see what is in the bytes', () => {
		expect(Buffer.from(encode({ pc: 3, items: ['a', { id: 7 }] })).toString()).toBe(
			'PD1F[[0],[2,3,[1]],["A","a",[3]],["s","pc","items"],[4,7],["s","id"]]',
		);
	});
});

/** What cannot be saved: the error names the value's path, what it is, and the way out for that very kind. */
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import * as namespace from '../../../packages/runtime/src/codec/format.ts';
import { encode } from '../../../packages/runtime/src/codec/plain.ts';
import { NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';

function refusal(value: unknown): NotSerializableError {
	try {
		encode(value);
	} catch (error) {
		if (NotSerializableError.is(error)) return error;
		throw error;
	}
	throw new Error('it was saved');
}

class Socket {
	open = true;
}
class Customer {
	session = { socket: 1 };
}
class Gateway extends EventEmitter {}

describe('what it is and the way out', () => {
	test.each<[string, unknown, string, RegExp, RegExp]>([
		['a foreign function', () => 1, 'PD3007', /foreign function/, /compiled module/],
		['a named function', encode, 'PD3007', /foreign function 'encode'/, /compiled module/],
		['a class', Socket, 'PD3007', /class 'Socket', which is not registered/, /serializable\(Socket\)/],
		['a native promise', Promise.resolve(1), 'PD3008', /native promise/, /await it first/],
		[
			'an instance of an unregistered class',
			new Customer(),
			'PD3005',
			/'Customer'/,
			/serializable\(Customer\).*resource\(Customer/,
		],
		['an emitter', new EventEmitter(), 'PD3001', /'EventEmitter'/, /add its listeners again/],
		['a subclass of one', new Gateway(), 'PD3005', /'Gateway'/, /resource\(Gateway/],
		['a WeakMap', new WeakMap(), 'PD3001', /'WeakMap'/, /use a Map/],
		['a WeakSet', new WeakSet(), 'PD3001', /'WeakSet'/, /use a Set/],
		['a WeakRef', new WeakRef({}), 'PD3001', /'WeakRef'/, /value itself/],
		['a FinalizationRegistry', new FinalizationRegistry(() => {}), 'PD3001', /FinalizationRegistry/, /module/],
		['a SharedArrayBuffer', new SharedArrayBuffer(1), 'PD3001', /'SharedArrayBuffer'/, /copy/],
		['a view of one', new Uint8Array(new SharedArrayBuffer(1)), 'PD3001', /'SharedArrayBuffer'/, /copy/],
		['a Response', new Response('x'), 'PD3001', /'Response'/, /r\.json\(\)/],
		['a Request', new Request('http://x'), 'PD3001', /'Request'/, /url/],
		['a Blob', new Blob(['x']), 'PD3001', /'Blob'/, /bytes/],
		['a stream', new ReadableStream(), 'PD3001', /'ReadableStream'/, /inside the effect/],
		['an AbortSignal', new AbortController().signal, 'PD3001', /'AbortSignal'/, /AbortSignal\.timeout/],
		['an Intl formatter', new Intl.NumberFormat('en'), 'PD3001', /'NumberFormat'/, /make it again/],
		['a native iterator', [1][Symbol.iterator](), 'PD3006', /an iterator/, /for-of/],
		['a Map iterator', new Map().entries(), 'PD3006', /an iterator/, /for-of/],
		[
			'a generator',
			(function* () {
				yield 1;
			})(),
			'PD3006',
			/'Generator'/,
			/collect/,
		],
		[
			'an async generator',
			(async function* () {
				yield 1;
			})(),
			'PD3006',
			/'AsyncGenerator'/,
			/effect/,
		],
		['an object made over another', Object.create({ a: 1 }), 'PD3005', /no registered class/, /plain object/],
		[
			'an accessor',
			{
				get total() {
					return 1;
				},
			},
			'PD3001',
			/an accessor/,
			/getter/,
		],
		[
			'a hidden property',
			Object.defineProperty({}, 'x', { value: 1 }),
			'PD3001',
			/not enumerable, not writable, not configurable/,
			/freeze/,
		],
		[
			'a locked property',
			Object.defineProperty({ x: 1 }, 'x', { writable: false }),
			'PD3001',
			/not writable/,
			/freeze/,
		],
		[
			'a locked length',
			Object.defineProperty([1], 'length', { writable: false }),
			'PD3001',
			/length is not writable/,
			/freeze/,
		],
		[
			'an accessor in an array',
			Object.defineProperty([1], 0, { get: () => 1, enumerable: true, configurable: true }),
			'PD3001',
			/an accessor/,
			/getter/,
		],
		[
			'a frozen accessor',
			Object.freeze({
				get x() {
					return 1;
				},
			}),
			'PD3001',
			/an accessor/,
			/getter/,
		],
		['something without its insides', Object.create(Map.prototype), 'PD3001', /could not be read/, /constructor/],
		['an error that is none', Object.create(Error.prototype), 'PD3001', /could not be read/, /constructor/],
		['a module namespace', namespace, 'PD3001', /module namespace/, /import/],
		['Math', Math, 'PD3001', /not enumerable/, /./],
	])('%s', (_, value, code, type, help) => {
		const error = refusal({ held: [value] });
		expect(error.code).toBe(code);
		expect(error.path).toMatch(/^value\.held\[0\]/);
		expect(error.type).toMatch(type);
		expect(error.help).toMatch(help);
		expect(error.message).toContain(`'${error.path}'`);
	});

	test('a getter is not run to find out', () => {
		let runs = 0;
		const value = {
			a: 1,
			get b() {
				return ++runs;
			},
		};
		refusal(value);
		refusal(Object.assign([1], {}, Object.defineProperty({}, 'z', { value: 1, enumerable: true })) && [value]);
		expect(runs).toBe(0);
	});
});

describe('the path', () => {
	const bad = () => 1;
	test.each<[unknown, string]>([
		[bad, 'value'],
		[{ customer: { session: { socket: bad } } }, 'value.customer.session.socket'],
		[[[bad]], 'value[0][0]'],
		[{ 'a-b': { 1: bad } }, 'value["a-b"][1]'],
		[{ größe: bad }, 'value.größe'],
		[{ [Symbol('s')]: bad }, 'value[Symbol(s)]'],
		[new Map([['key', { bad }]]), 'value.get("key").bad'],
		[
			new Map<unknown, unknown>([
				[1, 2],
				[{}, bad],
			]),
			'value.get(<key 1>)',
		],
		[new Map<unknown, unknown>([[bad, 1]]), 'value.keys()[0]'],
		[new Set([1, bad]), 'value.values()[1]'],
		[new Error('m', { cause: { bad } }), 'value.cause.bad'],
		[Object.assign(new Error('m'), { request: bad }), 'value.request'],
		[new AggregateError([bad]), 'value.errors[0]'],
		[Object.assign([1], { extra: { bad } }), 'value.extra.bad'],
		[Object.assign(new Array(9999), { 5000: bad }), 'value[5000]'],
		[Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, i === 40 ? bad : i])), 'value.k40'],
		[{ deep: Object.assign(new Map(), { own: bad }) }, 'value.deep.own'],
	])('%#', (value, path) => {
		expect(refusal(value).path).toBe(path);
	});

	test('is the shortest, through a graph with cycles', () => {
		const a: Record<string, unknown> = {};
		a.self = a;
		a.list = [{ a }, { a, far: bad }];
		a.near = bad;
		expect(refusal(a).path).toBe('value.near');
	});

	test('is found 50,000 deep', () => {
		let value: unknown = bad;
		for (let i = 0; i < 50_000; i++) value = [value];
		expect(refusal(value).path.length).toBe('value'.length + 3 * 50_000);
	});
});

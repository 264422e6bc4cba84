/** Values made in another realm (a vm context, a test runner's sandbox) are the same types, and come back as ours. */
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../../packages/runtime/src/codec/plain.ts';
import { NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';

const realm = createContext({});
const there = (code: string): unknown => runInContext(`(${code})`, realm);

describe('another realm', () => {
	test.each<[string, unknown]>([
		['({ a: { b: [1, 2] } })', { a: { b: [1, 2] } }],
		['[1, null, { x: 1 }]', [1, null, { x: 1 }]],
		['new Map([["a", new Set([1])]])', new Map([['a', new Set([1])]])],
		['new Date(5)', new Date(5)],
		['/a/gi', /a/gi],
		['Object.assign(new RangeError("m"), { code: 1 })', Object.assign(new RangeError('m'), { code: 1 })],
		['new Uint8Array([1, 2])', new Uint8Array([1, 2])],
		['new Float64Array([1.5]).buffer', new Float64Array([1.5]).buffer],
		['Object("boxed")', Object('boxed')],
		['Object.freeze({ a: 1 })', Object.freeze({ a: 1 })],
	])('%s', (code, expected) => {
		const copy = decode(encode({ value: there(code) })) as { value: object };
		expect(copy.value).toEqual(expected);
		expect(Object.getPrototypeOf(copy.value)).toBe(Object.getPrototypeOf(expected));
		expect(Object.isFrozen(copy.value)).toBe(Object.isFrozen(expected));
	});

	test('what cannot be saved is told as well', () => {
		expect(() => encode({ p: there('Promise.resolve(1)') })).toThrow(/native promise/);
		expect(() => encode({ f: there('() => 1') })).toThrow(NotSerializableError);
		expect(() => encode({ c: there('new (class Mine {})') })).toThrow(/'Mine'/);
	});
});

/** Bytes come in whatever the host reads them as; what is decoded has memory of its own. */
import { expect, test } from 'vitest';
import { decode, encode } from '../../../packages/runtime/src/codec/plain.ts';

test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
	['a Uint8Array', (bytes) => new Uint8Array(bytes)],
	['a Buffer of its own', (bytes) => Buffer.from(new Uint8Array(bytes).buffer)],
	['a Buffer out of the pool', (bytes) => Buffer.from(bytes)],
	[
		'a view into something larger',
		(bytes) => {
			const large = new Uint8Array(bytes.length + 20).fill(7);
			large.set(bytes, 13);
			return large.subarray(13, 13 + bytes.length);
		},
	],
])('from %s', (_, as) => {
	const value = { bytes: new Uint8Array([1, 2, 3]), floats: new Float64Array([1.5, -0]), buffer: new ArrayBuffer(4) };
	const input = as(encode(value));
	const copy = decode(input) as typeof value;
	expect(copy).toEqual(value);
	expect(copy.bytes.buffer.byteLength).toBe(3);
	input.fill(0);
	expect(copy).toEqual(value);
});

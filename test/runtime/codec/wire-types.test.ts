/** The table that the checker reads and the codec must not drift apart. */
import { UNSAVABLE_TYPES, WIRE_TYPES } from '@perdure/abi';
import { describe, expect, test } from 'vitest';
import { BUILT_IN } from '../../../packages/runtime/src/codec/codec.ts';
import { decode, encode } from '../../../packages/runtime/src/codec/plain.ts';
import { runCodec } from '../../../packages/runtime/src/machine/kinds.ts';

const typesOf = (kind: (typeof BUILT_IN)[number]) => [kind.type].flat();
const global = globalThis as unknown as Record<
	string,
	{ new (...args: unknown[]): object; prototype: object } | undefined
>;

describe('rows', () => {
	test.each(WIRE_TYPES.filter((row) => row.tag !== null))('$type is written as $tag', ({ type, tag, optional }) => {
		if (tag === 'A' || tag === 'O') return;
		const kind = runCodec.table.byTag.get(tag!);
		if (kind === undefined) {
			expect(optional).toBe(true);
			return;
		}
		if ('type' in kind && !type.startsWith('Readonly')) {
			const types = typesOf(kind as (typeof BUILT_IN)[number]);
			expect(optional === true || types.includes(type as never)).toBe(true);
		}
	});

	test('every kind of the codec has its row', () => {
		const rows = new Set(WIRE_TYPES.map(({ type, tag }) => `${type} ${tag}`));
		for (const kind of BUILT_IN) for (const type of typesOf(kind)) expect(rows).toContain(`${type} ${kind.tag}`);
	});

	test.each(
		WIRE_TYPES.filter((row) => row.tag !== null && row.type in globalThis && !['Symbol', 'BigInt'].includes(row.type)),
	)('an instance of $type comes back', ({ type }) => {
		const args: Record<string, unknown[]> = {
			DataView: [new ArrayBuffer(2)],
			URL: ['http://x/'],
			RegExp: ['a'],
			AggregateError: [[]],
		};
		const Class = global[type]!;
		const value = type === 'Buffer' ? Buffer.from('x') : new Class(...(args[type] ?? []));
		const copy = decode(encode(value)) as object;
		expect(Object.getPrototypeOf(copy)).toBe(Class.prototype);
	});

	test('no type is both savable and not', () => {
		const savable = new Set(WIRE_TYPES.map(({ type }) => type));
		expect(UNSAVABLE_TYPES.filter(({ type }) => savable.has(type))).toEqual([]);
		for (const { help } of UNSAVABLE_TYPES) expect(help).not.toBe('');
	});
});

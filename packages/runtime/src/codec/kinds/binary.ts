/** ArrayBuffer, typed arrays, DataView, Buffer. Sharing of a buffer stays; what is decoded never aliases its input. */
import { type BuiltIn, expect } from '../kind.ts';
import { Refusal } from '../refusal.ts';

interface Resizable {
	readonly resizable?: boolean;
	readonly maxByteLength?: number;
	readonly detached?: boolean;
}

/** Address space one decoded graph may reserve for buffers that can grow. */
const MOST_RESERVED = 2 ** 30;

export const arrayBuffer: BuiltIn = {
	type: 'ArrayBuffer',
	tag: 'B',
	prototypes: [ArrayBuffer.prototype],
	open: true,
	take(value: ArrayBuffer & Resizable) {
		if (value.detached)
			throw new Refusal('a detached ArrayBuffer', 'value', 'keep the buffer that took its contents', '');
		return value.resizable ? [value.byteLength, value.maxByteLength] : [value.byteLength];
	},
	blob: (value: ArrayBuffer) => new Uint8Array(value),
	make([length, most]: readonly unknown[], _: unknown, blob: Uint8Array | undefined) {
		expect(blob !== undefined && blob.length === length, 'a buffer has no content');
		// Not slice(): that of a Buffer, which is what files are read as, shares its memory.
		if (most === undefined) return new Uint8Array(blob).buffer;
		expect(typeof most === 'number' && most >= blob.length && most <= MOST_RESERVED, 'a buffer may grow too large');
		const made = new (ArrayBuffer as new (n: number, o: { maxByteLength: number }) => ArrayBuffer)(blob.length, {
			maxByteLength: most,
		});
		new Uint8Array(made).set(blob);
		return made;
	},
};

type View = ArrayBufferView & { readonly length?: number };
type ViewClass = new (buffer: ArrayBufferLike, offset: number, length?: number) => View;

interface ViewType {
	readonly prototype: object;
	/** Bytes an element. */
	readonly size: number;
	readonly make: (buffer: ArrayBuffer, offset: number, length: number | undefined) => View;
}

const NAMES =
	'Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array DataView'.split(
		' ',
	);
const global = globalThis as unknown as Record<string, (ViewClass & { BYTES_PER_ELEMENT?: number }) | undefined>;
const TYPES = new Map<string, ViewType>();
for (const name of NAMES) {
	const Class = global[name];
	if (Class === undefined) continue;
	TYPES.set(name, {
		prototype: Class.prototype,
		size: Class.BYTES_PER_ELEMENT ?? 1,
		make: (buffer, offset, length) =>
			length === undefined ? new Class(buffer, offset) : new Class(buffer, offset, length),
	});
}
/** Present in Node; elsewhere a Buffer in the bytes comes back as the Uint8Array that it is. */
const NodeBuffer = (globalThis as { Buffer?: typeof Buffer }).Buffer;
if (NodeBuffer !== undefined)
	TYPES.set('Buffer', {
		prototype: NodeBuffer.prototype,
		size: 1,
		make: (b, offset, n) => NodeBuffer.from(b, offset, n),
	});
else TYPES.set('Buffer', { ...TYPES.get('Uint8Array')!, prototype: {} });

const NAME_OF = new Map([...TYPES].map(([name, type]) => [type.prototype, name]));

const Typed = Object.getPrototypeOf(Int8Array.prototype);
const getter = (holder: object, key: string) => Object.getOwnPropertyDescriptor(holder, key)!.get! as () => unknown;
const READ = ['buffer', 'byteOffset', 'byteLength'] as const;
const readTyped = READ.map((key) => getter(Typed, key));
const readDataView = READ.map((key) => getter(DataView.prototype, key));
const tagOf = getter(Typed, Symbol.toStringTag as unknown as string);

interface Facts {
	readonly name: string;
	readonly buffer: ArrayBuffer & Resizable;
	readonly offset: number;
	readonly bytes: number;
}

function factsOf(value: object): Facts {
	const tag = tagOf.call(value) as string | undefined;
	const [buffer, offset, bytes] = (tag === undefined ? readDataView : readTyped).map((read) => read.call(value));
	return { name: nameOf(value, tag), buffer, offset, bytes } as Facts;
}

function nameOf(value: object, tag: string | undefined): string {
	if (tag === 'Uint8Array')
		for (let p = Object.getPrototypeOf(value); p !== null; p = Object.getPrototypeOf(p))
			if (p === NodeBuffer?.prototype) return 'Buffer';
	return tag ?? 'DataView';
}

const INDEX_SCAN = 1024;

export const view: BuiltIn = {
	type: [...TYPES.keys()],
	tag: 'T',
	prototypes: [...NAME_OF.keys()],
	open: true,
	moment: 'made',
	// Listing the own keys of a typed array makes a string of every index: long ones of no class of their
	// own are looked at for symbols only.
	extras(value: View) {
		if (value instanceof DataView) return Reflect.ownKeys(value);
		const length = value.length ?? 0;
		const long = length > INDEX_SCAN && NAME_OF.has(Object.getPrototypeOf(value));
		return long ? Object.getOwnPropertySymbols(value) : Reflect.ownKeys(value).slice(length);
	},
	take: (value: View) => partsOf(factsOf(value)),
	label: () => '.buffer',
	make([name, buffer, offset, length]: readonly unknown[]) {
		const type = typeof name === 'string' ? TYPES.get(name) : undefined;
		expect(type !== undefined, 'a view of an unknown type');
		expect(buffer instanceof ArrayBuffer, 'a view has no buffer');
		expect(typeof offset === 'number' && (length === undefined || typeof length === 'number'), 'a view has no place');
		return type.make(buffer, offset, length);
	},

	/**
	 * Small Buffers are cut from a pool that others use too: only the bytes that this graph's views
	 * cover are saved. All Buffers go this way, so that restored ones (no pool) are written alike.
	 */
	defers: (value: View) => NodeBuffer !== undefined && value instanceof NodeBuffer,
	takeAll(values: readonly View[], memo: WeakMap<object, unknown>) {
		const facts = values.map(factsOf);
		const regions = regionsOf(facts.filter(isPooled));
		return facts.map((f) => {
			if (!isPooled(f)) return partsOf(f);
			const region = regions.find((r) => r.pool === f.buffer && r.from <= f.offset && f.offset + f.bytes <= r.to)!;
			return partsOf({ ...f, buffer: contentOf(region, memo), offset: f.offset - region.from });
		});
	},
};

function partsOf({ name, buffer, offset, bytes }: Facts): unknown[] {
	if (!(buffer instanceof ArrayBuffer) && Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]')
		return [name, buffer, offset];
	if (buffer.detached)
		throw new Refusal('a view of a detached ArrayBuffer', 'value', 'keep the buffer that took its contents', '');
	const { size } = TYPES.get(name)!;
	// No engine says whether a view follows its resizable buffer; one that reaches to the end is taken to.
	const follows = buffer.resizable === true && buffer.byteLength - offset - bytes < size;
	return follows ? [name, buffer, offset] : [name, buffer, offset, bytes / size];
}

const isPooled = ({ buffer, bytes }: Facts) => buffer.byteLength === NodeBuffer?.poolSize && bytes < buffer.byteLength;

interface Region {
	readonly pool: ArrayBuffer;
	readonly from: number;
	to: number;
}

/** Overlapping views of a pool share a region, so that they still share their bytes afterwards. */
function regionsOf(facts: readonly Facts[]): Region[] {
	const regions: Region[] = [];
	const pools = new Set(facts.map((f) => f.buffer));
	for (const pool of pools) {
		let last: Region | undefined;
		for (const f of facts.filter((f) => f.buffer === pool).sort((a, b) => a.offset - b.offset)) {
			if (last !== undefined && f.offset < last.to) last.to = Math.max(last.to, f.offset + f.bytes);
			else if (last === undefined || last.from !== f.offset || f.bytes > 0)
				last = regions[regions.push({ pool, from: f.offset, to: f.offset + f.bytes }) - 1];
		}
	}
	return regions;
}

/** A buffer with the region's bytes, the same one each time as long as the region is the same. */
function contentOf({ pool, from, to }: Region, memo: WeakMap<object, unknown>): ArrayBuffer {
	const known = (memo.get(pool) as Map<string, ArrayBuffer> | undefined) ?? new Map<string, ArrayBuffer>();
	const content = known.get(`${from}-${to}`) ?? new ArrayBuffer(to - from);
	memo.set(pool, known.set(`${from}-${to}`, content));
	new Uint8Array(content).set(new Uint8Array(pool, from, to - from));
	return content;
}

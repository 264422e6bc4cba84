/** Are two graphs the same: values, types, prototypes, order and attributes of properties, and identity? */
import { isDeepStrictEqual } from 'node:util';

/** The path of the first difference, or undefined. Iterative, so that depth is no problem. */
export function difference(a: unknown, b: unknown): string | undefined {
	const pairs: [unknown, unknown, string][] = [[a, b, 'value']];
	const there = new Map<unknown, unknown>();
	const back = new Map<unknown, unknown>();
	const symbols = new Map<symbol, symbol>();
	const sameKey = (x: string | symbol, y: string | symbol) =>
		typeof x === 'symbol' && typeof y === 'symbol' ? sameSymbol(x, y, symbols) : x === y;
	for (;;) {
		const next = pairs.pop();
		if (next === undefined) return undefined;
		const [x, y, path] = next;
		if (typeof x === 'symbol' && typeof y === 'symbol') {
			if (!sameSymbol(x, y, symbols)) return `${path}: another symbol`;
			continue;
		}
		if (typeof x !== 'object' || x === null || typeof y !== 'object' || y === null) {
			if (!Object.is(x, y)) return `${path}: ${String(x)} became ${String(y)}`;
			continue;
		}
		if (there.has(x) || back.has(y)) {
			if (there.get(x) !== y || back.get(y) !== x) return `${path}: another identity`;
			continue;
		}
		there.set(x, y);
		back.set(y, x);
		if (x === y) return `${path}: the very same object`;
		if (Object.getPrototypeOf(x) !== Object.getPrototypeOf(y)) return `${path}: another prototype`;
		const content = contentDifference(x, y);
		if (content !== undefined) return `${path}: ${content}`;
		const keys = Reflect.ownKeys(x);
		const others = Reflect.ownKeys(y);
		// V8 lists `stack` where it was defined; that is no order of the program's.
		const [ks, os] =
			x instanceof Error ? [keys.filter((k) => k !== 'stack'), others.filter((k) => k !== 'stack')] : [keys, others];
		if (ks.length !== os.length || !ks.every((k, i) => sameKey(k, os[i]!)))
			return `${path}: keys ${ks.map(String)} became ${os.map(String)}`;
		if (x instanceof Error && stackOf(x) !== stackOf(y as Error)) return `${path}: another stack`;
		for (const [tag, test] of [
			['extensible', Object.isExtensible],
			['sealed', Object.isSealed],
			['frozen', Object.isFrozen],
		] as const)
			if (test(x) !== test(y)) return `${path}: ${tag} became ${test(y)}`;
		for (const [i, key] of ks.entries()) {
			const { value: v, get: _g, set: _s, ...da } = Object.getOwnPropertyDescriptor(x, key)!;
			const { value: w, get: _h, set: _t, ...db } = Object.getOwnPropertyDescriptor(y, os[i]!)!;
			if (!isDeepStrictEqual(da, db)) return `${path}.${String(key)}: other attributes`;
			if (typeof v !== 'function') pairs.push([v, w, `${path}.${String(key)}`]);
		}
		if (x instanceof Map) {
			const ys = [...(y as Map<unknown, unknown>)];
			for (const [i, [k, v]] of [...x].entries())
				pairs.push([k, ys[i]![0], `${path}.keys()[${i}]`], [v, ys[i]![1], `${path}.values()[${i}]`]);
		} else if (x instanceof Set) {
			const ys = [...(y as Set<unknown>)];
			for (const [i, v] of [...x].entries()) pairs.push([v, ys[i], `${path}.values()[${i}]`]);
		} else if (ArrayBuffer.isView(x) && !Buffer.isBuffer(x))
			pairs.push([x.buffer, (y as DataView).buffer, `${path}.buffer`]);
		else if (x instanceof URL) pairs.push([x.searchParams, (y as URL).searchParams, `${path}.searchParams`]);
	}
}

/** A name that is no text makes formatting fail. */
function stackOf(error: Error): string {
	try {
		return String(error.stack);
	} catch {
		return '';
	}
}

function sameSymbol(x: symbol, y: symbol, symbols: Map<symbol, symbol>): boolean {
	if (x === y) return true;
	const known = symbols.get(x);
	if (known !== undefined) return known === y;
	symbols.set(x, y);
	return x.description === y.description && Symbol.keyFor(x) === undefined && Symbol.keyFor(y) === undefined;
}

function contentDifference(x: object, y: object): string | undefined {
	const tag = Object.prototype.toString.call(x);
	if (tag !== Object.prototype.toString.call(y)) return `${tag} became ${Object.prototype.toString.call(y)}`;
	const read = (v: object): unknown => {
		if (v instanceof Date) return v.getTime();
		if (v instanceof RegExp) return [v.source, v.flags];
		if (v instanceof Map || v instanceof Set) return v.size;
		if (v instanceof Number || v instanceof String || v instanceof Boolean || v instanceof BigInt) return v.valueOf();
		if (v instanceof ArrayBuffer) return [v.byteLength, v.resizable, v.maxByteLength, Array.from(new Uint8Array(v))];
		// Where a Buffer lies in Node's pool is nobody's business.
		if (Buffer.isBuffer(v)) return v.toString('latin1');
		if (ArrayBuffer.isView(v)) return [v.byteOffset, v.byteLength];
		if (v instanceof URL) return v.href;
		if (v instanceof URLSearchParams) return String(v);
		if (v instanceof Headers) return [...v];
		if (v instanceof DOMException) return [v.name, v.message, v.code];
		return Array.isArray(v) ? v.length : undefined;
	};
	return isDeepStrictEqual(read(x), read(y)) ? undefined : 'other content';
}

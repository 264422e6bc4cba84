import { NotSerializableError } from '../errors/saving.ts';
import { type Host, Operands, type Recipes, runCodec, type Thunk } from './kinds.ts';

/**
 * Values copied at the border of a run (language.md, "Copies at the border"). Primitives are shared;
 * anything else is encoded once, and each release decodes a fresh copy. `live` are closures of the
 * run, passed as they are.
 */
export type Copied =
	| { readonly values: readonly unknown[] }
	| { readonly bytes: Uint8Array; readonly live: readonly unknown[] };

export const NOTHING: Copied = { values: [] };

/**
 * Copies a list of values, identity among them kept.
 * @param o.names of the values, for the path in the error; o.recipes: what may be made again.
 * @throws NotSerializableError
 */
export function capture(
	values: readonly unknown[],
	o: { readonly names?: readonly string[]; readonly recipes?: Recipes } = {},
): Copied {
	if (values.every(isPrimitive)) return { values: [...values] };
	const host: Host & { live: unknown[] } = { live: [], remade: new Map() };
	return { bytes: encode(values, host, o.names, o.recipes), live: host.live };
}

function encode(values: readonly unknown[], host: Host, names?: readonly string[], recipes?: Recipes): Uint8Array {
	return runCodec.encode(new Operands(values, names), { host, unsaveable: (value) => recipes?.get(value) });
}

/** Copies an outcome; null when it cannot be kept. */
export function captureOutcome(value: unknown): Copied | null {
	try {
		return capture([value]);
	} catch (error) {
		if (NotSerializableError.is(error)) return null;
		throw error;
	}
}

/** A fresh copy of the values. */
export function release(copied: Copied): unknown[] {
	return remake(copied).values;
}

/** A fresh copy of the values, with what tells later whether somebody changed it. */
export function remake(copied: Copied): { readonly values: unknown[]; readonly remade: ReadonlyMap<unknown, Thunk> } {
	const host: Host = { live: 'live' in copied ? [...copied.live] : [], remade: new Map() };
	if ('values' in copied) return { values: [...copied.values], remade: host.remade };
	const { values } = runCodec.decode(copied.bytes, { host }) as Operands;
	return { values: [...values], remade: host.remade };
}

/** Are these still what was copied? */
export function sameAs(copied: Copied, values: readonly unknown[], remade: Recipes): boolean {
	if ('values' in copied) return true;
	try {
		const again = encode(values, { live: [...copied.live], remade: new Map() }, [], remade);
		return again.length === copied.bytes.length && again.every((byte, i) => byte === copied.bytes[i]);
	} catch (error) {
		if (NotSerializableError.is(error)) return false;
		throw error;
	}
}

/** Bytes that are the same for equal copies. */
export function bytesOf(copied: Copied): Uint8Array {
	return 'bytes' in copied ? copied.bytes : encode(copied.values, { live: [], remade: new Map() });
}

function isPrimitive(value: unknown): boolean {
	if (typeof value === 'symbol') return false;
	return (typeof value !== 'object' && typeof value !== 'function') || value === null;
}

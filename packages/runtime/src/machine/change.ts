import { propertySegment } from '../codec/refusal.ts';
import { SKIPPED } from './thunk-kinds.ts';

/**
 * Where two graphs that should be equal first differ, in the order a person would read them: the path
 * from the names of their roots. Runs no code of the user's: only data properties are looked at.
 */
export function firstChange(before: readonly unknown[], after: readonly unknown[], names: readonly string[]): string {
	for (let i = 0; i < names.length; i++) {
		const path = changeIn(before[i], after[i], names[i]!);
		if (path !== null) return path;
	}
	// What only hooks see, or who shares what with whom.
	return names.filter((_, i) => isObject(after[i])).join(' or ');
}

interface Pair {
	readonly a: unknown;
	readonly b: unknown;
	readonly path: string;
}

function changeIn(a: unknown, b: unknown, name: string): string | null {
	const stack: Pair[] = [{ a, b, path: name }];
	const met = new Map<object, object>();
	for (let pair = stack.pop(); pair !== undefined; pair = stack.pop()) {
		const { a, b, path } = pair;
		if (a === SKIPPED || Object.is(a, b)) continue;
		if (!isObject(a) || !isObject(b) || typeof a === 'function') return path;
		if (met.get(a) === b) continue;
		met.set(a, b);
		const inner = parts(a, b, path);
		if (inner === null) return path;
		stack.push(...inner.reverse());
	}
	return null;
}

/** What two objects hold, side by side; null when they differ by themselves. */
function parts(a: object, b: object, path: string): Pair[] | null {
	if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) || contentOf(a) !== contentOf(b)) return null;
	const pairs: Pair[] = [];
	if (a instanceof Map && b instanceof Map) {
		if (a.size !== b.size) return null;
		const others = [...b];
		for (const [i, [key, value]] of [...a].entries()) {
			const shown = isObject(key) ? `[${i}]` : `.get(${typeof key === 'string' ? JSON.stringify(key) : String(key)})`;
			pairs.push({ a: key, b: others[i]![0], path }, { a: value, b: others[i]![1], path: path + shown });
		}
	}
	if (a instanceof Set && b instanceof Set) {
		if (a.size !== b.size) return null;
		const others = [...b];
		for (const [i, value] of [...a].entries()) pairs.push({ a: value, b: others[i], path });
	}
	// The elements of a view are its content.
	if (!ArrayBuffer.isView(a)) pairs.push(...properties(a, b, path));
	return pairs;
}

function properties(a: object, b: object, path: string): Pair[] {
	const keys = new Set([...Reflect.ownKeys(a), ...Reflect.ownKeys(b)]);
	// A changed length is told by what came or went: report the array, not its `length`.
	if (Array.isArray(a) && Array.isArray(b)) {
		if (a.length !== b.length) return [{ a: a.length, b: b.length, path }];
		keys.delete('length');
	}
	return [...keys].map((key) => ({ a: dataOf(a, key), b: dataOf(b, key), path: path + propertySegment(key) }));
}

/** Not there, or not a data property. */
const ABSENT = Symbol('absent');

function dataOf(holder: object, key: string | symbol): unknown {
	const descriptor = Object.getOwnPropertyDescriptor(holder, key);
	return descriptor !== undefined && 'value' in descriptor ? descriptor.value : ABSENT;
}

/** What is no property and no part, as a text. */
function contentOf(value: object): string {
	if (value instanceof Date) return String(value.getTime());
	if (value instanceof URL || value instanceof URLSearchParams) return String(value);
	if (value instanceof Headers) return JSON.stringify([...value]);
	if (ArrayBuffer.isView(value)) return bytes(value.buffer, value.byteOffset, value.byteLength);
	if (value instanceof ArrayBuffer) return bytes(value, 0, value.byteLength);
	return '';
}

function bytes(buffer: ArrayBufferLike, from: number, length: number): string {
	return new Uint8Array(buffer, from, length).join();
}

function isObject(value: unknown): value is object {
	return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

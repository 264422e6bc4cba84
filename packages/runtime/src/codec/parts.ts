/** Parts of rows as they are read: the bytes may be anybody's. */
import type { Level } from './format.ts';
import { expect } from './kind.ts';
import { setOwn } from './own.ts';

export const NO_PARTS: readonly unknown[] = [];

const FEW_KEYS = 8;

export function isUnique(keys: readonly unknown[]): boolean {
	if (keys.length > FEW_KEYS) return new Set(keys).size === keys.length;
	for (let i = 1; i < keys.length; i++) if (keys.indexOf(keys[i]) !== i) return false;
	return true;
}

export function levelIn(part: unknown): Level {
	expect(part === 0 || part === 1 || part === 2 || part === 3, 'a level is unknown');
	return part;
}

export function isIndex(part: unknown, below: number): part is number {
	return typeof part === 'number' && Number.isInteger(part) && part >= 0 && part < below;
}

/** `push` by definition, not by the setters that a subclass may have: an array subclass is filled like an array. */
export function setNext(array: unknown[], value: unknown): void {
	if (Object.getPrototypeOf(array) === Array.prototype) array.push(value);
	else setOwn(array, String(array.length), value);
}

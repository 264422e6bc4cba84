/** Own properties, read without running anybody's code: accessors and odd attributes are refused. */
import type { Level } from './format.ts';
import { refuseAttribute } from './refusal.ts';

const { getOwnPropertyDescriptor, isExtensible, isFrozen, isSealed } = Object;

export function levelOf(value: object): Level {
	return isExtensible(value) ? 0 : isFrozen(value) ? 3 : isSealed(value) ? 2 : 1;
}

/** The value of an own property that is what assignment makes, or what sealing or freezing the whole made of it. */
export function ownValue(holder: object, key: string | symbol | number, level: Level): unknown {
	const d = getOwnPropertyDescriptor(holder, key)!;
	if (d.enumerable && (level === 0 ? d.writable && d.configurable : fits(d, level))) return d.value;
	throw refuseAttribute(typeof key === 'number' ? String(key) : key, d);
}

function fits(d: PropertyDescriptor, level: Level): boolean {
	if (d.get !== undefined || d.set !== undefined) return false;
	// Properties that were locked one by one are locked by the level as well, or the level would be lower.
	return level === 3 || (level === 2 && d.writable === true) || (d.writable === true && d.configurable === true);
}

/** Locks a restored object as its original was. */
export function applyLevel(value: object, level: Level): void {
	if (level === 1) Object.preventExtensions(value);
	else if (level === 2) Object.seal(value);
	else if (level === 3) Object.freeze(value);
}

/** Adds an own property as assignment would on a fresh object: no setter of a prototype is ever run. */
export function setOwn(holder: object, key: string | symbol, value: unknown): void {
	Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether plain assignment of the key to a fresh `{}` makes an own property. */
export function assignable(key: string | symbol): boolean {
	return !(key in Object.prototype);
}

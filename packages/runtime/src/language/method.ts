import { definitionOf } from '../registry/functions.ts';
import { type Callable, shared } from '../registry/shared.ts';

/** Stands for a method that is read from its receiver again when it is next called: savable, and no function. */
export const AGAIN = true;

/**
 * A method that was read once from a receiver and outlives an await. A closure of the run is saved
 * itself; any other function is, where that is surely the same, read from the receiver again. What is
 * neither is left as it is: saving it says that it cannot be saved.
 */
export function savedMethod(receiver: unknown, key: PropertyKey, method: unknown): unknown {
	if (typeof method !== 'function' || definitionOf(method) !== undefined) return method;
	for (let holder: unknown = receiver; isObject(holder); holder = Object.getPrototypeOf(holder)) {
		const found = Object.getOwnPropertyDescriptor(holder, key);
		if (found !== undefined) return found.value === method ? AGAIN : method;
	}
	return method;
}

/** A call that the language itself makes and awaits for the step of `frame`. */
export function callAwaited(frame: unknown, method: Callable, self: unknown, args: readonly unknown[] = []): unknown {
	if (shared.current === null) return Reflect.apply(method, self, args);
	return shared.current.awaited(frame, method, self, [...args]);
}

/** GetMethod (7.3.11). */
export function methodOf(iterator: object, name: 'throw' | 'return'): Callable | undefined {
	const method = (iterator as Record<string, unknown>)[name];
	if (method === undefined || method === null) return undefined;
	if (typeof method !== 'function') throw new TypeError(`${String(method)} is not a function`);
	return method as Callable;
}

export function noThrow(): TypeError {
	return new TypeError("The iterator does not provide a 'throw' method.");
}

function isObject(value: unknown): value is object {
	return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

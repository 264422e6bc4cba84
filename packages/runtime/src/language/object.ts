/** Operations on objects that lowered destructuring and calls need by name. */

/** ToPropertyKey (ECMA-262, 7.1.19). */
export function propertyKey(value: unknown): string | symbol {
	if (typeof value === 'symbol') return value;
	if (typeof value === 'string') return value;
	// An object literal's computed key is where the language itself applies ToPropertyKey, @@toPrimitive included.
	return Reflect.ownKeys({ [value as string]: 0 })[0]!;
}

/** RequireObjectCoercible (7.2.1), with the message of a failed destructuring. */
export function coercible(value: unknown): unknown {
	if (value === undefined || value === null) {
		throw new TypeError(`Cannot destructure '${value}' as it is ${value}.`);
	}
	return value;
}

/** CopyDataProperties for an object rest pattern (7.3.26): `excluded` are property keys. */
export function restOf(source: object, excluded: readonly (string | symbol)[]): object {
	const from = Object(source);
	const rest: Record<string | symbol, unknown> = {};
	for (const key of Reflect.ownKeys(from)) {
		if (excluded.includes(key)) continue;
		if (!Object.prototype.propertyIsEnumerable.call(from, key)) continue;
		Object.defineProperty(rest, key, { value: from[key], writable: true, enumerable: true, configurable: true });
	}
	return rest;
}

/** GetTemplateObject (13.2.8.4): the caller keeps it, one a site. */
export function templateObject(cooked: readonly (string | undefined)[], raw: readonly string[]): readonly unknown[] {
	const strings = [...cooked];
	Object.defineProperty(strings, 'raw', { value: Object.freeze([...raw]) });
	return Object.freeze(strings);
}

/** PropertyDefinitionEvaluation of a getter or setter (13.2.5.5), which keeps the other half. */
export function accessor(object: object, key: string | symbol, kind: 'get' | 'set', fn: unknown): object {
	return Object.defineProperty(object, key, { [kind]: fn, enumerable: true, configurable: true });
}

/** The getter or setter that an object literal was made for. */
export function accessorIn(object: object): unknown {
	const { get, set } = Object.getOwnPropertyDescriptor(object, Reflect.ownKeys(object)[0]!)!;
	return get ?? set;
}

/** The rest of an object literal behind a getter or setter: its properties are defined, its `__proto__: value` counts. */
export function properties(object: object, more: object): object {
	const prototype: unknown = Object.getPrototypeOf(more);
	if (prototype !== Object.prototype) Object.setPrototypeOf(object, prototype as object | null);
	return Object.defineProperties(object, Object.getOwnPropertyDescriptors(more));
}

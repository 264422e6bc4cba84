/**
 * `super` outside the method that it was written in: a step stands beside its class, so what a super
 * reference goes to is told by the method's home object (ECMA-262 13.3.7.3, MakeSuperPropertyReference).
 */

/** `super[key]`, read with `this`: what a call of it calls. */
export function superGet(home: object, self: unknown, key: PropertyKey): unknown {
	return Reflect.get(baseOf(home, key), key, self);
}

/** `super` as an object: what is read from it, written to it or called on it goes to where `super` leads. */
export function superOf(home: object, self: unknown): object {
	return new Proxy(TARGET, {
		get: (_, key) => superGet(home, self, key),
		set: (_, key, value) => Reflect.set(baseOf(home, key), key, value, self),
		deleteProperty() {
			throw new ReferenceError("Unsupported reference to 'super'");
		},
	});
}

const TARGET = Object.freeze(Object.create(null) as object);

function baseOf(home: object, key: PropertyKey): object {
	const base = Object.getPrototypeOf(home) as object | null;
	if (base === null) throw new TypeError(`Cannot read properties of null (reading '${String(key)}')`);
	return base;
}

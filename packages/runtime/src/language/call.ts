/** Calls that have no syntax of their own once their parts are evaluated apart. */

/** `new C(...args)` as a call on the receiver `C`. */
export function construct(this: unknown, ...args: unknown[]): object {
	if (typeof this !== 'function') throw new TypeError(`${String(this)} is not a constructor`);
	return Reflect.construct(this, args) as object;
}

/** Calls a callee that was read before its arguments were evaluated; `name` is what the user wrote. */
export function invoke(callee: unknown, self: unknown, args: unknown[], name: string): unknown {
	if (typeof callee !== 'function') throw new TypeError(`${name} is not a function`);
	return Reflect.apply(callee, self, args);
}

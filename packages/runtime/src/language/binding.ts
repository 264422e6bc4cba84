/** Bindings that a native `let` cannot express across suspension points (ECMA-262, 9.1 Environment Records). */

/** A captured variable: shared by the frame and every closure over it. */
export class Cell {
	v: unknown;
	constructor(v: unknown) {
		this.v = v;
	}
}

/** What a binding holds before it is initialised: an object, so that the codec knows it by its class. */
export class Uninitialised {}

export const TDZ = Object.freeze(new Uninitialised());

/** GetBindingValue: throws the ReferenceError of a binding in its temporal dead zone. */
export function tdz(value: unknown, name: string): unknown {
	if (value === TDZ) throw new ReferenceError(`Cannot access '${name}' before initialization`);
	return value;
}

/** SetMutableBinding on an immutable binding. */
export function constant(_name: string): never {
	throw new TypeError('Assignment to constant variable.');
}

/** Values that a person who looks at a run must not see. */
import { serializable } from './classes.ts';

/** No property, so that nothing that prints or copies objects, however thoroughly, takes one out by accident. */
const values = new WeakMap<object, unknown>();

/** A value in a box: saved like any other, shown as `[secret]` wherever it is printed or inspected. */
export class Secret<T> {
	constructor(value: T) {
		values.set(this, value);
	}

	get value(): T {
		return values.get(this) as T;
	}

	toString(): string {
		return '[secret]';
	}

	toJSON(): string {
		return '[secret]';
	}

	[Symbol.for('nodejs.util.inspect.custom')](): string {
		return '[secret]';
	}

	static is(value: unknown): value is Secret<unknown> {
		return typeof value === 'object' && value !== null && BRAND in value;
	}
}

const BRAND = Symbol.for('perdure.secret');
Object.defineProperty(Secret.prototype, BRAND, { value: true });

serializable(
	Secret,
	{ serialize: (secret: Secret<unknown>) => secret.value, deserialize: (value) => new Secret(value) },
	{ id: 'perdure#Secret' },
);

/** Marks a value: `inspect` and logs show it redacted. Read it with `.value`. */
export function secret<T>(value: T): Secret<T> {
	return new Secret(value);
}

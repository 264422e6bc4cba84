/** The type of what may be saved, for signatures of the user's own. */

type Never = ((...args: never[]) => unknown) | PromiseLike<unknown> | WeakMap<object, unknown> | WeakSet<object>;

/**
 * `T` where everything in it may be saved as far as types can tell, with `never` in the places where not.
 * As the type of a parameter: `<T>(value: Serializable<T>)`; as a constraint, for the compiler's checker:
 * `<T extends Serializable>`. Classes are checked at compile time by the checker,
 * which knows what is registered; methods of an object type are not in the way.
 */
export type Serializable<T = unknown> = T extends Never
	? never
	: T extends Map<infer K, infer V>
		? Map<Serializable<K>, Serializable<V>>
		: T extends Set<infer V>
			? Set<Serializable<V>>
			: T extends readonly unknown[]
				? { [I in keyof T]: Serializable<T[I]> }
				: T;

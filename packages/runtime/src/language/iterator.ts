/**
 * Iterator objects of durable code. A native iterator hides how far it has come, so the one that a
 * built-in gives in a run is replaced, before anybody sees it, by one of these, which can be saved.
 * Its prototype has a `next` of ours and inherits the rest from the native one: its tag, `instanceof
 * Iterator`, the iterator helpers. Foreign code iterates it like any other.
 */
import { ArraySteps, type CollectionSteps, describe, StringSteps } from './iterate.ts';
import { MatchSteps } from './match-steps.ts';

export type NativeSteps = ArraySteps | StringSteps | CollectionSteps | MatchSteps;

const prototypeOf = Object.getPrototypeOf as (value: object) => object;

/** Prototypes of native iterators, by the name under which ours are saved. */
export const NATIVE_PROTOTYPES = {
	array: prototypeOf([][Symbol.iterator]()),
	string: prototypeOf(''[Symbol.iterator]()),
	map: prototypeOf(new Map().entries()),
	set: prototypeOf(new Set().values()),
	match: prototypeOf(/./[Symbol.matchAll]('')),
} as const;

export type IteratorName = keyof typeof NATIVE_PROTOTYPES;

/** Private, so that no program sees a property that a native iterator does not have. */
class IteratorObject {
	#steps: NativeSteps | null;

	constructor(steps: NativeSteps | null) {
		this.#steps = steps;
	}

	next(): IteratorResult<unknown, undefined> {
		if (!(#steps in this)) throw new TypeError(`next method called on incompatible receiver ${describe(this)}`);
		const steps = this.#steps!;
		if (!steps.step()) return { value: undefined, done: true };
		const { value } = steps;
		// What has been handed out is not kept alive.
		steps.value = undefined;
		return { value, done: false };
	}

	static stepsOf(value: object): NativeSteps | null | undefined {
		return #steps in value ? value.#steps : undefined;
	}

	static fill(value: IteratorObject, steps: NativeSteps): void {
		value.#steps = steps;
	}
}

export type { IteratorObject };
export const { stepsOf, fill: fillIterator } = IteratorObject;

/** What ours have as `next`. */
export const iteratorNext: () => IteratorResult<unknown> = IteratorObject.prototype.next;

const classes = Object.fromEntries(
	Object.entries(NATIVE_PROTOTYPES).map(([name, native]) => {
		const Class = class extends IteratorObject {};
		inheritFrom(Class.prototype, native, { next: iteratorNext });
		return [name, Class];
	}),
) as Record<IteratorName, typeof IteratorObject>;

export const ITERATOR_PROTOTYPES: readonly object[] = Object.values(classes).map((Class) => Class.prototype);

/** Makes `prototype` one that has nothing but the given methods on top of the native one. */
export function inheritFrom(prototype: object, native: object, methods: Record<string, unknown>): void {
	Object.setPrototypeOf(prototype, native);
	for (const key of Reflect.ownKeys(prototype)) Reflect.deleteProperty(prototype, key);
	for (const [key, value] of Object.entries(methods))
		Object.defineProperty(prototype, key, { value, writable: true, enumerable: false, configurable: true });
}

/** An iterator that stands where `steps` stand. */
export function iteratorOver(steps: NativeSteps): object {
	return new classes[nameOf(steps)](steps);
}

/** One that gets its steps when they are decoded. */
export function emptyIterator(name: IteratorName): IteratorObject {
	return new classes[name](null);
}

export function nameOf(steps: NativeSteps): IteratorName {
	if (steps instanceof ArraySteps) return 'array';
	if (steps instanceof StringSteps) return 'string';
	if (steps instanceof MatchSteps) return 'match';
	return steps.source instanceof Map ? 'map' : 'set';
}

export function isIteratorName(name: unknown): name is IteratorName {
	return typeof name === 'string' && Object.hasOwn(classes, name);
}

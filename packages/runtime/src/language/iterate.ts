import { AGAIN, methodOf } from './method.ts';

/**
 * The iterator of a `for-of` or `for-in` whose body suspends. Native iterators hide their position,
 * so those of arrays, strings, maps, sets and typed arrays are replaced by records that say where
 * they are; anything else keeps its own iterator, which is saved if its parts can be.
 *
 * A record is entered by emitted code as `step()` (IteratorStepValue: true when there is a `value`),
 * `close()` (IteratorClose of a normal, break or return completion) and `closeThrow()` (of a throw
 * completion, which wins over errors of `return`). ECMA-262 7.4.
 */
export interface Steps {
	value: unknown;
	/** Does nobody see when it is closed? */
	readonly quiet?: boolean;
	/** `args`: what `next` of an iterator that is not built in gets. */
	step(args?: readonly unknown[]): boolean;
	close(): void;
	closeThrow(): void;
}

/** What is iterated: the values, the keys, or pairs of both. */
export type IterationKind = 'values' | 'keys' | 'entries';

type Indexed = { readonly length: number; readonly [index: number]: unknown };

const ArrayIteratorPrototype = Object.getPrototypeOf([][Symbol.iterator]());
const StringIteratorPrototype = Object.getPrototypeOf(''[Symbol.iterator]());
const MapIteratorPrototype = Object.getPrototypeOf(new Map().entries());
const SetIteratorPrototype = Object.getPrototypeOf(new Set().values());
const TypedArray = Object.getPrototypeOf(Uint8Array);

const nativeNext = {
	array: ArrayIteratorPrototype.next,
	string: StringIteratorPrototype.next,
	map: MapIteratorPrototype.next,
	set: SetIteratorPrototype.next,
};

const lengthOfTypedArray = Object.getOwnPropertyDescriptor(TypedArray.prototype, 'length')!.get!;

/** Which native method makes which iteration, to recognise a built-in by identity and never by name. */
const methods = new Map<
	unknown,
	{ readonly of: 'array' | 'typed' | 'string' | 'map' | 'set'; readonly kind: IterationKind }
>([
	[Array.prototype.values, { of: 'array', kind: 'values' }],
	[Array.prototype.keys, { of: 'array', kind: 'keys' }],
	[Array.prototype.entries, { of: 'array', kind: 'entries' }],
	[TypedArray.prototype.values, { of: 'typed', kind: 'values' }],
	[TypedArray.prototype.keys, { of: 'typed', kind: 'keys' }],
	[TypedArray.prototype.entries, { of: 'typed', kind: 'entries' }],
	[String.prototype[Symbol.iterator], { of: 'string', kind: 'values' }],
	[Map.prototype.entries, { of: 'map', kind: 'entries' }],
	[Map.prototype.keys, { of: 'map', kind: 'keys' }],
	[Map.prototype.values, { of: 'map', kind: 'values' }],
	[Set.prototype.values, { of: 'set', kind: 'values' }],
	[Set.prototype.entries, { of: 'set', kind: 'entries' }],
]);

/** GetIterator(iterable, sync). */
export function iterate(iterable: unknown): Steps {
	const method = (iterable as { [Symbol.iterator]?: unknown } | null | undefined)?.[Symbol.iterator];
	if (typeof method !== 'function') throw new TypeError(`${describe(iterable)} is not iterable`);
	return fromMethod(iterable, method as () => unknown);
}

/** GetIterator of `receiver[key]()`: the head of `for (const [i, x] of list.entries())`. */
export function iterateCall(receiver: unknown, key: PropertyKey): Steps {
	const method = (receiver as Record<PropertyKey, unknown>)[key];
	if (typeof method !== 'function') throw new TypeError(`${describe(receiver)}.${String(key)} is not a function`);
	const native = nativeSteps(receiver, method);
	if (native !== null) return native;
	return iterate(Reflect.apply(method, receiver, []));
}

/** EnumerateObjectProperties (14.7.5.9): own and inherited string keys, each once, deleted ones left out. */
export function enumerate(object: unknown): Steps {
	const keys: string[] = [];
	// The engine's own enumeration gives the order and the shadowing rules.
	for (const key in object as object) keys.push(key);
	return new KeySteps(object === undefined || object === null ? object : Object(object), keys, 0);
}

function fromMethod(iterable: unknown, method: () => unknown): Steps {
	const native = nativeSteps(iterable, method);
	if (native !== null) return native;
	const iterator = Reflect.apply(method, iterable, []);
	if (!isObject(iterator)) throw new TypeError(`Result of the Symbol.iterator method is not an object`);
	return new ForeignSteps(iterator as Iterator<unknown>, (iterator as Iterator<unknown>).next);
}

/** Where a built-in iterator that `method` makes of `source` stands at its start; null for any other method. */
export function nativeSteps(source: unknown, method: unknown): ArraySteps | StringSteps | CollectionSteps | null {
	const known = methods.get(method);
	if (known === undefined) return null;
	switch (known.of) {
		case 'array':
			// Array.prototype.values of any array-like is an array iterator.
			if (source === undefined || source === null || ArrayIteratorPrototype.next !== nativeNext.array) return null;
			return new ArraySteps(Object(source) as Indexed, 0, known.kind);
		case 'typed':
			// Anything that is no typed array, or is out of bounds, fails as the method itself does.
			if (!isTypedArray(source) || ArrayIteratorPrototype.next !== nativeNext.array) return null;
			return new ArraySteps(source as unknown as Indexed, 0, known.kind);
		case 'string':
			if (typeof source !== 'string' || StringIteratorPrototype.next !== nativeNext.string) return null;
			return new StringSteps(source, 0);
		case 'map':
			if (!isMap(source) || MapIteratorPrototype.next !== nativeNext.map) return null;
			return new CollectionSteps(source, known.kind, 0);
		case 'set':
			if (!isSet(source) || SetIteratorPrototype.next !== nativeNext.set) return null;
			return new CollectionSteps(source, known.kind, 0);
	}
}

/** %ArrayIteratorPrototype%.next (23.1.5.2.1): arrays, array-likes and typed arrays. */
export class ArraySteps implements Steps {
	value: unknown;
	readonly quiet = true;
	/** null once the end was reached: it stays there even if the array grows again. */
	source: Indexed | null;
	index: number;
	readonly kind: IterationKind;

	constructor(source: Indexed | null, index: number, kind: IterationKind) {
		this.source = source;
		this.index = index;
		this.kind = kind;
	}

	step(): boolean {
		const source = this.source;
		if (source === null) return false;
		const index = this.index;
		if (index >= lengthOf(source)) {
			this.source = null;
			this.value = undefined;
			return false;
		}
		this.index = index + 1;
		this.value = this.kind === 'values' ? source[index] : this.kind === 'keys' ? index : [index, source[index]];
		return true;
	}

	close(): void {}
	closeThrow(): void {}
}

/** %StringIteratorPrototype%.next (22.1.5.1.1): by code point. */
export class StringSteps implements Steps {
	value: unknown;
	readonly quiet = true;
	readonly source: string;
	index: number;

	constructor(source: string, index: number) {
		this.source = source;
		this.index = index;
	}

	step(): boolean {
		if (this.index >= this.source.length) return false;
		const point = String.fromCodePoint(this.source.codePointAt(this.index)!);
		this.index += point.length;
		this.value = point;
		return true;
	}

	close(): void {}
	closeThrow(): void {}
}

/**
 * Maps and sets. A native iterator does the walking, so that deletion and insertion meanwhile are the
 * engine's; what is still ahead of it are always the last entries in order, so `position()` is exact
 * however many were deleted.
 */
export class CollectionSteps implements Steps {
	value: unknown;
	readonly quiet = true;
	readonly source: Map<unknown, unknown> | Set<unknown>;
	readonly kind: IterationKind;
	done = false;
	readonly #next: () => IteratorResult<unknown>;
	#native: Iterator<unknown>;

	constructor(source: Map<unknown, unknown> | Set<unknown>, kind: IterationKind, position: number) {
		this.source = source;
		this.kind = kind;
		this.#next = isMap(source) ? nativeNext.map : nativeNext.set;
		this.#native = walk(source, kind, position);
	}

	step(): boolean {
		if (this.done) return false;
		const result = Reflect.apply(this.#next, this.#native, []);
		if (result.done) {
			this.done = true;
			this.value = undefined;
			return false;
		}
		this.value = result.value;
		return true;
	}

	/** How many of the present entries lie behind it. Walks what lies ahead. */
	position(): number {
		if (this.done) return sizeOf(this.source);
		let ahead = 0;
		while (!Reflect.apply(this.#next, this.#native, []).done) ahead++;
		const position = sizeOf(this.source) - ahead;
		this.#native = walk(this.source, this.kind, position);
		return position;
	}

	close(): void {}
	closeThrow(): void {}
}

/** `for-in`: a key that was deleted before its turn is not visited. */
export class KeySteps implements Steps {
	value: unknown;
	object: unknown;
	keys: readonly string[];
	index: number;

	constructor(object: unknown, keys: readonly string[], index: number) {
		this.object = object;
		this.keys = keys;
		this.index = index;
	}

	step(): boolean {
		while (this.index < this.keys.length) {
			const key = this.keys[this.index++]!;
			if (key in (this.object as object)) {
				this.value = key;
				return true;
			}
		}
		return false;
	}

	close(): void {}
	closeThrow(): void {}
}

/** An iterator of the user's own. */
export class ForeignSteps implements Steps {
	value: unknown;
	readonly iterator: Iterator<unknown>;
	/** Read once, as ECMA-262's iterator record does; `AGAIN` after a restore. */
	next: unknown;
	/** The result that ended it. */
	last: unknown;
	/** [[Done]] of the iterator record: it ended, was closed, or threw by itself. Nothing of it is called any more. */
	done = false;

	constructor(iterator: Iterator<unknown>, next: unknown) {
		this.iterator = iterator;
		this.next = next;
	}

	step(args?: readonly unknown[]): boolean {
		if (this.done) return false;
		// Done unless all below goes well: an iterator that throws is never closed (7.4.8, IteratorStep).
		this.done = true;
		this.value = undefined;
		const result = this.advance(args);
		if (!isObject(result)) throw new TypeError(`Iterator result ${describe(result)} is not an object`);
		if ((result as IteratorResult<unknown>).done) {
			this.last = result;
			return false;
		}
		this.value = (result as IteratorResult<unknown>).value;
		this.done = false;
		return true;
	}

	/** Calls `next`, and gives what that gives. */
	advance(args: readonly unknown[] = []): unknown {
		if (this.next === AGAIN) this.next = this.iterator.next;
		if (typeof this.next !== 'function') throw new TypeError(`${describe(this.next)} is not a function`);
		return Reflect.apply(this.next, this.iterator, args);
	}

	/** The value of the result that ended it, which a `for-of` never reads. */
	lastValue(): unknown {
		const { last } = this;
		this.last = undefined;
		return (last as { value?: unknown } | undefined)?.value;
	}

	/** Calls `return` or `throw`, and gives what that gives; null where there is no such method. Closes nothing. */
	call(name: 'return' | 'throw', args: readonly unknown[]): IteratorResult<unknown> | null {
		const method = methodOf(this.iterator, name);
		if (method === undefined) return null;
		const result: unknown = Reflect.apply(method, this.iterator, args);
		if (!isObject(result)) throw new TypeError(`${describe(result)} is not an object`);
		return result as IteratorResult<unknown>;
	}

	close(): void {
		if (this.done) return;
		this.done = true;
		this.call('return', []);
	}

	closeThrow(): void {
		if (this.done) return;
		this.done = true;
		try {
			const method = this.iterator.return;
			if (method !== undefined && method !== null) Reflect.apply(method, this.iterator, []);
		} catch {
			// The completion that closes it wins (7.4.11, step 6).
		}
	}
}

// The built-in methods themselves: a subclass may have others under their names.
const [mapIs, setIs, mapSize, setSize] = [
	Map.prototype.has,
	Set.prototype.has,
	Object.getOwnPropertyDescriptor(Map.prototype, 'size')!.get!,
	Object.getOwnPropertyDescriptor(Set.prototype, 'size')!.get!,
];
const mapMethods = { values: Map.prototype.values, keys: Map.prototype.keys, entries: Map.prototype.entries };
const setMethods = { values: Set.prototype.values, keys: Set.prototype.keys, entries: Set.prototype.entries };
const keysOfTypedArray = TypedArray.prototype.keys;
const tagOfTypedArray = Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag)!.get!;

/** A native iterator of the collection that has walked past so many entries. */
function walk(source: Map<unknown, unknown> | Set<unknown>, kind: IterationKind, position: number): Iterator<unknown> {
	const ofMap = isMap(source);
	const made = Reflect.apply((ofMap ? mapMethods : setMethods)[kind], source, []);
	const next = ofMap ? nativeNext.map : nativeNext.set;
	for (let i = 0; i < position; i++) Reflect.apply(next, made, []);
	return made;
}

function sizeOf(source: Map<unknown, unknown> | Set<unknown>): number {
	return Reflect.apply(isMap(source) ? mapSize : setSize, source, []);
}

function isMap(value: unknown): value is Map<unknown, unknown> {
	return isObject(value) && answers(mapIs, value);
}

function isSet(value: unknown): value is Set<unknown> {
	return isObject(value) && answers(setIs, value);
}

/** Does a built-in accept the object as its receiver? */
function answers(method: (key: unknown) => boolean, value: object): boolean {
	try {
		Reflect.apply(method, value, [undefined]);
		return true;
	} catch {
		return false;
	}
}

/** The name of its type is known to no object but a typed array. */
function isTypedArray(value: unknown): value is Uint8Array {
	return ArrayBuffer.isView(value) && Reflect.apply(tagOfTypedArray, value, []) !== undefined;
}

/** @throws TypeError for a typed array that is out of bounds or detached. */
function lengthOf(source: Indexed): number {
	if (!isTypedArray(source)) return Math.min(Math.max(Math.trunc(+source.length) || 0, 0), Number.MAX_SAFE_INTEGER);
	const length = Reflect.apply(lengthOfTypedArray, source, []);
	// The getter says 0 where the iterator throws: so does each method that reads elements.
	if (length === 0) Reflect.apply(keysOfTypedArray, source, []);
	return length;
}

export function isObject(value: unknown): value is object {
	return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

export function describe(value: unknown): string {
	if (typeof value === 'string') return JSON.stringify(value);
	if (typeof value === 'function') return value.name || 'function';
	return isObject(value) ? Object.prototype.toString.call(value) : String(value);
}

/**
 * What `map`, `filter`, `take`, `drop` and `flatMap` of an iterator and `Iterator.from` give in durable
 * code (ECMA-262 27.1.3, 27.1.4): the native objects hide what is under them, so these stand in their
 * place, over an iterator that can be saved or not.
 */
import { describe, ForeignSteps, isObject, nativeSteps } from './iterate.ts';
import { inheritFrom, iteratorOver } from './iterator.ts';

export type HelperKind = 'map' | 'filter' | 'take' | 'drop' | 'flatMap';
type Callback = (value: unknown, counter: number) => unknown;

/** Not started, between two values, inside `next`, over. */
export type Phase = 'start' | 'yield' | 'running' | 'done';

/** Everything that a helper knows. */
export class HelperState {
	readonly kind: HelperKind;
	readonly source: ForeignSteps;
	/** Absent for `take` and `drop`. */
	readonly callback: Callback | undefined;
	/** How many values have been asked for; for `take` and `drop` how many are left to take or to drop. */
	counter: number;
	/** `flatMap`: what the last value was mapped to, while it lasts. */
	inner: ForeignSteps | null = null;
	phase: Phase = 'start';
	value: unknown;

	constructor(kind: HelperKind, source: ForeignSteps, callback: Callback | undefined, counter: number) {
		this.kind = kind;
		this.source = source;
		this.callback = callback;
		this.counter = counter;
	}

	/** To the next value: false at the end. Whatever is thrown, the helper is over. */
	step(): boolean {
		this.#enter();
		let more = false;
		try {
			more = this.#advance();
		} finally {
			this.phase = more ? 'yield' : 'done';
		}
		return more;
	}

	/** `return`: the iterators under it are closed, the innermost first. */
	close(): void {
		if (this.phase === 'done') return;
		const { inner } = this;
		this.#enter();
		try {
			if (inner !== null) this.#guard(() => inner.close());
			this.source.close();
		} finally {
			this.phase = 'done';
		}
	}

	#enter(): void {
		if (this.phase === 'running') throw new TypeError('Generator is already running');
		this.phase = 'running';
	}

	#advance(): boolean {
		const { kind, source } = this;
		switch (kind) {
			case 'map':
				if (!source.step()) return false;
				this.value = this.#call();
				return true;
			case 'filter':
				while (source.step()) {
					if (!this.#call()) continue;
					this.value = source.value;
					return true;
				}
				return false;
			case 'take':
				if (this.counter === 0) {
					source.close();
					return false;
				}
				this.counter--;
				return this.#pass();
			case 'drop':
				for (; this.counter > 0; this.counter--) if (!source.step()) return false;
				return this.#pass();
			case 'flatMap':
				for (;;) {
					const inner = this.inner ?? this.#nextInner();
					if (inner === null) return false;
					this.inner = inner;
					if (this.#guard(() => inner.step())) {
						this.value = inner.value;
						return true;
					}
					this.inner = null;
				}
		}
	}

	#pass(): boolean {
		if (!this.source.step()) return false;
		this.value = this.source.value;
		return true;
	}

	#nextInner(): ForeignSteps | null {
		return this.source.step() ? this.#guard(() => flatten(this.#call())) : null;
	}

	#call(): unknown {
		return this.#guard(() => this.callback!.call(undefined, this.source.value, this.counter++));
	}

	/** IfAbruptCloseIterator: what is thrown closes the iterator underneath, and wins over errors of that. */
	#guard<T>(run: () => T): T {
		try {
			return run();
		} catch (error) {
			this.source.closeThrow();
			throw error;
		}
	}
}

/** GetIteratorFlattenable (7.4.4), primitives refused. */
function flatten(value: unknown): ForeignSteps {
	if (!isObject(value)) throw new TypeError(`${describe(value)} is not an object`);
	const method = (value as { [Symbol.iterator]?: unknown })[Symbol.iterator];
	const iterator = method === undefined || method === null ? value : open(value, method as () => unknown);
	if (!isObject(iterator)) throw new TypeError(`${describe(iterator)} is not an object`);
	return new ForeignSteps(iterator as Iterator<unknown>, (iterator as Iterator<unknown>).next);
}

/** Calls the method that gives an iterator: one of ours in place of a native one. */
function open(value: unknown, method: () => unknown): unknown {
	const steps = nativeSteps(value, method);
	return steps === null ? Reflect.apply(method, value, []) : iteratorOver(steps);
}

class HelperObject {
	#state: HelperState | null;

	constructor(state: HelperState | null) {
		this.#state = state;
	}

	next(): IteratorResult<unknown, undefined> {
		const state = stateOf(this, 'next');
		if (state.phase === 'done' || !state.step()) return { value: undefined, done: true };
		const { value } = state;
		state.value = undefined;
		return { value, done: false };
	}

	return(): IteratorResult<unknown, undefined> {
		stateOf(this, 'return').close();
		return { value: undefined, done: true };
	}

	static stateOf(value: object): HelperState | null | undefined {
		return #state in value ? value.#state : undefined;
	}

	static fill(value: HelperObject, state: HelperState): void {
		value.#state = state;
	}
}

export type { HelperObject };
export const { stateOf: helperState, fill: fillHelper } = HelperObject;
export const helperMethods = { next: HelperObject.prototype.next, return: HelperObject.prototype.return };

function stateOf(value: object, method: string): HelperState {
	const state = isObject(value) ? helperState(value) : undefined;
	if (state === undefined) throw new TypeError(`${method} method called on incompatible receiver ${describe(value)}`);
	return state!;
}

/** `Iterator.from` of an object that is no `Iterator`: passes on what that one's methods give. */
class WrappedIterator {
	#source: ForeignSteps | null;

	constructor(source: ForeignSteps | null) {
		this.#source = source;
	}

	next(): unknown {
		return sourceOf(this, 'next').advance();
	}

	return(): unknown {
		const { iterator } = sourceOf(this, 'return');
		const method = iterator.return;
		if (method === undefined || method === null) return { value: undefined, done: true };
		return Reflect.apply(method, iterator, []);
	}

	static sourceOf(value: object): ForeignSteps | null | undefined {
		return #source in value ? value.#source : undefined;
	}

	static fill(value: WrappedIterator, source: ForeignSteps): void {
		value.#source = source;
	}
}

export type { WrappedIterator };
export const { sourceOf: wrappedSource, fill: fillWrapped } = WrappedIterator;
export const wrapperMethods = { next: WrappedIterator.prototype.next, return: WrappedIterator.prototype.return };

function sourceOf(value: object, method: string): ForeignSteps {
	const source = isObject(value) ? wrappedSource(value) : undefined;
	if (source === undefined) throw new TypeError(`${method} method called on incompatible receiver ${describe(value)}`);
	return source!;
}

const NativeIterator = (globalThis as { Iterator?: typeof Iterator }).Iterator;
const hasHelpers = typeof NativeIterator?.prototype?.map === 'function';
const prototypeOf = Object.getPrototypeOf as (value: object) => object;

/** %IteratorHelperPrototype% and %WrapForValidIteratorPrototype%; null where the host has none. */
export const NATIVE_HELPER = hasHelpers ? prototypeOf([].values().map(() => 0)) : null;
export const NATIVE_WRAPPER = hasHelpers
	? prototypeOf(NativeIterator!.from({ next: () => ({ done: true, value: undefined }) }))
	: null;

inheritFrom(HelperObject.prototype, NATIVE_HELPER ?? Object.prototype, helperMethods);
inheritFrom(WrappedIterator.prototype, NATIVE_WRAPPER ?? Object.prototype, wrapperMethods);

export const HELPER_PROTOTYPE: object = HelperObject.prototype;
export const WRAPPER_PROTOTYPE: object = WrappedIterator.prototype;

export function makeHelper(state: HelperState | null): object {
	return new HelperObject(state);
}

export function makeWrapped(source: ForeignSteps | null): object {
	return new WrappedIterator(source);
}

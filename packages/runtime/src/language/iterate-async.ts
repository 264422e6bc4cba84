/**
 * The iterator of a `for await`. Emitted code awaits what `next()` gives and hands the result to
 * `take`; when the loop is left early, `closes()` says whether there is something to call, what
 * `close()` gives is awaited, and `closed` looks at that. ECMA-262 7.4.3 (GetIterator, async), 7.4.13 (AsyncIteratorClose).
 */
import { type Callable, shared } from '../registry/shared.ts';
import { DurablePromise, promiseResolve, type Reaction, reject, resolve, subscribe } from './durable-promise.ts';
import {
	ArraySteps,
	CollectionSteps,
	describe,
	ForeignSteps,
	isObject,
	iterate,
	nativeSteps,
	type Steps,
	StringSteps,
} from './iterate.ts';
import { AGAIN, callAwaited, noThrow } from './method.ts';

/** GetIterator(iterable, async). */
export function iterateAsync(iterable: unknown): AsyncSteps {
	const method = (iterable as { [Symbol.asyncIterator]?: unknown } | null | undefined)?.[Symbol.asyncIterator];
	if (method === undefined || method === null) {
		const sync = (iterable as { [Symbol.iterator]?: unknown } | null | undefined)?.[Symbol.iterator];
		if (typeof sync !== 'function') throw new TypeError(`${describe(iterable)} is not async iterable`);
		return fromSync(iterate(iterable));
	}
	if (typeof method !== 'function') throw new TypeError(`${describe(iterable)} is not async iterable`);
	const iterator: unknown = Reflect.apply(method, iterable, []);
	if (!isObject(iterator)) throw new TypeError('Result of the Symbol.asyncIterator method is not an object');
	return new AsyncSteps(iterator, (iterator as { next?: unknown }).next);
}

/** GetIterator(receiver[key](), async): the head of `for await (const [i, x] of list.entries())`. */
export function iterateAsyncCall(receiver: unknown, key: PropertyKey): AsyncSteps {
	const method = (receiver as Record<PropertyKey, unknown>)[key];
	if (typeof method !== 'function') throw new TypeError(`${describe(receiver)}.${String(key)} is not a function`);
	const native = nativeSteps(receiver, method);
	return native === null ? iterateAsync(Reflect.apply(method, receiver, [])) : fromSync(native);
}

function fromSync(steps: Steps): AsyncSteps {
	const iterator = new SyncIterator(steps);
	return new AsyncSteps(iterator, iterator.next);
}

/** An iterator record of the kind async. */
export class AsyncSteps {
	value: unknown;
	readonly iterator: object;
	/** `next`, read once, as ECMA-262's iterator record does; `AGAIN` after a restore. */
	method: unknown;
	/** What `next()` gave last: names the loop where that cannot be waited for. */
	asked: unknown;
	/** `return`, between `closes` and its call. */
	end: unknown;

	constructor(iterator: object, method: unknown) {
		this.iterator = iterator;
		this.method = method;
	}

	/** To be awaited. */
	next(frame: unknown, args: readonly unknown[] = []): unknown {
		if (this.method === AGAIN) this.method = (this.iterator as { next?: unknown }).next;
		if (typeof this.method !== 'function') throw new TypeError(`${describe(this.method)} is not a function`);
		this.asked = callAwaited(frame, this.method as Callable, this.iterator, args);
		return this.asked;
	}

	/** IteratorComplete and IteratorValue of the awaited result: true when there is a `value`. */
	take(result: unknown): boolean {
		if (!isObject(result)) throw new TypeError(`Iterator result ${describe(result)} is not an object`);
		this.value = undefined;
		this.asked = undefined;
		if ((result as IteratorResult<unknown>).done) return false;
		this.value = (result as IteratorResult<unknown>).value;
		return true;
	}

	/** GetMethod of `return`: is there one? */
	closes(): boolean {
		this.end = (this.iterator as { return?: unknown }).return;
		return this.end !== undefined && this.end !== null;
	}

	/** Calls it: to be awaited. */
	close(frame: unknown): unknown {
		const { end } = this;
		if (typeof end !== 'function') throw new TypeError(`${describe(end)} is not a function`);
		return callAwaited(frame, end as Callable, this.iterator);
	}

	/** What `return` gave, awaited. */
	closed(result: unknown): void {
		if (!isObject(result)) throw new TypeError(`${describe(result)} is not an object`);
	}
}

/** %AsyncFromSyncIteratorPrototype% (27.1.6): a synchronous iterator whose values are awaited. */
export class SyncIterator {
	readonly steps: Steps;

	constructor(steps: Steps) {
		this.steps = steps;
	}

	next(...args: unknown[]): unknown {
		const { steps } = this;
		if (shared.current === null && isOfCollection(steps)) return nextOutside(steps);
		return settled((give) => {
			const done = !steps.step(args);
			give({ done, value: done && steps instanceof ForeignSteps ? steps.lastValue() : steps.value }, true);
		}, steps);
	}

	return(...args: unknown[]): unknown {
		const { steps } = this;
		return settled((give, end) => {
			const result = steps instanceof ForeignSteps ? steps.call('return', args) : null;
			if (result !== null) give({ done: Boolean(result.done), value: result.value }, false);
			else end({ done: true, value: args[0] });
		}, steps);
	}

	throw(...args: unknown[]): unknown {
		const { steps } = this;
		return settled((give) => {
			const result = steps instanceof ForeignSteps ? steps.call('throw', args) : null;
			if (result === null) {
				steps.close();
				throw noThrow();
			}
			give({ done: Boolean(result.done), value: result.value }, true);
		}, steps);
	}
}

/** Nothing of it is ever closed. */
function isOfCollection(steps: Steps): boolean {
	return steps instanceof ArraySteps || steps instanceof StringSteps || steps instanceof CollectionSteps;
}

/** The most frequent step, in half the time of the general one. */
function nextOutside(steps: Steps): Promise<unknown> {
	try {
		return steps.step() ? Promise.resolve(steps.value).then(going) : Promise.resolve(undefined).then(ended);
	} catch (error) {
		return Promise.reject(error);
	}
}

const going = (value: unknown) => ({ value, done: false });
const ended = (value: unknown) => ({ value, done: true });

interface Result {
	readonly done: boolean;
	readonly value: unknown;
}

/**
 * A promise that `body` settles: with a result whose value is awaited first
 * (AsyncFromSyncIteratorContinuation, 27.1.6.4), or with one as it is. Inside a turn it is one of the run.
 */
function settled(
	body: (give: (result: Result, closes: boolean) => void, end: (result: Result) => void) => void,
	steps: Steps,
): unknown {
	if (shared.current === null) return settledOutside(body, steps);
	const promise = new DurablePromise();
	try {
		body(
			({ done, value }, closes) => {
				const closing = closes && !done ? steps : null;
				subscribe(promiseResolve(value), new UnwrapReaction(closing, done, promise));
			},
			(result) => resolve(promise, result),
		);
	} catch (error) {
		reject(promise, error);
	}
	return promise;
}

function settledOutside(body: Parameters<typeof settled>[0], steps: Steps): Promise<unknown> {
	return new Promise((fulfil, fail) => {
		body(({ done, value }, closes) => {
			const closing = closes && !done;
			const close = (error: unknown) => {
				if (closing) steps.closeThrow();
				fail(error);
			};
			let wrapped: Promise<unknown>;
			try {
				wrapped = Promise.resolve(value);
			} catch (error) {
				close(error);
				return;
			}
			wrapped.then((settled) => fulfil({ value: settled, done }), close);
		}, fulfil);
	});
}

/** The value of a synchronous iterator's result has settled. */
export class UnwrapReaction implements Reaction {
	/** The iterator that a rejection closes. */
	readonly closes: Steps | null;
	readonly done: boolean;
	readonly promise: DurablePromise;

	constructor(closes: Steps | null, done: boolean, promise: DurablePromise) {
		this.closes = closes;
		this.done = done;
		this.promise = promise;
	}

	run(ok: boolean, value: unknown): void {
		if (ok) resolve(this.promise, { value, done: this.done });
		else {
			this.closes?.closeThrow();
			reject(this.promise, value);
		}
	}
}

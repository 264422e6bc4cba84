import { OutsideTurnError } from '../errors/run.ts';
import { definitionOf } from '../registry/functions.ts';
import { type Callable, shared } from '../registry/shared.ts';

/** The internal slots of a promise (27.2.6). */
export class PromiseSlots {
	state: 'pending' | 'fulfilled' | 'rejected' = 'pending';
	/** The result or the reason. */
	value: unknown = undefined;
	/** Empty once settled. */
	reactions: Reaction[] = [];
	/** Has anybody asked for its rejection? */
	handled = false;
}

/**
 * A promise of a run: a value that is saved with it. `instanceof Promise`, but without the host's
 * internal state: its reactions are data, and its jobs are those of the turn, in ECMA-262's order
 * (27.2). Foreign code can await it while it is hot: to that it is a thenable.
 *
 * States: pending -> fulfilled | rejected, once.
 * P1: a reaction is run at most once, in the order it was added, in a job of its own.
 */
export class DurablePromise {
	readonly #slots = new PromiseSlots();

	/** IsPromise (27.2.1.6): an object that only inherits from one is none. */
	static is(value: unknown): value is DurablePromise {
		return typeof value === 'object' && value !== null && #slots in value;
	}

	static slots(promise: DurablePromise): PromiseSlots {
		return promise.#slots;
	}

	// biome-ignore lint/suspicious/noThenProperty: it is a promise
	then(onFulfilled?: unknown, onRejected?: unknown): DurablePromise {
		const host = shared.current;
		if (host === null) return foreignThen(this, onFulfilled, onRejected) as never;
		const derived = new DurablePromise();
		subscribe(this, new ThenReaction(callable(onFulfilled), callable(onRejected), derived));
		return derived;
	}

	catch(onRejected?: unknown): DurablePromise {
		return this.then(undefined, onRejected);
	}

	finally(onFinally?: unknown): DurablePromise {
		if (typeof onFinally !== 'function') return this.then(onFinally, onFinally);
		if (shared.current === null) return this.then(onFinally, onFinally);
		const derived = new DurablePromise();
		subscribe(this, new FinallyReaction(onFinally as Callable, derived));
		return derived;
	}
}

/** @throws TypeError for what is no promise of a run. */
export const slotsOf: (promise: DurablePromise) => PromiseSlots = DurablePromise.slots;
export const isDurable: (value: unknown) => value is DurablePromise = DurablePromise.is;

// A promise to `instanceof`, `Promise.resolve` and the eye; its constructor is the one it would have.
Object.setPrototypeOf(DurablePromise.prototype, Promise.prototype);
Object.defineProperty(DurablePromise.prototype, 'constructor', {
	value: Promise,
	writable: true,
	configurable: true,
});

// What a debugging eye sees of a native one (https://nodejs.org/api/util.html#custom-inspection-functions-on-objects).
Object.defineProperty(DurablePromise.prototype, Symbol.for('nodejs.util.inspect.custom'), {
	value(
		this: DurablePromise,
		depth: number | null,
		options: object,
		inspect: (value: unknown, options: object) => string,
	) {
		if (!isDurable(this)) return 'Promise {}';
		const { state, value } = slotsOf(this);
		if (state === 'pending') return 'Promise { <pending> }';
		return `Promise { ${state === 'rejected' ? '<rejected> ' : ''}${inspect(value, { ...options, depth: depth === null ? null : depth - 1 })} }`;
	},
	configurable: true,
});

/** What is to be done when a promise settles. Data: saved with the promise. */
export interface Reaction {
	run(ok: boolean, value: unknown): void;
}

/** `then(f, g)`: NewPromiseReactionJob (27.2.2.1). */
export class ThenReaction implements Reaction {
	readonly onFulfilled: Callable | undefined;
	readonly onRejected: Callable | undefined;
	readonly derived: DurablePromise;

	constructor(onFulfilled: Callable | undefined, onRejected: Callable | undefined, derived: DurablePromise) {
		this.onFulfilled = onFulfilled;
		this.onRejected = onRejected;
		this.derived = derived;
	}

	run(ok: boolean, value: unknown): void {
		const handler = ok ? this.onFulfilled : this.onRejected;
		if (handler === undefined) {
			if (ok) resolve(this.derived, value);
			else reject(this.derived, value);
			return;
		}
		settleBy(this.derived, () => handler(value));
	}
}

/** `finally(f)` (27.2.5.3): waits for what `f` returns, then passes the outcome on. */
export class FinallyReaction implements Reaction {
	readonly onFinally: Callable;
	readonly derived: DurablePromise;

	constructor(onFinally: Callable, derived: DurablePromise) {
		this.onFinally = onFinally;
		this.derived = derived;
	}

	run(ok: boolean, value: unknown): void {
		settleBy(this.derived, () => {
			const waited = promiseResolve(this.onFinally());
			const passed = new DurablePromise();
			subscribe(waited, new PassReaction(ok, value, passed));
			return passed;
		});
	}
}

/** After `finally`: the outcome it was called with, unless what it waited for was rejected. */
export class PassReaction implements Reaction {
	readonly ok: boolean;
	readonly value: unknown;
	readonly derived: DurablePromise;

	constructor(ok: boolean, value: unknown, derived: DurablePromise) {
		this.ok = ok;
		this.value = value;
		this.derived = derived;
	}

	run(ok: boolean, value: unknown): void {
		if (!ok) reject(this.derived, value);
		else if (this.ok) resolve(this.derived, this.value);
		else reject(this.derived, this.value);
	}
}

/** A promise that was resolved with another one: takes over its outcome. */
export class AdoptReaction implements Reaction {
	readonly adopter: DurablePromise;

	constructor(adopter: DurablePromise) {
		this.adopter = adopter;
	}

	run(ok: boolean, value: unknown): void {
		if (ok) resolve(this.adopter, value);
		else reject(this.adopter, value);
	}
}

export function subscribe(promise: DurablePromise, reaction: Reaction): void {
	const host = shared.current!;
	const slots = slotsOf(promise);
	if (!slots.handled) {
		slots.handled = true;
		host.touch(promise);
		if (slots.state === 'rejected') host.handled(promise);
	}
	if (slots.state === 'pending') {
		slots.reactions.push(reaction);
		host.touch(promise);
	} else queue(slots, reaction);
}

function queue({ state, value }: PromiseSlots, reaction: Reaction): void {
	shared.current!.job(() => reaction.run(state === 'fulfilled', value));
}

function settle(promise: DurablePromise, state: 'fulfilled' | 'rejected', value: unknown): void {
	const slots = slotsOf(promise);
	if (slots.state !== 'pending') return;
	slots.state = state;
	slots.value = value;
	const { reactions } = slots;
	slots.reactions = [];
	shared.current!.touch(promise);
	for (const reaction of reactions) queue(slots, reaction);
	if (state === 'rejected' && !slots.handled) shared.current!.unhandled(promise);
	shared.current!.settled(promise);
}

/** RejectPromise (27.2.1.7). */
export function reject(promise: DurablePromise, reason: unknown): void {
	settle(promise, 'rejected', reason);
}

/** The body of a promise's resolve function (27.2.1.3.2), without its "already resolved". */
export function resolve(promise: DurablePromise, value: unknown): void {
	if (value === promise) {
		reject(promise, new TypeError('Chaining cycle detected for promise #<Promise>'));
		return;
	}
	let then: unknown;
	try {
		then = thenOf(value);
	} catch (error) {
		reject(promise, error);
		return;
	}
	if (typeof then !== 'function') {
		settle(promise, 'fulfilled', value);
		return;
	}
	// NewPromiseResolveThenableJob (27.2.2.2): a tick before it is subscribed to.
	if (isDurable(value) && then === DurablePromise.prototype.then) {
		shared.current!.job(() => subscribe(value, new AdoptReaction(promise)));
	} else if (isOfRun(then)) resolveByThen(promise, value, then as Callable);
	else shared.current!.adopt(promise, value as PromiseLike<unknown>);
}

/** The `then` that makes a value a thenable, unless it is no function. */
export function thenOf(value: unknown): unknown {
	const may = (typeof value === 'object' && value !== null) || typeof value === 'function';
	return may ? (value as { then?: unknown }).then : undefined;
}

/** A method `then` that durable code made, or a promise of its own has, runs in the turn; any other is left to the host. */
export function isOfRun(then: unknown): boolean {
	return then === DurablePromise.prototype.then || definitionOf(then as Callable) !== undefined;
}

/** NewPromiseResolveThenableJob (27.2.2.2) for a `then` of the run. */
export function resolveByThen(promise: DurablePromise, thenable: unknown, then: Callable): void {
	const once = { done: false };
	const fail = resolver({ promise, kind: 'reject', once });
	shared.current!.job(() => {
		try {
			Reflect.apply(then, thenable, [resolver({ promise, kind: 'resolve', once }), fail]);
		} catch (error) {
			fail(error);
		}
	});
}

/** PromiseResolve(%Promise%, value) (27.2.4.7.1), into a promise of the run. */
export function promiseResolve(value: unknown): DurablePromise {
	if (isDurable(value)) return value;
	const promise = new DurablePromise();
	resolve(promise, value);
	return promise;
}

/** The completion of `body` decides the promise. */
function settleBy(promise: DurablePromise, body: () => unknown): void {
	try {
		resolve(promise, body());
	} catch (error) {
		reject(promise, error);
	}
}

function callable(value: unknown): Callable | undefined {
	return typeof value === 'function' ? (value as Callable) : undefined;
}

/** Callbacks of foreign code outside any turn; they belong to the process and are never saved. */
const listeners = new WeakMap<DurablePromise, (() => void)[]>();

function foreignThen(promise: DurablePromise, onFulfilled: unknown, onRejected: unknown): Promise<unknown> {
	const slots = slotsOf(promise);
	slots.handled = true;
	const native = new Promise((fulfil, fail) => {
		const tell = () => (slots.state === 'fulfilled' ? fulfil(slots.value) : fail(slots.value));
		if (slots.state !== 'pending') tell();
		else listeners.set(promise, [...(listeners.get(promise) ?? []), tell]);
	});
	return native.then(onFulfilled as Callable, onRejected as Callable);
}

/** Does foreign code wait for it? */
export function hasListeners(promise: DurablePromise): boolean {
	return listeners.has(promise);
}

/** Tells foreign code that awaits it. Called after the turn that settled it is durable. */
export function tellForeign(promise: DurablePromise): void {
	for (const tell of listeners.get(promise) ?? []) tell();
	listeners.delete(promise);
}

/** On a resolve or reject function of `new Promise` or `withResolvers`: saved as data. */
export const RESOLVER: unique symbol = Symbol.for('perdure.resolver') as never;

export interface Resolver extends Callable {
	readonly [RESOLVER]: ResolverData;
}

export interface ResolverData {
	readonly promise: DurablePromise;
	readonly kind: 'resolve' | 'reject';
	/** Shared by the two functions of a promise: only the first call counts. */
	readonly once: { done: boolean };
}

/** How foreign code that has a resolver comes into the run; none where the promise was restored. */
const doors = new WeakMap<DurablePromise, { settle(promise: DurablePromise, ok: boolean, value: unknown): void }>();

/** The resolvers of a promise are handed out: foreign code may keep them, and call them at any time. */
export function handOut(promise: DurablePromise): void {
	const { door } = shared.current!;
	door.promises.add(promise);
	doors.set(promise, door);
}

/** CreateResolvingFunctions (27.2.1.3), one of the two. */
export function resolver(data: ResolverData): Resolver {
	const call = (value?: unknown): void => {
		const door = shared.current === null ? doors.get(data.promise) : null;
		if (door === undefined) throw new OutsideTurnError({ functionName: data.kind });
		if (data.once.done) return;
		data.once.done = true;
		if (door !== null) {
			door.settle(data.promise, data.kind === 'resolve', value);
			return;
		}
		if (data.kind === 'resolve') resolve(data.promise, value);
		else reject(data.promise, value);
	};
	Object.defineProperty(call, 'name', { value: '' });
	return Object.assign(call, { [RESOLVER]: data }) as unknown as Resolver;
}

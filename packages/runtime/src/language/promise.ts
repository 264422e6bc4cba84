/**
 * The global `Promise` as durable code sees it: inside a turn it makes promises of the run, anywhere
 * else it is the host's own. Emitted code puts it where the program says `Promise.all(...)` or
 * `new Promise(...)` and means the global (design/language.md, "Promises and concurrency").
 */

import { type Callable, shared } from '../registry/shared.ts';
import {
	DurablePromise,
	handOut,
	promiseResolve,
	type Reaction,
	reject,
	resolve,
	resolver,
	subscribe,
} from './durable-promise.ts';

const inTurn = () => shared.current !== null;

function construct(executor: Callable): unknown {
	if (!inTurn()) return new Promise(executor as never);
	if (typeof executor !== 'function') throw new TypeError(`Promise resolver ${String(executor)} is not a function`);
	const promise = new DurablePromise();
	// An executor without parameters keeps none.
	if (executor.length > 0) handOut(promise);
	const once = { done: false };
	const fail = resolver({ promise, kind: 'reject', once });
	try {
		executor(resolver({ promise, kind: 'resolve', once }), fail);
	} catch (error) {
		fail(error);
	}
	return promise;
}

/** Callable only as `new`, like the host's. */
export const PromiseOf = function (this: unknown, executor: Callable): unknown {
	if (new.target === undefined) throw new TypeError("Promise constructor cannot be invoked without 'new'");
	return construct(executor);
} as unknown as PromiseConstructor;

type Items = Iterable<unknown>;

const statics = {
	resolve: (value?: unknown) => (inTurn() ? promiseResolve(value) : Promise.resolve(value)),

	reject(reason?: unknown) {
		if (!inTurn()) return Promise.reject(reason);
		const promise = new DurablePromise();
		reject(promise, reason);
		return promise;
	},

	withResolvers() {
		if (!inTurn()) return Promise.withResolvers();
		const promise = new DurablePromise();
		handOut(promise);
		const once = { done: false };
		return {
			promise,
			resolve: resolver({ promise, kind: 'resolve', once }),
			reject: resolver({ promise, kind: 'reject', once }),
		};
	},

	try(body: Callable, ...args: unknown[]) {
		if (!inTurn()) return new Promise((fulfil) => fulfil(body(...args)));
		const promise = new DurablePromise();
		try {
			resolve(promise, body(...args));
		} catch (error) {
			reject(promise, error);
		}
		return promise;
	},

	all: (items: Items) => (inTurn() ? combine('all', items) : Promise.all(items)),
	allSettled: (items: Items) => (inTurn() ? combine('allSettled', items) : Promise.allSettled(items)),
	any: (items: Items) => (inTurn() ? combine('any', items) : Promise.any(items)),

	race(items: Items) {
		if (!inTurn()) return Promise.race(items);
		const promise = new DurablePromise();
		guarded(promise, () => {
			for (const item of items) subscribe(promiseResolve(item), new RaceReaction(promise));
		});
		return promise;
	},
};

for (const [name, value] of Object.entries(statics)) {
	Object.defineProperty(PromiseOf, name, { value, writable: true, configurable: true });
}

/** `PromiseOf.all` and the like: to a run they are what `Promise.all` is to the language. */
export const promiseStatics: ReadonlySet<unknown> = new Set(Object.values(statics));

/** By the host's own static methods: what a run calls in their place. */
export const ownStatics: ReadonlyMap<unknown, Callable> = new Map(
	Object.entries(statics).map(([name, own]) => [
		(Promise as unknown as Record<string, unknown>)[name],
		own as Callable,
	]),
);

/** In the place of a result that has not come. */
class Unsettled {}
export const UNSETTLED = new Unsettled();
/** Results that are saved together: one that comes has no more of them written again. */
export const GATHERED = 16;

/** A slice of what a combinator has gathered. */
export class GatheredPart {
	readonly gathering: Gathering;
	readonly from: number;

	constructor(gathering: Gathering, from: number) {
		this.gathering = gathering;
		this.from = from;
	}
}

/** What a combinator has gathered. Saved with its reactions. */
export class Gathering {
	readonly kind: 'all' | 'allSettled' | 'any';
	readonly promise: DurablePromise;
	readonly results: unknown[] = [];
	readonly parts: GatheredPart[] = [];
	/** 1 until all are subscribed to, or for ever where that failed (27.2.4.1.2). */
	ahead = 1;
	/** Items still to settle, and `ahead`. */
	remaining = 1;

	constructor(kind: Gathering['kind'], promise: DurablePromise) {
		this.kind = kind;
		this.promise = promise;
	}

	/** A place for the next item. */
	add(): number {
		const index = this.results.push(UNSETTLED) - 1;
		if (index % GATHERED === 0) this.parts.push(new GatheredPart(this, index));
		this.remaining++;
		return index;
	}

	put(index: number, result: unknown): void {
		this.results[index] = result;
		shared.current!.touch(this.parts[Math.floor(index / GATHERED)]!);
		this.#release();
	}

	/** All items are subscribed to. */
	close(): void {
		this.ahead = 0;
		this.#release();
	}

	#release(): void {
		if (--this.remaining > 0) return;
		if (this.kind === 'any') reject(this.promise, new AggregateError(this.results, 'All promises were rejected'));
		else resolve(this.promise, this.results);
	}
}

function combine(kind: Gathering['kind'], items: Items): DurablePromise {
	const promise = new DurablePromise();
	const gathering = new Gathering(kind, promise);
	guarded(promise, () => {
		for (const item of items) subscribe(promiseResolve(item), new GatherReaction(gathering, gathering.add()));
		gathering.close();
	});
	return promise;
}

/** One item of a combinator has settled. */
export class GatherReaction implements Reaction {
	readonly gathering: Gathering;
	readonly index: number;

	constructor(gathering: Gathering, index: number) {
		this.gathering = gathering;
		this.index = index;
	}

	run(ok: boolean, value: unknown): void {
		const { gathering, index } = this;
		switch (gathering.kind) {
			case 'all':
				if (ok) gathering.put(index, value);
				else reject(gathering.promise, value);
				return;
			case 'any':
				if (ok) resolve(gathering.promise, value);
				else gathering.put(index, value);
				return;
			case 'allSettled':
				gathering.put(index, ok ? { status: 'fulfilled', value } : { status: 'rejected', reason: value });
				return;
		}
	}
}

/** The first to settle decides. */
export class RaceReaction implements Reaction {
	readonly promise: DurablePromise;

	constructor(promise: DurablePromise) {
		this.promise = promise;
	}

	run(ok: boolean, value: unknown): void {
		if (ok) resolve(this.promise, value);
		else reject(this.promise, value);
	}
}

/** An iterable that throws rejects the combinator's promise. */
function guarded(promise: DurablePromise, body: () => void): void {
	try {
		body();
	} catch (error) {
		reject(promise, error);
	}
}

/**
 * What the `using` declarations of a scope have declared (ECMA-262 2026, DisposeCapability records).
 * Emitted code adds each resource as it is declared. When the scope is left it asks `next()`, which
 * disposes what needs no await and says whether something does, awaits what `dispose()` gives, and so
 * on (DisposeResources); an error among them is in `error` then.
 */
import { type Callable, shared } from '../registry/shared.ts';
import { DurablePromise, reject, resolve } from './durable-promise.ts';
import { isObject } from './iterate.ts';
import { AGAIN } from './method.ts';

/** How a resource is disposed of: by `using`, by `await using`, by `await using` with a synchronous method. */
export type Hint = 'sync' | 'async' | 'async-from-sync';

export interface Resource {
	/** As declared, for messages. */
	readonly name: string;
	readonly hint: Hint;
	readonly value: unknown;
	/** Read when it is declared; `AGAIN` after a restore. Undefined: nothing to call, but an await. */
	readonly method: unknown;
}

export class Resources {
	list: Resource[] = [];
	failed = false;
	/** What the scope was left with, or what disposing threw. */
	error: unknown = undefined;
	/** A resource of `await using` that is null is waited for, unless something was awaited anyway. */
	needsAwait = false;
	hasAwaited = false;
	#current: Resource | null = null;

	/** AddDisposableResource with the hint sync-dispose. */
	add<T>(value: T, name: string): T {
		if (value === null || value === undefined) return value;
		insist(value);
		this.list.push({ name, hint: 'sync', value, method: methodOf(value, Symbol.dispose) });
		return value;
	}

	/** AddDisposableResource with the hint async-dispose. */
	addAsync<T>(value: T, name: string): T {
		if (value === null || value === undefined) {
			this.list.push({ name, hint: 'async', value: undefined, method: undefined });
			return value;
		}
		insist(value);
		const asynchronous = (value as { [Symbol.asyncDispose]?: unknown })[Symbol.asyncDispose];
		const hint = asynchronous === undefined || asynchronous === null ? 'async-from-sync' : 'async';
		const method = hint === 'async' ? callable(asynchronous, Symbol.asyncDispose) : methodOf(value, Symbol.dispose);
		this.list.push({ name, hint, value, method });
		return value;
	}

	/** The scope is left with an exception, or disposing has thrown one. */
	fail(error: unknown): void {
		this.error = this.failed ? suppressed(error, this.error) : error;
		this.failed = true;
	}

	/** Disposes from the last to the first, until one is to be awaited: then true. */
	next(): boolean {
		for (;;) {
			const resource = this.list.at(-1);
			if (this.needsAwait && !this.hasAwaited && (resource === undefined || resource.hint === 'sync')) {
				this.needsAwait = false;
				this.#current = null;
				return true;
			}
			if (resource === undefined) return false;
			this.list.pop();
			if (resource.method === undefined) {
				this.needsAwait = true;
				continue;
			}
			if (resource.hint !== 'sync') {
				this.#current = resource;
				return true;
			}
			try {
				Reflect.apply(read(resource), resource.value, []);
			} catch (error) {
				this.fail(error);
			}
		}
	}

	/** Disposes of the resource that `next` has stopped at: to be awaited. A foreign method is an effect. */
	dispose(frame: unknown, site: number): unknown {
		const resource = this.#current;
		this.#current = null;
		if (resource === null) return undefined;
		const method = read(resource);
		let out: unknown;
		if (resource.hint === 'async-from-sync') out = settledBy(method, resource.value);
		else if (shared.current === null) out = Reflect.apply(method, resource.value, []);
		else out = shared.current.call(frame, site, method, resource.value, [], Symbol.asyncDispose);
		this.hasAwaited = true;
		return out;
	}
}

/** NewDisposeCapability. */
export function resources(): Resources {
	return new Resources();
}

function insist(value: unknown): void {
	if (!isObject(value)) throw new TypeError('An object is expected with `using` declarations');
}

function methodOf(value: unknown, key: typeof Symbol.dispose): Callable {
	return callable((value as Record<symbol, unknown>)[key], key);
}

function callable(method: unknown, key: symbol): Callable {
	if (typeof method !== 'function') throw new TypeError(`${String(key)} is not a function`);
	return method as Callable;
}

function read({ hint, value, method }: Resource): Callable {
	if (method !== AGAIN) return method as Callable;
	const key = keyOf(hint);
	return callable((value as Record<symbol, unknown>)[key], key);
}

/** The method's key. */
export function keyOf(hint: Hint): typeof Symbol.dispose | typeof Symbol.asyncDispose {
	return hint === 'async' ? Symbol.asyncDispose : Symbol.dispose;
}

/** A synchronous method under `await using`: what it returns is not waited for (GetDisposeMethod, step 1.b.ii). */
function settledBy(method: Callable, self: unknown): unknown {
	if (shared.current === null) {
		return new Promise<void>((fulfil) => {
			Reflect.apply(method, self, []);
			fulfil();
		});
	}
	const promise = new DurablePromise();
	try {
		Reflect.apply(method, self, []);
		resolve(promise, undefined);
	} catch (error) {
		reject(promise, error);
	}
	return promise;
}

type SuppressedErrorClass = new (error: unknown, suppressed: unknown, message?: string) => Error;
const Native = (globalThis as { SuppressedError?: SuppressedErrorClass }).SuppressedError;

/** A `SuppressedError`; where the engine has none, an error that looks like it. */
function suppressed(error: unknown, earlier: unknown): Error {
	const message = 'An error was suppressed during disposal';
	if (Native) return new Native(error, earlier, message);
	const made = new Error(message);
	const define = (key: string, value: unknown) =>
		Object.defineProperty(made, key, { value, writable: true, configurable: true });
	define('name', 'SuppressedError');
	define('error', error);
	define('suppressed', earlier);
	return made;
}

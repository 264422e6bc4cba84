import type { FunctionDef } from '@perdure/abi';
import type { Callable } from './shared.ts';

/**
 * What a compiled generator function is to JavaScript: its own prototype is that of generator
 * functions, and it has a `prototype`, which the generators that it makes inherit from (ECMA-262
 * 27.3.4, 27.4.4). Between that and %GeneratorPrototype% stands one of ours, with our methods.
 */
const natives = {
	sync: Object.getPrototypeOf(function* () {}) as { readonly prototype: object },
	async: Object.getPrototypeOf(async function* () {}) as { readonly prototype: object },
};

/** What the `prototype` of every compiled generator function inherits from, by kind. */
export const generatorPrototypes = {
	sync: Object.create(natives.sync.prototype) as object,
	async: Object.create(natives.async.prototype) as object,
};

/** Functions of ours that are built-ins to the program: they run in the turn, and are saved by name. */
export const generatorMethods = new Map<unknown, string>();

/** Gives all generators of a kind their methods. */
export function defineMethods(kind: 'sync' | 'async', methods: Readonly<Record<string | symbol, Callable>>): void {
	for (const name of Reflect.ownKeys(methods)) {
		const value = methods[name]!;
		Object.defineProperty(generatorPrototypes[kind], name, { value, writable: true, configurable: true });
		generatorMethods.set(value, `${kind} ${String(name)}`);
	}
}

/** For functions whose `prototype` is no object: GetPrototypeFromConstructor (10.1.14). */
const fallbacks = {
	sync: Object.create(generatorPrototypes.sync) as object,
	async: Object.create(generatorPrototypes.async) as object,
};

/** The wrapper of each module-level generator function. */
const wrappers = new WeakMap<FunctionDef, Callable>();

/** By `prototype`: the id of its module-level function. */
const owners = new WeakMap<object, string>();

/** Makes a wrapper a generator function; `prototype` is what it had before it was saved. */
export function brandGenerator(fn: Callable, def: FunctionDef, prototype?: object): void {
	const kind = def.generator!;
	Object.setPrototypeOf(fn, natives[kind]);
	const value = prototype ?? Object.create(generatorPrototypes[kind]);
	// That of a plain function cannot be configured, but it can be written.
	if (Object.hasOwn(fn, 'prototype')) (fn as { prototype: unknown }).prototype = value;
	else Object.defineProperty(fn, 'prototype', { value, writable: true });
	Object.defineProperty(fn, 'prototype', { enumerable: false });
	if (def.kind !== 'durable') return;
	wrappers.set(def, fn);
	owners.set(value, def.id);
}

/** What a generator made by `fn`, or by the function that `def` declares, inherits from. */
export function instancePrototype(def: FunctionDef, fn: Callable | undefined = wrappers.get(def)): object {
	const prototype: unknown = fn?.prototype;
	return typeof prototype === 'object' && prototype !== null ? prototype : fallbacks[def.generator!];
}

/** The id of the module-level function that a `prototype` was made for: a restored generator inherits from it again. */
export function ownerOf(prototype: object): string | undefined {
	return owners.get(prototype);
}

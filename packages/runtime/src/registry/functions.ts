import { ABI, type EmittedDef, type FunctionDef } from '@perdure/abi';
import { placeOf } from '../errors/function-place.ts';
import { AbiMismatchError, DuplicateFunctionError, NotCompiledError } from '../errors/schema.ts';
import { complete } from './definition.ts';
import { brandGenerator } from './generator-functions.ts';
import { type Callable, shared } from './shared.ts';

/** On a wrapper: the definition of its durable function. On a closure: its closure's definition. */
export const DEFINITION: unique symbol = Symbol.for('perdure.definition') as never;
/** On a closure of a run: the captured cells and values. */
export const ENV: unique symbol = Symbol.for('perdure.env') as never;

/** A function that carries its definition. */
export interface Defined extends Callable {
	readonly [DEFINITION]?: FunctionDef;
	readonly [ENV]?: readonly unknown[];
}

const AsyncFunctionPrototype = Object.getPrototypeOf(async () => {});

/** The definition of a durable function or closure; undefined for any other value. */
export function definitionOf(value: unknown): FunctionDef | undefined {
	return typeof value === 'function' ? (value as Defined)[DEFINITION] : undefined;
}

/** What a closure of a run has captured; undefined for any other function. */
export function environmentOf(value: unknown): readonly unknown[] | undefined {
	return typeof value === 'function' ? (value as Defined)[ENV] : undefined;
}

/**
 * Registers a durable function with its closures. A module that is evaluated again (a test runner, a
 * hot reload) replaces what it declared before.
 * @throws DuplicateFunctionError when another file declares the same id.
 */
export function define(emitted: EmittedDef): FunctionDef {
	if (emitted.abi !== ABI) {
		throw new AbiMismatchError({ id: emitted.id, built: emitted.abi ?? 0, here: ABI });
	}
	const def = complete(emitted);
	register(def);
	return def;
}

export function register(def: FunctionDef): void {
	const known = shared.functions.get(def.id);
	if (known !== undefined && known.file !== def.file) {
		throw new DuplicateFunctionError({ id: def.id, first: known.file, second: def.file });
	}
	shared.functions.set(def.id, def);
	for (const closure of def.closures ?? []) register(closure);
}

/**
 * Gives a wrapper the brand of an async function, or of a generator function, and its definition.
 * `prototype` cannot be deleted from a plain function, so it is cleared.
 */
export function bind<F extends Callable>(wrapper: F, def: FunctionDef): F {
	if (def.generator === undefined) {
		Object.setPrototypeOf(wrapper, AsyncFunctionPrototype);
		if (Object.hasOwn(wrapper, 'prototype')) (wrapper as { prototype: unknown }).prototype = undefined;
	} else brandGenerator(wrapper, def);
	Object.defineProperty(wrapper, DEFINITION, { value: def, configurable: true });
	shared.wrappers.set(def.id, wrapper);
	return wrapper;
}

/**
 * Makes a function that `def.make` has given over `env` a closure of durable code. Emitted code calls
 * `make` itself: made here, all closures would come out of one call site, and the engine could inline
 * none of them into what they are handed to (`list.map(f)` is then five times as slow). `prototype` is what a
 * generator function had before it was saved.
 */
export function closure(made: unknown, def: FunctionDef, env: readonly unknown[], prototype?: object): unknown {
	const tagged = made as { [DEFINITION]?: FunctionDef; [ENV]?: readonly unknown[] };
	if (def.generator !== undefined) brandGenerator(made as Callable, def, prototype);
	// Plain symbol properties: `defineProperty` and a WeakMap cost 13 and 16 times a native closure, this 1.8.
	tagged[DEFINITION] = def;
	tagged[ENV] = env;
	return made;
}

/** An async function of the user's, of any parameters. */
// biome-ignore lint/suspicious/noExplicitAny: any async function of the user's
export type AsyncFunction = (...args: any[]) => Promise<any>;

/**
 * The definition of a durable function that a user hands over to be started. `point`: where durable code does so.
 * @throws NotCompiledError
 */
export function durable(fn: unknown, point?: string): FunctionDef {
	const def = definitionOf(fn);
	if (def?.kind === 'durable' && def.generator === undefined) return def;
	const functionName = typeof fn === 'function' ? def?.name || fn.name || 'anonymous' : shown(fn);
	const file = typeof fn === 'function' && def === undefined ? placeOf(fn) : undefined;
	throw new NotCompiledError({ functionName, file, point, ...notDurable(fn, def, point !== undefined) });
}

/** The id of what is to be started: a durable function, or a reference to one (`functionRef`). @throws NotCompiledError */
export function functionIdOf(fn: unknown, point?: string): string {
	const { functionId } = (typeof fn === 'object' && fn !== null ? fn : {}) as { readonly functionId?: unknown };
	return typeof functionId === 'string' ? functionId : durable(fn, point).id;
}

/** Why something cannot be started, and the way out. */
function notDurable(fn: unknown, def: FunctionDef | undefined, inDurableCode: boolean) {
	if (def?.generator !== undefined) {
		return {
			problem: 'is a generator function, which is no run by itself',
			help: 'start an async function that iterates over what it makes',
		};
	}
	if (def !== undefined) {
		return {
			problem: 'is a function made by durable code, which is no run by itself',
			help: 'start a function of a module, and hand it what this one has captured; or call it, as a part of this run',
		};
	}
	if (typeof fn !== 'function') {
		return {
			problem: 'is not a durable function',
			help: 'hand over the function itself, or functionRef(id); a function that is undefined is often one of a module that imports this one in a circle',
		};
	}
	if (/['"]use durable\b/.test(Function.prototype.toString.call(fn))) {
		return { problem: 'says "use durable" but was not compiled' };
	}
	const effect = inDurableCode ? '; or await it here, as an effect of this run' : '';
	return {
		problem: 'is not a durable function',
		help: `begin its body with "use durable" and compile it (a minifier or compiler that comes first may have dropped the directive)${effect}`,
	};
}

function shown(value: unknown): string {
	return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

import type { FunctionDef } from '@perdure/abi';
import { ABI } from '@perdure/abi';
import type { Owner } from './owner.ts';

/**
 * The one piece of process-wide state: which machine is computing a turn right now, and which
 * functions the loaded modules declare. It hangs on `globalThis`, because a program may load this
 * package twice (a bundle and a dependency): emitted code of either copy must see the same turn, or
 * a call would silently lose its durability.
 *
 * Owns: `current`, `functions`, `wrappers`. Called by: `functions.ts`, the machine, the helpers.
 */
export interface Shared {
	/** The machine whose turn is being computed; null outside turns and inside effects. */
	current: TurnHost | null;
	/** Durable functions and closures by id. */
	readonly functions: Map<string, FunctionDef>;
	/** The callable of a durable function, by its id. */
	readonly wrappers: Map<string, Callable>;
}

// biome-ignore lint/suspicious/noExplicitAny: the one type that any function of the user's has
export type Callable = (this: any, ...args: any[]) => any;

/** What the helpers, the primitives and the promises of a run need of the machine. */
export interface TurnHost {
	/** A call in await position. */
	call(frame: unknown, site: number, callee: unknown, self: unknown, args: unknown[], key?: unknown): unknown;
	chain(
		frame: unknown,
		site: number,
		callee: unknown,
		self: unknown,
		args: unknown[],
		rest: readonly ChainArguments[],
		key?: unknown,
	): unknown;
	tail(frame: unknown, site: number, callee: unknown, self: unknown, args: unknown[], key?: unknown): unknown;
	/** A call that the language makes and awaits, of `next()` or of a method that disposes: never an effect. */
	awaited(frame: unknown, callee: Callable, self: unknown, args: unknown[]): unknown;
	/** As `call`, without waiting: what there is to wait for comes back as a promise of the run. */
	begin(
		frame: unknown,
		site: number,
		callee: unknown,
		self: unknown,
		args: unknown[],
		key?: unknown,
		rest?: readonly ChainArguments[],
	): unknown;
	/** What is called in place of a callee elsewhere; undefined: that itself. */
	interpose(frame: unknown, site: number, callee: unknown, self: unknown): Callable | undefined;
	/** A call elsewhere has given a promise. */
	started(
		frame: unknown,
		site: number,
		promise: unknown,
		callee: unknown,
		self: unknown,
		args: unknown[],
		key?: unknown,
		inPlace?: InPlace,
	): unknown;
	enter(def: FunctionDef, self: unknown, args: ArrayLike<unknown>, env: readonly unknown[]): unknown;
	/** A fiber drives an async generator from where it is suspended. */
	drive(generator: object, mode: 0 | 1 | 2, value: unknown): void;
	/** A primitive that is not in await position. */
	primitive(name: string, args: readonly unknown[]): unknown;
	/** A function that was declared to be an effect is called. */
	effect(fn: Callable, self: unknown, args: unknown[]): unknown;
	/** What a thunk would give that is an effect by itself, where a log answers that. */
	logged(def: FunctionDef, operands: readonly unknown[], callee: unknown): unknown;
	/** What a thunk asks for its callee; undefined where there are no handlers. */
	readonly exchange: ((value: unknown, key?: PropertyKey) => unknown) | undefined;
	lazy(value: unknown, def: FunctionDef, operands: readonly unknown[], callee: unknown): unknown;
	isCancellation(error: unknown): boolean;

	/** Adds a job (ECMA-262, 9.5) to the turn. */
	job(run: () => void): void;
	/** Something of the run that says itself when it changes has changed. */
	touch(value: object): void;
	/** A promise was settled. */
	settled(promise: object): void;
	/** Rejected while nobody asks for it; and asked for since. */
	unhandled(promise: object): void;
	handled(promise: object): void;
	/** Resolves a promise of the run with a thenable of the host's. */
	adopt(promise: object, thenable: PromiseLike<unknown>): void;
	/** What a fiber awaited has settled. */
	resume(fiber: object, ok: boolean, value: unknown, returned: boolean): void;

	/** Where foreign code settles promises of the run that it was given the resolvers of. */
	readonly door: {
		readonly promises: Set<object>;
		settle(promise: object, ok: boolean, value: unknown): void;
	};
	/** Of the closures that are made in the turn. */
	readonly owner: Owner;
	/** Of the run whose turn it is. */
	readonly run: { readonly id: string; readonly functionId: string; readonly startedAt: Date };
	setProgress(value: unknown): void;
}

/** Saved computed keys and arguments of one link of a chain. */
export type ChainArguments = readonly [keys: readonly unknown[], args: readonly unknown[]];

/** Calls made in place as arguments: by the number of their site, what each gave, and what it was called with. */
export type InPlace = readonly (readonly [site: number, value: unknown, operands: readonly unknown[]])[];

/**
 * This copy of the package. What the loaded modules declare is shared, but a step and the machine that runs it
 * must be of one copy: they know each other's frames, cells and promises by their classes.
 */
export const COPY: symbol = Symbol('a copy of @perdure/runtime');

const KEY = Symbol.for(`perdure.runtime.${ABI}`);
const holder = globalThis as { [KEY]?: Shared };

holder[KEY] ??= { current: null, functions: new Map(), wrappers: new Map() };

export const shared: Shared = holder[KEY];

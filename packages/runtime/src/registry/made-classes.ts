/**
 * Classes that durable code made: data, like its closures. What is saved of one is its definition's id,
 * what it captures, and what the program has done to it since it was made.
 *
 * Owns: the record of each such class, on the class itself. Called by: emitted code, the codec's kinds.
 * M1: static fields and blocks run once, when the class is first made, never when it is restored.
 * M2: what the text of the class defines is `born`; all else on it and on its prototype is state.
 */
import type { FunctionDef } from '@perdure/abi';
import { addMade, type ClassLike, staticHooks } from './classes.ts';
import { DEFINITION, ENV } from './functions.ts';
import type { Callable } from './shared.ts';

/** On a class of a run: its record. */
const MADE: unique symbol = Symbol.for('perdure.made') as never;
/** On a method of such a class: where it was born. */
const METHOD: unique symbol = Symbol.for('perdure.method') as never;

export type Key = string | symbol;

export interface Made {
	readonly def: FunctionDef;
	readonly env: readonly unknown[];
	/** What the text of the class defines, of the class and of its prototype. */
	readonly born: readonly [
		statics: ReadonlyMap<Key, PropertyDescriptor>,
		members: ReadonlyMap<Key, PropertyDescriptor>,
	];
	/** Stands for its static properties where it is saved. */
	state: ClassState;
}

/** What a program has done to a class: a value of its own, so that a class may lead back to itself by it. */
export class ClassState {
	Class: Callable | null;
	constructor(Class: Callable | null) {
		this.Class = Class;
	}
}

export type Role = 'value' | 'get' | 'set';

export interface MethodRecord {
	readonly Class: Callable;
	readonly isStatic: boolean;
	readonly key: Key;
	readonly role: Role;
}

/** The record of a class that durable code made; undefined for any other value. */
export function madeOf(value: unknown): Made | undefined {
	return typeof value === 'function' && Object.hasOwn(value, MADE) ? (value as { [MADE]?: Made })[MADE] : undefined;
}

/** Of which class a function is a method, if it is one that durable code made. */
export function methodOf(value: unknown): MethodRecord | undefined {
	return typeof value === 'function' ? (value as { [METHOD]?: MethodRecord })[METHOD] : undefined;
}

/** The class of such a prototype object. */
export function classOfMember(prototype: object): Callable | undefined {
	const Class: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
	return madeOf(Class) !== undefined && (Class as Callable).prototype === prototype ? (Class as Callable) : undefined;
}

/** Emitted code: makes a class over what it captures, its heritage and its computed keys. */
export function makeClass(def: FunctionDef, env: readonly unknown[]): Callable {
	return make(def, env, true);
}

/** A class as it was saved, without its static properties. */
export function remakeClass(def: FunctionDef, env: readonly unknown[]): Callable {
	return make(def, env, false);
}

function make(def: FunctionDef, env: readonly unknown[], fresh: boolean): Callable {
	let Class: Callable | undefined;
	const begin = (made: Callable) => {
		Class = made;
		record(made, def, env);
		return fresh;
	};
	(def.make as Callable)(...env, begin);
	return Class!;
}

function record(Class: Callable, def: FunctionDef, env: readonly unknown[]): void {
	const hidden = (key: symbol, value: unknown) => Object.defineProperty(Class, key, { value, configurable: true });
	hidden(DEFINITION, def);
	hidden(ENV, env);
	const born = [bornOf(Class, Class, true), bornOf(Class, Class.prototype as object, false)] as const;
	hidden(MADE, { def, env, born, state: new ClassState(Class) } satisfies Made);
	addMade({
		id: def.id,
		Class: Class as unknown as ClassLike,
		made: true,
		hidden: def.hidden === true || isHidden(Object.getPrototypeOf(Class)),
		get hooks() {
			return staticHooks(Class as unknown as ClassLike);
		},
	});
}

/** Has a class that it extends private members of instances? */
function isHidden(Class: unknown): boolean {
	for (let each = Class; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
		if (madeOf(each)?.def.hidden === true) return true;
	}
	return false;
}

/** What is there before anything of the program has run; its functions learn where they belong. */
function bornOf(Class: Callable, holder: object, isStatic: boolean): Map<Key, PropertyDescriptor> {
	const { [DEFINITION]: def } = Class as { [DEFINITION]?: FunctionDef };
	const born = new Map<Key, PropertyDescriptor>();
	for (const key of Reflect.ownKeys(holder)) {
		if (key === DEFINITION || key === ENV) continue;
		const descriptor = Object.getOwnPropertyDescriptor(holder, key)!;
		born.set(key, descriptor);
		if (key === 'constructor' && !isStatic) continue;
		for (const role of ['value', 'get', 'set'] as const) {
			const fn: unknown = descriptor[role];
			if (typeof fn !== 'function') continue;
			const marked = fn as { [DEFINITION]?: FunctionDef; [METHOD]?: MethodRecord };
			marked[METHOD] = { Class, isStatic, key, role };
			marked[DEFINITION] = def!;
		}
	}
	return born;
}

/** Is it one of the symbols that a class of a run carries for itself? */
export function isMark(key: Key): boolean {
	return key === DEFINITION || key === ENV || key === MADE;
}

const AsyncFunctionPrototype = Object.getPrototypeOf(async () => {});

/** Emitted code: an async method of such a class enters a step of its own. */
export function bindMethod<F extends Callable>(method: F, def: FunctionDef, env: readonly unknown[]): F {
	Object.setPrototypeOf(method, AsyncFunctionPrototype);
	const marked = method as { [DEFINITION]?: FunctionDef; [ENV]?: readonly unknown[] };
	marked[DEFINITION] = def;
	marked[ENV] = env;
	return method;
}

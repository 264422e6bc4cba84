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
import { brandGenerator } from './generator-functions.ts';
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
	/** What the class and its prototype inherited from when they were made. */
	readonly parents: readonly [object | null, object | null];
	/** How to reach members that only its text can see; null where it has none. */
	readonly privates: Privates | null;
	/** Makes an object over `privates.view`: cheaper than accessors of its own for each object. */
	readonly View: (new (object: unknown) => Record<string, unknown>) | null;
	/** Stands for its static properties where it is saved. */
	state: ClassState;
}

/** Names of private fields, and how they are read off an object and written to it. */
export type PrivateFields = readonly [
	names: readonly string[],
	read: (object: object) => unknown[],
	write: (object: object, values: readonly unknown[]) => void,
];

/** What a class with private members hands over when it is made. */
export interface Privates {
	/** Accessors of the private members of what its property "#" is; methods pass through "##". */
	readonly view: object;
	readonly has: Readonly<Record<string, (object: unknown) => boolean>>;
	readonly fields: PrivateFields;
	readonly statics: PrivateFields;
	/** While it is on, constructing makes private members and runs nothing of the user's. Absent where only statics are private. */
	stamp?(on: boolean): void;
}

/** What a program has done to a class: a value of its own, so that a class may lead back to itself by it. */
export class ClassState {
	Class: Callable | null;
	constructor(Class: Callable | null) {
		this.Class = Class;
	}
}

export type Role = 'value' | 'get' | 'set' | 'private';

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
	const begin = (made: Callable, privates: Privates | null = null) => {
		Class = made;
		record(made, def, env, privates);
		return fresh;
	};
	(def.make as Callable)(...env, begin);
	return Class!;
}

function record(Class: Callable, def: FunctionDef, env: readonly unknown[], privates: Privates | null): void {
	const hidden = (key: symbol, value: unknown) => Object.defineProperty(Class, key, { value, configurable: true });
	hidden(DEFINITION, def);
	hidden(ENV, env);
	const born = [bornOf(Class, Class, true), bornOf(Class, Class.prototype as object, false)] as const;
	hidden(MADE, {
		def,
		env,
		born,
		parents: parentsOf(Class),
		privates,
		View: privates && viewOf(Class, privates.view),
		state: new ClassState(Class),
	} satisfies Made);
	addMade({
		id: def.id,
		Class: Class as unknown as ClassLike,
		made: true,
		at: { file: def.file, line: def.at[0] },
		hidden: def.hidden === true || isHidden(Object.getPrototypeOf(Class)),
		get hooks() {
			return staticHooks(Class as unknown as ClassLike);
		},
	});
}

export function parentsOf(Class: Callable): Made['parents'] {
	return [Object.getPrototypeOf(Class), Object.getPrototypeOf(Class.prototype)];
}

/** Has a class that it extends private members of instances? */
function isHidden(Class: unknown): boolean {
	for (let each = Class; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
		if (madeOf(each)?.def.hidden === true) return true;
	}
	return false;
}

function viewOf(Class: Callable, view: object): Made['View'] {
	class View {
		'#': unknown;
		constructor(object: unknown) {
			this['#'] = object;
		}
		'##'(method: Callable, name: string): Callable {
			return markPrivate(Class, this['#'] === Class, method, name);
		}
	}
	// The accessors of the class are properties of all its views.
	Object.defineProperties(View.prototype, Object.getOwnPropertyDescriptors(view));
	return View as unknown as Made['View'];
}

/** A private method learns where it belongs when it is first reached. */
export function markPrivate(Class: Callable, isStatic: boolean, method: Callable, name: string): Callable {
	const marked = method as Callable & { [DEFINITION]?: FunctionDef; [METHOD]?: MethodRecord };
	marked[METHOD] ??= { Class, isStatic, key: name, role: 'private' };
	marked[DEFINITION] ??= madeOf(Class)!.def;
	return method;
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

/** Emitted code: an async method of such a class, or a generator, enters a step of its own. */
export function bindMethod<F extends Callable>(method: F, def: FunctionDef, env: readonly unknown[]): F {
	if (def.generator === undefined) Object.setPrototypeOf(method, AsyncFunctionPrototype);
	else brandGenerator(method, def);
	const marked = method as { [DEFINITION]?: FunctionDef; [ENV]?: readonly unknown[] };
	marked[DEFINITION] = def;
	marked[ENV] = env;
	return method;
}

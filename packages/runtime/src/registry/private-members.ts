/**
 * Private members of classes that durable code made, for code that stands outside their text, and for
 * the codec: only the text of a class can name them, so it hands over how (made-classes.ts, `Privates`).
 */
import { type Made, madeOf } from './made-classes.ts';
import type { Callable } from './shared.ts';

/** Emitted code: private members of an object, as accessors. What has none is what it is, for `?.` and for the error. */
export function privateOf(Class: unknown, object: unknown): unknown {
	if (object === undefined || object === null) return object;
	return new (madeOf(Class)!.View!)(object);
}

/** Emitted code: a private member that is called on the object right away. */
export function privateMethod(Class: unknown, object: unknown, name: string): unknown {
	const open = privateOf(Class, object) as Record<string, unknown> | undefined | null;
	const method = open?.[name];
	if (typeof method === 'function') return method.bind(object);
	if (open === undefined || open === null) return undefined;
	throw new TypeError(`#${name} is not a function`);
}

/** Emitted code: `#name in object`. */
export function privateIn(Class: unknown, name: string, object: unknown): boolean {
	return madeOf(Class)!.privates!.has[name]!(object);
}

/** The classes that an instance has private members of, the base first. */
export function hiding(Class: Callable): Made[] {
	const chain: Made[] = [];
	for (
		let made = madeOf(Class), each = Class;
		made !== undefined;
		each = Object.getPrototypeOf(each), made = madeOf(each)
	) {
		if (made.privates?.stamp !== undefined) chain.unshift(made);
	}
	return chain;
}

/** An instance with its private members, that no code of the user's has touched. */
export function makeHiding(Class: Callable): object {
	let root = Class;
	while (madeOf(Object.getPrototypeOf(root)) !== undefined) root = Object.getPrototypeOf(root);
	const own = madeOf(root)!.privates;
	const isBase = Object.getPrototypeOf(root) === Function.prototype && own?.stamp !== undefined;
	const object: object = isBase
		? stamping(own, () => Reflect.construct(root, [], Class))
		: Object.create(Class.prototype as object);
	empty(object);
	for (const { Class: each, privates } of hidingClasses(Class)) {
		if (isBase && each === root) continue;
		// `super()` in it gives what its prototype, called as a constructor, gives: so it works on an object that is there.
		const parent = Object.getPrototypeOf(each);
		function given() {
			return object;
		}
		Object.setPrototypeOf(each, given);
		try {
			stamping(privates, () => Reflect.construct(each, []));
		} finally {
			Object.setPrototypeOf(each, parent);
		}
		empty(object);
	}
	return object;
}

function hidingClasses(Class: Callable) {
	return hiding(Class).map(({ state, privates }) => ({ Class: state.Class!, privates: privates! }));
}

function stamping<T>(privates: NonNullable<Made['privates']>, make: () => T): T {
	privates.stamp!(true);
	try {
		return make();
	} finally {
		privates.stamp!(false);
	}
}

/** Public fields are made as well, without their values: they come back in the order that they were saved in. */
function empty(object: object): void {
	for (const key of Reflect.ownKeys(object)) Reflect.deleteProperty(object, key);
}

/** A private method of a class, found again by its name; undefined where the class has none of the name. */
export function privateMethodOf(Class: Callable, isStatic: boolean, name: string): unknown {
	const privates = madeOf(Class)?.privates;
	if (!privates || !Object.hasOwn(privates.has, name)) return undefined;
	const object = isStatic ? Class : makeHiding(Class);
	return privates.has[name]!(object) ? (privateOf(Class, object) as Record<string, unknown>)[name] : undefined;
}

/** Stands for what an instance with private members has, so that it may lead back to the instance. */
export class InstanceState {
	instance: object | null;
	constructor(instance: object | null) {
		this.instance = instance;
	}
}

const states = new WeakMap<object, InstanceState>();

export function stateOfInstance(instance: object): InstanceState {
	const known = states.get(instance);
	if (known !== undefined) return known;
	const state = new InstanceState(instance);
	states.set(instance, state);
	return state;
}

/** What the codec has made for an instance is what stands for it from now on. */
export function adoptState(instance: object, state: InstanceState): void {
	state.instance = instance;
	states.set(instance, state);
}

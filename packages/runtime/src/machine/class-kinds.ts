import { expect, type Kind } from '../codec/kind.ts';
import { applyLevel, levelOf } from '../codec/own.ts';
import { Refusal } from '../codec/refusal.ts';
import { SchemaMismatchError } from '../errors/schema.ts';
import { classOfPrototype, opaqueParent } from '../registry/classes.ts';
import { definitionOf } from '../registry/functions.ts';
import {
	ClassState,
	classOfMember,
	isMark,
	type Key,
	type Made,
	madeOf,
	methodOf,
	type PrivateFields,
	parentsOf,
	type Role,
	remakeClass,
} from '../registry/made-classes.ts';
import {
	adoptState,
	hiding,
	InstanceState,
	makeHiding,
	privateMethodOf,
	stateOfInstance,
} from '../registry/private-members.ts';
import type { Callable } from '../registry/shared.ts';
import { environmentFor, functionOf } from './definitions.ts';
import type { Host } from './kinds.ts';

/** How classes that durable code made are saved (registry/made-classes.ts), with what belongs to them. */

const classKind: Kind<Callable, Host> = {
	tag: 'class',
	claims: (value) => madeOf(value) !== undefined,
	take(value) {
		const { def, env, state } = madeOf(value)!;
		const names = def.captures ?? [];
		return [def.id, names.length, ...names, ...env, state];
	},
	label(value, index) {
		const names = madeOf(value)!.def.captures ?? [];
		const name = names[index - 2 - names.length];
		if (name?.startsWith('%extends')) return ' (what it extends)';
		return name ?? '';
	},
	moment: 'made',
	make([id, count, ...parts], host) {
		expect(host.live === null, 'a class outside a state');
		expect(typeof id === 'string' && typeof count === 'number' && parts.length === 2 * count + 1, 'a malformed class');
		const def = functionOf(id);
		expect(def.kind === 'class', `'${id}' is no class`);
		const state = parts[2 * count];
		expect(state instanceof ClassState, 'a class without its properties');
		const Class = remakeClass(def, environmentFor(def, parts.slice(0, count) as string[], parts.slice(count)));
		madeOf(Class)!.state = state;
		state.Class = Class;
		return Class;
	},
};

const [ENUMERABLE, WRITABLE, CONFIGURABLE, ACCESSOR] = [1, 2, 4, 8];

/** What the class itself and its prototype have beside what its text defines: two lists, each behind its length. */
const classState: Kind<ClassState, Host> = {
	tag: 'class-state',
	prototypes: [ClassState.prototype],
	take({ Class }) {
		const made = madeOf(Class)!;
		const { born, parents } = made;
		// What it extends is a part of what it is made from; what was put in its place later is not.
		if (parentsOf(Class!).some((parent, i) => parent !== parents[i])) throw refuseParent();
		const own = changes(Class!, born[0]);
		const members = changes(Class!.prototype, born[1]);
		return [Class, ...privateParts(Class!, made.privates?.statics), own.length, ...own, members.length, ...members];
	},
	label({ Class }, index) {
		const made = madeOf(Class)!;
		const own = changes(Class!, made.born[0]);
		const names = made.privates?.statics[0] ?? [];
		if (index < 2 + 2 * names.length) return `.#${names[index - 2 - names.length]}`;
		index -= 1 + 2 * names.length;
		const of = index < own.length + 2 ? own : changes(Class!.prototype, madeOf(Class)!.born[1]);
		const at = index - (of === own ? 2 : own.length + 3);
		return `${of === own ? '' : '.prototype'}${nameAt(of, at)}`;
	},
	make: () => new ClassState(null),
	fill(value, [Class, ...rest]) {
		const made = madeOf(Class);
		expect(made !== undefined && made.state === value, 'properties of no class');
		const behind = writePrivate(Class as Callable, made, made.privates?.statics, rest);
		const [count, ...parts] = behind;
		expect(typeof count === 'number', 'malformed properties of a class');
		expect(parts[count] === parts.length - count - 1, 'malformed properties of a class');
		change(Class as Callable, made.born[0], parts.slice(0, count));
		change((Class as Callable).prototype as object, made.born[1], parts.slice(count + 1));
	},
};

function refuseParent(): Refusal {
	return new Refusal(
		'a class whose prototype was set after it was made',
		'value',
		'let the class extend what it is to inherit from: class A extends B',
	);
}

const NO_FIELDS: PrivateFields = [[], () => [], () => {}];

/** `[number of private fields, ...names, ...values]`. */
function privateParts(object: object, fields: PrivateFields = NO_FIELDS): unknown[] {
	const [names, read] = fields;
	return [names.length, ...names, ...read(object)];
}

/** @returns what stands behind those parts. */
function writePrivate(
	object: object,
	made: Made | undefined,
	[names, read, write]: PrivateFields = NO_FIELDS,
	[count, ...parts]: readonly unknown[],
): readonly unknown[] {
	expect(typeof count === 'number' && parts.length >= 2 * count, 'malformed private fields');
	const saved = parts.slice(0, count);
	const missing = names.find((name) => !saved.includes(name));
	if (missing !== undefined)
		throw isGone(made!, `without the private field #${missing}`, 'with it', `#${missing}`, false);
	// Of no use where the class has none now.
	if (names.length > 0) {
		write(
			object,
			names.map((name, i) => (saved.includes(name) ? parts[count + saved.indexOf(name)] : read(object)[i])),
		);
	}
	return parts.slice(2 * count);
}

/** An instance of a class with private members, which is made by its own constructor. */
const hiddenKind: Kind<object, Host> = {
	tag: 'hidden',
	claims: (value) => typeof value === 'object' && isHiding(value),
	take: (value) => [classOfMember(Object.getPrototypeOf(value)), stateOfInstance(value)],
	label: () => '',
	moment: 'made',
	make([Class, state]) {
		expect(madeOf(Class) !== undefined && state instanceof InstanceState, 'an instance of no class');
		const instance = makeHiding(Class as Callable);
		adoptState(instance, state);
		return instance;
	},
};

/** What extends a built-in holds contents of that, too. */
function isHiding(value: object): boolean {
	const prototype: object | null = Object.getPrototypeOf(value);
	if (prototype === null || classOfPrototype(prototype)?.hidden !== true) return false;
	if (opaqueParent(prototype) !== undefined) return false;
	if (classOfMember(prototype) === undefined || classOfPrototype(prototype)?.hooks !== undefined) return false;
	let base = prototype;
	while (classOfMember(base) !== undefined) base = Object.getPrototypeOf(base) ?? Object.prototype;
	return base === Object.prototype;
}

const hiddenState: Kind<InstanceState, Host> = {
	tag: 'hidden-state',
	prototypes: [InstanceState.prototype],
	take({ instance }) {
		const chain = hiding(classOfMember(Object.getPrototypeOf(instance))!);
		const privates = chain.flatMap((made) => privateParts(instance!, made.privates!.fields));
		return [instance, chain.length, ...privates, ...changes(instance!, NOTHING_BORN)];
	},
	label({ instance }, index) {
		let at = index - 2;
		for (const { privates } of hiding(classOfMember(Object.getPrototypeOf(instance))!)) {
			const [names] = privates!.fields;
			if (at <= 2 * names.length) return `.#${names[at - 1 - names.length]}`;
			at -= 1 + 2 * names.length;
		}
		return nameAt(changes(instance!, NOTHING_BORN), at);
	},
	make: () => new InstanceState(null),
	fill(value, [instance, count, ...rest]) {
		expect(typeof instance === 'object' && instance !== null && value.instance === instance, 'members of no instance');
		const chain = hiding(classOfMember(Object.getPrototypeOf(instance))!);
		expect(typeof count === 'number' && count <= rest.length, 'malformed private members');
		if (chain.length > count) throw isGone(chain.at(-1)!, 'without private members', 'with them', '#', false);
		let parts: readonly unknown[] = rest;
		// Of a class that has none any more they are dropped; the base comes first.
		for (let i = 0; i < count; i++) parts = writePrivate(instance, chain[i], chain[i]?.privates?.fields, parts);
		change(instance, NOTHING_BORN, parts);
	},
};

/** A plain object with getters and setters that are closures of the run. */
const accessorsKind: Kind<object, Host> = {
	tag: 'accessors',
	claims: (value) => typeof value === 'object' && hasAccessors(value),
	take: (value) => [Object.getPrototypeOf(value) === null, ...changes(value, NOTHING_BORN)],
	label: (value, index) => nameAt(changes(value, NOTHING_BORN), index - 1),
	make: ([bare]) => (bare === true ? Object.create(null) : {}),
	fill(value, [, ...list]) {
		change(value, NOTHING_BORN, list);
	},
};

/** Asked of objects that have some property which assignment would not make: all others must be plain. */
function hasAccessors(value: object): boolean {
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null) return false;
	const level = levelOf(value);
	let some = false;
	for (const key of Reflect.ownKeys(value)) {
		const d = Object.getOwnPropertyDescriptor(value, key)!;
		const locked = !d.configurable && level < 2;
		if (!d.enumerable || locked || (d.writable === false && level < 3)) return false;
		if (d.get === undefined && d.set === undefined) continue;
		if ([d.get, d.set].some((each) => each !== undefined && definitionOf(each) === undefined)) return false;
		some = true;
	}
	return some;
}

const NOTHING_BORN: ReadonlyMap<Key, PropertyDescriptor> = new Map();

/** `[level, number of deleted keys, ...them, ...(key, flags, value or getter and setter)]`. */
function changes(holder: object, born: ReadonlyMap<Key, PropertyDescriptor>): unknown[] {
	const level = levelOf(holder);
	const keys = Reflect.ownKeys(holder).filter((key) => !isMark(key));
	const deleted = [...born.keys()].filter((key) => !keys.includes(key));
	const list: unknown[] = [level, deleted.length, ...deleted];
	for (const key of keys) {
		const d = Object.getOwnPropertyDescriptor(holder, key)!;
		if (isBorn(d, born.get(key), level)) continue;
		const accessor = d.get !== undefined || d.set !== undefined;
		const flags =
			(d.enumerable ? ENUMERABLE! : 0) + (d.writable ? WRITABLE! : 0) + (d.configurable ? CONFIGURABLE! : 0);
		list.push(key, accessor ? flags + ACCESSOR! : flags, ...(accessor ? [d.get, d.set] : [d.value]));
	}
	return list;
}

/** Is the property what the text of the class says, but for what locking the whole has done to it? */
function isBorn(d: PropertyDescriptor, was: PropertyDescriptor | undefined, level: number): boolean {
	if (was === undefined || !Object.is(d.value, was.value) || d.get !== was.get || d.set !== was.set) return false;
	if (d.enumerable !== was.enumerable) return false;
	return (
		(d.configurable === was.configurable || (level >= 2 && d.configurable === false)) &&
		(d.writable === was.writable || (level === 3 && d.writable === false))
	);
}

function nameAt(list: readonly unknown[], index: number): string {
	let at = 2 + (list[1] as number);
	while (at < list.length) {
		const size = ((list[at + 1] as number) & ACCESSOR!) === 0 ? 3 : 4;
		if (index < at + size) return typeof list[at] === 'symbol' ? `[${String(list[at])}]` : `.${String(list[at])}`;
		at += size;
	}
	return '';
}

const isKey = (key: unknown): key is Key => typeof key === 'string' || typeof key === 'symbol';

function change(holder: object, born: ReadonlyMap<Key, PropertyDescriptor>, list: readonly unknown[]): void {
	const [level, count] = list;
	expect(
		(level === 0 || level === 1 || level === 2 || level === 3) && typeof count === 'number',
		'malformed properties',
	);
	let at = 2;
	for (; at < 2 + count; at++) {
		const key = list[at];
		expect(isKey(key) && !isMark(key), 'a property without a key');
		Reflect.deleteProperty(holder, key);
	}
	// Static fields that the text has, but whose values are saved; they come back in the order that they had.
	for (const key of Reflect.ownKeys(holder)) {
		if (!born.has(key) && !isMark(key)) Reflect.deleteProperty(holder, key);
	}
	while (at < list.length) {
		const [key, flags] = [list[at], list[at + 1]];
		expect(isKey(key) && !isMark(key) && typeof flags === 'number', 'a malformed property');
		const shape = { enumerable: (flags & ENUMERABLE!) !== 0, configurable: (flags & CONFIGURABLE!) !== 0 };
		const accessor = (flags & ACCESSOR!) !== 0;
		const [first, second] = [list[at + 2], list[at + 3]];
		if (accessor) {
			expect(
				[first, second].every((each) => each === undefined || typeof each === 'function'),
				'a malformed accessor',
			);
		}
		const descriptor = accessor
			? { ...shape, get: first as () => unknown, set: second as (value: unknown) => void }
			: { ...shape, value: first, writable: (flags & WRITABLE!) !== 0 };
		expect(Reflect.defineProperty(holder, key, descriptor), 'a property that cannot be');
		at += accessor ? 4 : 3;
	}
	applyLevel(holder, level);
}

/** The prototype object of such a class: it comes with the class. */
const prototypeKind: Kind<object, Host> = {
	tag: 'class-prototype',
	claims: (value) => typeof value === 'object' && classOfMember(value) !== undefined,
	take: (value) => [classOfMember(value)],
	label: () => '.constructor',
	moment: 'made',
	make([Class]) {
		expect(madeOf(Class) !== undefined, 'a prototype of no class');
		return (Class as Callable).prototype as object;
	},
};

const ROLES: readonly Role[] = ['value', 'get', 'set', 'private'];

/** A method taken off such a class. */
const methodKind: Kind<Callable, Host> = {
	tag: 'method',
	claims: (value) => methodOf(value) !== undefined,
	take(value) {
		const { Class, isStatic, key, role } = methodOf(value)!;
		return [Class, isStatic, key, role];
	},
	label: () => '',
	moment: 'made',
	make([Class, isStatic, key, role]) {
		const made = madeOf(Class);
		expect(made !== undefined && isKey(key) && ROLES.includes(role as Role), 'a malformed method');
		const method: unknown =
			role === 'private'
				? privateMethodOf(Class as Callable, isStatic === true, String(key))
				: made.born[isStatic === true ? 0 : 1].get(key)?.[role as 'value' | 'get' | 'set'];
		if (methodOf(method) === undefined)
			throw isGone(made, `with the method ${String(key)}`, 'without it', String(key), true);
		return method as Callable;
	},
};

function isGone({ def }: Made, was: string, is: string, slot: string, had: boolean): SchemaMismatchError {
	return new SchemaMismatchError({
		functionId: def.id,
		file: def.file,
		line: def.at[0],
		expected: `a class ${was}`,
		found: `one ${is}`,
		differences: [{ slot, was: had ? slot : null, is: had ? null : slot }],
		ways: ['deploy the code that it was saved by and let the run finish there'],
	});
}

export const CLASS_KINDS = [classKind, classState, prototypeKind, methodKind, hiddenKind, hiddenState, accessorsKind];

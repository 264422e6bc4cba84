import { expect, type Kind } from '../codec/kind.ts';
import { applyLevel, levelOf } from '../codec/own.ts';
import { SchemaMismatchError } from '../errors/schema.ts';
import {
	ClassState,
	classOfMember,
	isMark,
	type Key,
	type Made,
	madeOf,
	methodOf,
	type Role,
	remakeClass,
} from '../registry/made-classes.ts';
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
		const { born } = madeOf(Class)!;
		const own = changes(Class!, born[0]);
		const members = changes(Class!.prototype, born[1]);
		return [Class, own.length, ...own, members.length, ...members];
	},
	label({ Class }, index) {
		const own = changes(Class!, madeOf(Class)!.born[0]);
		const of = index < own.length + 2 ? own : changes(Class!.prototype, madeOf(Class)!.born[1]);
		const at = index - (of === own ? 2 : own.length + 3);
		return `${of === own ? '' : '.prototype'}${nameAt(of, at)}`;
	},
	make: () => new ClassState(null),
	fill(value, [Class, count, ...parts]) {
		const made = madeOf(Class);
		expect(made !== undefined && made.state === value && typeof count === 'number', 'properties of no class');
		expect(parts[count] === parts.length - count - 1, 'malformed properties of a class');
		change(Class as Callable, made.born[0], parts.slice(0, count));
		change((Class as Callable).prototype as object, made.born[1], parts.slice(count + 1));
	},
};

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

const ROLES: readonly Role[] = ['value', 'get', 'set'];

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
		const method: unknown = made.born[isStatic === true ? 0 : 1].get(key)?.[role as Role];
		if (methodOf(method) === undefined) throw methodIsGone(made, key);
		return method as Callable;
	},
};

function methodIsGone({ def }: Made, key: Key): SchemaMismatchError {
	return new SchemaMismatchError({
		functionId: def.id,
		file: def.file,
		line: def.at[0],
		expected: `a class with the method ${String(key)}`,
		found: 'one without it',
		differences: [{ slot: String(key), was: String(key), is: null }],
		ways: ['deploy the code that it was saved by and let the run finish there'],
	});
}

export const CLASS_KINDS = [classKind, classState, prototypeKind, methodKind];

/**
 * Value types: which classes may be saved, under which id, and how.
 *
 * Owns: the classes of this process, by id and by prototype. It hangs on `globalThis`, so that two
 * copies of the package know each other's classes. Called by: user modules (`serializable`), the codec.
 */
import { DuplicateFunctionError } from '../errors/schema.ts';
import type { Duration } from '../language/duration.ts';
import { isHiding, moduleName, moduleValue } from './modules.ts';

/** Static method `(instance) => data`: what is saved of an instance. */
export const SERIALIZE: unique symbol = Symbol.for('perdure.serialize') as never;
/** Static method `(data) => instance`: makes it again. Runs only for classes that the program registered. */
export const DESERIALIZE: unique symbol = Symbol.for('perdure.deserialize') as never;

/** How instances of a class are saved, where their own properties are not what they are. */
export interface ClassHooks<T, D> {
	/** What is saved instead of the instance: any savable value. Reads only. */
	serialize(instance: T): D;
	/**
	 * Makes the instance from a copy of that value. In a cycle that leads from the data back to the
	 * instance, objects below the data's first level may still be empty while this runs.
	 */
	deserialize(data: D): T;
}

/** How a live thing is described and opened again. */
export interface ResourceHooks {
	marshal(instance: object): unknown;
	unmarshal(description: unknown): unknown;
	close?(instance: object): unknown;
	readonly timeout?: Duration | undefined;
}

/** Any class, private constructors included. */
export interface ClassLike<T = object> {
	readonly prototype: T;
}

export interface ClassEntry {
	readonly id: string;
	readonly Class: ClassLike;
	readonly hooks: ClassHooks<object, unknown> | undefined;
	/** Its instances are live: they are described when saved, and opened again (resources.ts). */
	readonly resource?: ResourceHooks;
	/** Made by durable code: found by its prototype only, and saved with what it captures. */
	readonly made?: boolean;
	/** Where its text is, for messages: of one made by durable code. */
	readonly at?: { readonly file: string; readonly line: number };
	/** Its instances have private members, which only hooks can save. */
	readonly hidden?: boolean;
}

interface Classes {
	readonly byId: Map<string, ClassEntry>;
	readonly byPrototype: WeakMap<object, ClassEntry>;
}

const KEY = Symbol.for('perdure.classes.1');
const holder = globalThis as { [KEY]?: Classes };
holder[KEY] ??= { byId: new Map(), byPrototype: new WeakMap() };
const classes: Classes = holder[KEY];

/**
 * Makes instances of a class savable. Without hooks their own properties and prototype are saved, and
 * the contents of the built-in they extend; with hooks, or the two static methods, what those give.
 * A class with private members needs hooks. Subclasses register themselves.
 *
 * @param options.id What stored bytes name the class by; needed where the class's name is not unique, or
 * changes when the program is bundled (@perdure/unplugin gives ids by itself).
 * @throws DuplicateFunctionError where another class has the id.
 * @throws TypeError where hooks are missing: one of the two alone, those that a parent class has, or both of
 * a class with private members (of a module that was compiled).
 */
export function serializable<C extends ClassLike, D>(
	Class: C,
	hooks?: ClassHooks<C['prototype'], D>,
	options: { readonly id?: string } = {},
): C {
	const { name, prototype } = Class as { name?: unknown; prototype: object | null };
	if (prototype !== null && classes.byPrototype.get(prototype)?.made === true) {
		if (hooks === undefined) return Class;
		throw new TypeError(
			`'${String(name)}' was made by durable code: say how it is saved in its static methods [SERIALIZE] and [DESERIALIZE].`,
		);
	}
	const own = (hooks as ClassHooks<object, unknown> | undefined) ?? staticHooks(Class);
	return registerClass('serializable', Class, { hooks: own }, options.id);
}

/** @throws as `serializable` does. */
export function registerClass<C extends ClassLike>(
	by: string,
	Class: C,
	how: Pick<ClassEntry, 'hooks' | 'resource'>,
	as: string | undefined,
): C {
	const { name, prototype } = Class as { name?: unknown; prototype: object | null };
	const id = as ?? (typeof name === 'string' ? name : '');
	if ((typeof Class as string) !== 'function' || typeof prototype !== 'object' || prototype === null)
		throw new TypeError(`${by}() takes a class.`);
	if (id === '') throw new TypeError(`${by}() needs an id for a class without a name: { id }.`);
	const entry: ClassEntry = { id, Class, ...how };
	checkParents(Class, entry);
	const described = entry.hooks !== undefined || entry.resource !== undefined;
	if (!described && hides(prototype)) throw new TypeError(`${describe(entry)} ${HIDES}`);
	const known = classes.byId.get(id);
	// A module that is evaluated again (a test runner, a hot reload) declares the same text again.
	// So does another copy of this package, which may have been minified.
	const again = known === undefined || known.Class === Class || String(known.Class) === String(Class) || isOurs(id);
	if (!again)
		throw new DuplicateFunctionError({
			id,
			first: `a class ${describe(known)}`,
			second: `another class ${describe(entry)}`,
		});
	classes.byId.set(id, entry);
	classes.byPrototype.set(prototype, entry);
	return Class;
}

const isOurs = (id: string) => /^perdure[#.]/.test(id);

const HIDES = 'has private members, which only it can save: give it hooks, { serialize, deserialize }.';

/** Has an object private members of a class of a compiled module? */
export function hides(prototype: object): boolean {
	for (let p: object | null = prototype; p !== null; p = Object.getPrototypeOf(p)) {
		const Class: unknown = Object.getOwnPropertyDescriptor(p, 'constructor')?.value;
		if (typeof Class === 'function' && isHiding(Class)) return true;
	}
	return false;
}

/** A class that durable code has made. */
export function addMade(entry: ClassEntry): void {
	classes.byPrototype.set(entry.Class.prototype, entry);
}

const describe = (entry: ClassEntry) => `'${(entry.Class as { name?: string }).name ?? entry.id}'`;

/** What the two static methods of a class, or those it inherits, say of its instances. */
export function staticHooks(Class: ClassLike): ClassHooks<object, unknown> | undefined {
	const statics = Class as { [SERIALIZE]?: unknown; [DESERIALIZE]?: unknown; name?: string };
	const [serialize, deserialize] = [typeof statics[SERIALIZE], typeof statics[DESERIALIZE]];
	if (serialize === 'undefined' && deserialize === 'undefined') return undefined;
	if (serialize !== 'function' || deserialize !== 'function')
		throw new TypeError(`'${statics.name}' needs both static methods, [SERIALIZE] and [DESERIALIZE].`);
	// Called on the class, so that inherited ones know which subclass to make.
	return {
		serialize: (instance) => (Class as unknown as { [SERIALIZE](i: object): unknown })[SERIALIZE](instance),
		deserialize: (data) => (Class as unknown as { [DESERIALIZE](d: unknown): object })[DESERIALIZE](data),
	};
}

/** Hooks given at registration make one class; a subclass saved without its own would lose what they know. */
function checkParents(Class: ClassLike, entry: ClassEntry): void {
	if (entry.hooks !== undefined || entry.resource !== undefined) return;
	for (let p = Object.getPrototypeOf(Class.prototype); p !== null; p = Object.getPrototypeOf(p)) {
		const parent = classes.byPrototype.get(p);
		if (parent?.hooks !== undefined || parent?.resource !== undefined)
			throw new TypeError(
				`${describe(entry)} extends ${describe(parent)}, which is saved by hooks; give it hooks of its own.`,
			);
	}
}

/** The registered class whose `prototype` this is. */
export function classOfPrototype(prototype: object): ClassEntry | undefined {
	return classes.byPrototype.get(prototype) ?? errorClass(prototype);
}

/** Classes of compiled modules that extend Error need no registration: they are saved by their names there. */
function errorClass(prototype: object): ClassEntry | undefined {
	if (!(prototype instanceof Error)) return undefined;
	const Class: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
	const id = typeof Class === 'function' && Class.prototype === prototype ? moduleName(Class) : undefined;
	if (id === undefined) return undefined;
	const hooks = staticHooks(Class as ClassLike);
	const entry: ClassEntry = { id, Class: Class as ClassLike, hooks, hidden: hooks === undefined && hides(prototype) };
	classes.byPrototype.set(prototype, entry);
	return entry;
}

/**
 * Why an instance of a class that durable code made cannot be saved by its properties: a class that it
 * extends may keep something else. Registered ones without hooks do not, nor do those of compiled modules
 * without private members.
 */
export function opaqueParent(prototype: object): OpaqueParent | undefined {
	if (clear.has(prototype)) return undefined;
	const found = findOpaque(prototype);
	if (found === undefined) clear.add(prototype);
	return found;
}

interface OpaqueParent {
	readonly name: string;
	readonly why: string;
}

/** Prototypes below which there is none: asked for each instance that is saved. */
const clear = new WeakSet<object>();

function findOpaque(prototype: object): OpaqueParent | undefined {
	for (let p = Object.getPrototypeOf(prototype); p !== null; p = Object.getPrototypeOf(p)) {
		const Class: unknown = Object.getOwnPropertyDescriptor(p, 'constructor')?.value;
		const name = typeof Class === 'function' ? Class.name : 'a class';
		const entry = classOfPrototype(p);
		if (entry?.made === true) continue;
		if (entry?.hooks !== undefined) return { name, why: 'is saved by hooks' };
		if (entry !== undefined) continue;
		if (typeof Class !== 'function' || isBuiltIn(Class)) return undefined;
		if (moduleName(Class) === undefined) return { name, why: 'is not registered' };
		if (isHiding(Class)) return { name, why: 'has private members' };
	}
	return undefined;
}

const isBuiltIn = (Class: unknown) =>
	/^function \w+\(\) \{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(Class));

/** The entry of a class given as a value. */
export function classEntry(Class: unknown): ClassEntry | undefined {
	if (typeof Class !== 'function') return undefined;
	const prototype: unknown = Class.prototype;
	if (typeof prototype !== 'object' || prototype === null) return undefined;
	const entry = classOfPrototype(prototype);
	return entry?.Class === Class ? entry : undefined;
}

export function classById(id: string): ClassEntry | undefined {
	const known = classes.byId.get(id);
	if (known !== undefined) return known;
	const Class = moduleValue(id);
	return Class === undefined ? undefined : classEntry(Class);
}

/** Why a value cannot be saved: what it is, and the way out for that very kind. */
import { NAMESPACE_HELP, REFUSED, UNSAVABLE_TYPES, type UnsavableType, unregisteredHelp } from '@perdure/abi';
import type { NotSerializableKind } from '../errors/saving.ts';
import { classOfPrototype, hides, opaqueParent } from '../registry/classes.ts';
import { ENV } from '../registry/functions.ts';

/** Found at a part of the row being written; the walk turns it into a `NotSerializableError` with its path. */
export class Refusal {
	readonly type: string;
	readonly kind: NotSerializableKind;
	readonly help: string;
	/** Path segment below the value whose row it is, where that is not the part being written. */
	readonly segment: string | undefined;

	constructor(type: string, kind: NotSerializableKind, help: string, segment?: string) {
		this.type = type;
		this.kind = kind;
		this.help = help;
		this.segment = segment;
	}
}

const KNOWN = new Map(UNSAVABLE_TYPES.map((row) => [row.type, row]));
const byName = (name: string, type = REFUSED.type(name)) => {
	const { kind, help } = KNOWN.get(name)!;
	return new Refusal(type, kind, help);
};

/** An own property that is an accessor, hidden, or locked by itself. */
export function refuseAttribute(key: string | symbol, descriptor: PropertyDescriptor): Refusal {
	const accessor = descriptor.get !== undefined || descriptor.set !== undefined;
	return new Refusal(
		accessor ? 'an accessor' : `a property that is ${attributes(descriptor)}`,
		'value',
		accessor
			? 'assign the value instead of defining a getter, or register a class whose hooks say what is saved'
			: 'assign the property, or freeze or seal the whole object; or register a class whose hooks say what is saved',
		propertySegment(key),
	);
}

function attributes(d: PropertyDescriptor): string {
	const off = [!d.enumerable && 'not enumerable', !d.writable && 'not writable', !d.configurable && 'not configurable'];
	return off.filter(Boolean).join(', ') || 'unusual';
}

/** Whatever was thrown while a value was read: a hook, a proxy's trap, an object without its insides. */
export function refuseThrown(error: unknown): Refusal {
	if (error instanceof Refusal) return error;
	return new Refusal(
		`something that could not be read (${error instanceof Error ? error.message : String(error)})`,
		'value',
		'make it with its own constructor, or correct its serialize hook',
		'',
	);
}

/** A native iterator, or an object whose `next` is a foreign function. */
export function refuseIterator(): Refusal {
	return byName('Iterator', REFUSED.iterator);
}

/** What a value without a kind is. */
export function refuseValue(value: object): Refusal {
	if (typeof value === 'function') return refuseFunction(value);
	const tag = Object.prototype.toString.call(value).slice(8, -1);
	if (tag === 'Promise') return byName('Promise', REFUSED.promise);
	if (tag.endsWith(' Iterator') || tag === 'Iterator Helper') return refuseIterator();
	if (tag === 'Generator' || tag === 'AsyncGenerator') return byName(tag);
	if (tag === 'Module') return new Refusal(REFUSED.namespace, 'value', NAMESPACE_HELP);
	const prototype: object | null = Object.getPrototypeOf(value);
	const name = prototype === null ? undefined : nameOf(prototype);
	const known = name === undefined ? undefined : hostType(name, prototype!);
	if (known !== undefined) return new Refusal(REFUSED.type(name!), known.kind, known.help);
	const live = prototype === null ? undefined : classOfPrototype(prototype);
	if (live?.resource !== undefined)
		return new Refusal(`the resource '${live.id}'`, 'instance', 'outside a run save what its marshal gives');
	const entry = prototype === null ? undefined : classOfPrototype(prototype);
	const parent = entry?.made === true ? opaqueParent(prototype!) : undefined;
	if (parent !== undefined)
		return new Refusal(
			`an instance of '${name}', which extends '${parent.name}', a class that ${parent.why}`,
			'instance',
			parent.why === 'is not registered'
				? unregisteredHelp(parent.name)
				: `give '${name}' the static methods [SERIALIZE](instance) and [DESERIALIZE](data)`,
		);
	if (entry?.hidden === true)
		return new Refusal(
			`${REFUSED.hidden(name!)}${entry.made === true ? ' that extends a built-in' : ''}`,
			'instance',
			'give the class the static methods [SERIALIZE](instance) and [DESERIALIZE](data), or use plain properties',
		);
	if (name !== undefined && isOfConstructorFunction(prototype!))
		return new Refusal(
			`an instance of '${name}', a constructor function made in durable code`,
			'instance',
			`write '${name}' as a class: one made in durable code is saved, its methods and instances too`,
		);
	if (name !== undefined)
		return new Refusal(REFUSED.instance(name), 'instance', unregisteredHelp(name, { hidden: hides(prototype!) }));
	return new Refusal(
		'an object whose prototype is no registered class',
		'instance',
		'copy its properties into a plain object ({ ...it }), or make it with a class and register that',
	);
}

/** Made by `new` of a function that is a closure of a run. */
function isOfConstructorFunction(prototype: object): boolean {
	const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
	return typeof made === 'function' && Object.hasOwn(made, ENV);
}

/** Node's own classes that are no globals: known by their name alone. */
const UNGLOBAL = new Set(['EventEmitter', 'Socket', 'FileHandle', 'Timeout']);

/** A type of the host's, not one of the user's that happens to have its name. */
function hostType(name: string, prototype: object): UnsavableType | undefined {
	const holder = globalThis as unknown as Record<string, { prototype?: unknown } | undefined>;
	if (UNGLOBAL.has(name) || holder[name]?.prototype === prototype) return KNOWN.get(name);
	const intl = (Intl as unknown as typeof holder)[name];
	return intl?.prototype === prototype ? KNOWN.get(`Intl.${name}`) : undefined;
}

function refuseFunction(value: object): Refusal {
	const { help } = KNOWN.get('Function')!;
	const name = Object.getOwnPropertyDescriptor(value, 'name')?.value;
	const named = typeof name === 'string' ? name : '';
	if (/^class\b/.test(Function.prototype.toString.call(value)))
		return new Refusal(REFUSED.class(named), 'function', unregisteredHelp(named));
	return new Refusal(REFUSED.function(named), 'function', help);
}

/** Name of the class a prototype belongs to; reads no accessor. */
function nameOf(prototype: object): string | undefined {
	const made = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
	if (typeof made !== 'function' || made === Object) return undefined;
	const name = Object.getOwnPropertyDescriptor(made, 'name')?.value;
	return typeof name === 'string' && name !== '' ? name : undefined;
}

/** `.name`, `[3]`, `["some key"]`, `[Symbol(tag)]`. */
export function propertySegment(key: string | symbol | number): string {
	if (typeof key === 'symbol') return `[${String(key)}]`;
	if (typeof key === 'number' || /^(0|[1-9]\d*)$/.test(key)) return `[${key}]`;
	return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

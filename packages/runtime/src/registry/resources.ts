/**
 * Classes of live things (a connection, a file handle): saved as a plain description, and opened again
 * from it before a restored run goes on. The entries are among the other classes, classes.ts.
 */
import { type Duration, milliseconds } from '../language/duration.ts';
import { type ClassEntry, type ClassLike, classOfPrototype, type ResourceHooks, registerClass } from './classes.ts';
import { type Imported, importOf } from './imports.ts';

/** Static method `(instance) => description`: what is saved of a resource. */
export const MARSHAL: unique symbol = Symbol.for('perdure.marshal') as never;
/** Static method `(description) => instance`, or a promise of it: opens it again. */
export const UNMARSHAL: unique symbol = Symbol.for('perdure.unmarshal') as never;
/** Optional static method `(instance) => void`, or a promise: lets go of one that `UNMARSHAL` opened. */
export const CLOSE: unique symbol = Symbol.for('perdure.close') as never;

/** What the program says of a live thing. */
export interface ResourceOptions<T, D> {
	/** What is saved instead of the instance: plain savable data. Other resources in it are opened before this one. Reads only. */
	marshal(instance: T): D;
	/**
	 * Opens it again, once for each instance there was. What it throws fails the run before anything of it is
	 * computed; a retry opens it again.
	 */
	unmarshal(description: D): T | PromiseLike<T>;
	/**
	 * Lets go of it when the run is over, or leaves this process to go on elsewhere: once for each `unmarshal`.
	 * The program may have closed it before: it must do no harm a second time.
	 */
	close?(instance: T): unknown;
	/** How long `unmarshal` may take, and `close`: after that it counts as if it had thrown. Default one minute. */
	readonly timeout?: Duration | undefined;
	/** What stored bytes name the class by; needed where the class's name is not unique. */
	readonly id?: string;
}

/** Of a class whose static methods say how. */
type StaticOptions = Pick<ResourceOptions<never, never>, 'id' | 'timeout'>;

/** One that hangs must not hold its run for ever (ms). */
const TIMEOUT = 60_000;

/**
 * Makes instances of a class resources: passed to effects as they are, saved as what `marshal` gives, and
 * opened again by `unmarshal` before a restored run goes on. Without these two the class's static methods
 * `[MARSHAL]`, `[UNMARSHAL]` and `[CLOSE]` say how.
 * @throws DuplicateFunctionError where another class has the id.
 * @throws TypeError where `marshal` or `unmarshal` is missing; InvalidDurationError.
 */
export function resource<C extends ClassLike, D>(
	Class: C,
	options: ResourceOptions<C['prototype'], D> | StaticOptions = {},
): C {
	const given = options as Partial<ResourceOptions<object, unknown>>;
	const isStatic = given.marshal === undefined && given.unmarshal === undefined;
	const hooks = isStatic ? staticHooks(Class, given.timeout) : given;
	if (typeof hooks?.marshal !== 'function' || typeof hooks.unmarshal !== 'function') {
		const { name } = Class as { name?: string };
		throw new TypeError(
			`resource(${name ?? ''}) needs { marshal, unmarshal }, or static methods [MARSHAL] and [UNMARSHAL].`,
		);
	}
	if (options.timeout !== undefined) milliseconds(options.timeout);
	registerClass('resource', Class, { resource: hooks as ResourceHooks, hooks: undefined }, options.id);
	return Class;
}

/** How long its hooks may take (ms). */
export function timeLimit({ timeout }: Pick<ResourceHooks, 'timeout'>): number {
	return timeout === undefined ? TIMEOUT : milliseconds(timeout);
}

function staticHooks(Class: ClassLike, timeout: Duration = TIMEOUT): ResourceHooks | undefined {
	const statics = Class as { [MARSHAL]?: unknown; [UNMARSHAL]?: unknown; [CLOSE]?: unknown };
	const [marshal, unmarshal, close] = [statics[MARSHAL], statics[UNMARSHAL], statics[CLOSE]];
	if (typeof marshal !== 'function' || typeof unmarshal !== 'function') return undefined;
	// Called on the class, so that inherited ones know which subclass to open.
	return {
		marshal: (instance) => marshal.call(Class, instance),
		unmarshal: (description) => unmarshal.call(Class, description),
		timeout,
		...(typeof close === 'function' ? { close: (instance: object) => close.call(Class, instance) } : {}),
	};
}

/** The entry of a live thing's class; undefined for any other value. */
export function resourceEntry(value: unknown): (ClassEntry & { readonly resource: ResourceHooks }) | undefined {
	if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
	const prototype: object | null = Object.getPrototypeOf(value);
	const entry = prototype === null ? undefined : classOfPrototype(prototype);
	return entry?.resource === undefined ? undefined : (entry as ClassEntry & { readonly resource: ResourceHooks });
}

/** Is it saved as a description, and nothing that it refers to with it? */
export function isLive(value: unknown): boolean {
	return resourceEntry(value) !== undefined || importOf(value) !== undefined;
}

/** What is to be opened before a run goes on that was read from bytes. */
export type Closed = ClosedResource | Imported;

/** A resource of a run that was read from bytes, until it is opened: what looking at such a run shows. */
export class ClosedResource {
	Class: ClassLike;
	description: unknown;

	constructor(Class: ClassLike, description: unknown) {
		this.Class = Class;
		this.description = description;
	}
}

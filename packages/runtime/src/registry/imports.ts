/**
 * Namespaces that `import()` in durable code has given. Nothing tells two of them apart but who imported them, so that
 * is what is saved: the thunk of the `import()` in the user's module, and its operands.
 *
 * Owns: by which import each namespace came. It hangs on `globalThis` like the other registries.
 * Called by: emitted code, by way of `lazy`; the codec; whoever opens what a restored run holds.
 */
import type { FunctionDef } from '@perdure/abi';
import type { Callable } from './shared.ts';

/** One way to a namespace: the id of a thunk, the specifier as the user wrote or computed it, and its attributes. */
export type Way = readonly [thunk: string, specifier: string, options?: { readonly with: object }];

/** How a namespace is imported again; shown in its place where it is not imported yet. */
export class Imported {
	/**
	 * All that have led to it in this process: several modules may import one, and who goes on with a run may have
	 * loaded only those that the run needs.
	 */
	ways: readonly Way[];

	constructor(ways: readonly Way[]) {
		this.ways = ways;
	}

	/** `import('./plugin.ts')` */
	toString(): string {
		return `import('${this.ways[0]?.[1]}')`;
	}

	/** What Node prints of it. */
	[Symbol.for('nodejs.util.inspect.custom')](): string {
		return this.toString();
	}
}

const KEY = Symbol.for('perdure.imports.1');
const holder = globalThis as { [KEY]?: WeakMap<object, Imported> };
holder[KEY] ??= new WeakMap();
const namespaces: WeakMap<object, Imported> = holder[KEY];

/** By which import a namespace came; undefined for any other value. */
export function importOf(value: unknown): Imported | undefined {
	return namespaces.get(value as object);
}

const makers = new WeakMap<FunctionDef, Callable>();

/** What is called for the value of a thunk. That of an `import()` notes the namespace that it gives. */
export function makerOf(def: FunctionDef): Callable {
	if (def.kind !== 'import') return def.make as Callable;
	let maker = makers.get(def);
	if (maker === undefined) {
		maker = (...operands) => importing(def, operands);
		makers.set(def, maker);
	}
	return maker;
}

async function importing(def: FunctionDef, [specifier, options]: readonly unknown[]): Promise<unknown> {
	const namespace: unknown = await (def.make as Callable)(specifier, options);
	const isObject = (typeof namespace === 'object' && namespace !== null) || typeof namespace === 'function';
	if (!isObject) return namespace;
	let known = namespaces.get(namespace);
	if (known === undefined) {
		known = new Imported([]);
		namespaces.set(namespace, known);
	}
	if (!known.ways.some(([thunk]) => thunk === def.id)) {
		const attributes = (options as ImportCallOptions | undefined)?.with;
		const way = [def.id, String(specifier)] as const;
		known.ways = [...known.ways, attributes === undefined ? way : [...way, { with: { ...attributes } }]];
	}
	return namespace;
}

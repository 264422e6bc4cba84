/**
 * Namespaces that `import()` in durable code has given. Nothing tells two of them apart but who imported them, so that
 * is what is saved: the thunk of the `import()` in the user's module, and its operands.
 *
 * Owns: by which import each namespace came. It hangs on `globalThis` like the other registries.
 * Called by: emitted code, by way of `lazy`; the codec; whoever opens what a restored run holds.
 */
import type { FunctionDef } from '@perdure/abi';
import type { Callable } from './shared.ts';

/** How a namespace is imported again; shown in its place where it is not imported yet. */
export class Imported {
	/** Id of the thunk. */
	readonly thunk: string;
	/** The specifier as the user wrote or computed it, and its attributes. */
	operands: readonly unknown[];

	constructor(thunk: string, operands: readonly unknown[]) {
		this.thunk = thunk;
		this.operands = operands;
	}

	/** `import('./plugin.ts')` */
	toString(): string {
		return `import('${String(this.operands[0])}')`;
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
	if (isObject && !namespaces.has(namespace)) {
		const attributes = (options as ImportCallOptions | undefined)?.with;
		const more = attributes === undefined ? [] : [{ with: { ...attributes } }];
		namespaces.set(namespace, new Imported(def.id, [String(specifier), ...more]));
	}
	return namespace;
}

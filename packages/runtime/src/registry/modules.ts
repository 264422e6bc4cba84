/**
 * Functions and classes at the top level of compiled modules, and namespaces that these import: values that are saved
 * by their name there.
 *
 * Owns: what the loaded modules declare, and the names of the values that were found so far. It hangs on
 * `globalThis` like the other registries. Called by: emitted code, the codec.
 */
import type { Callable } from './shared.ts';

type Values = Readonly<Record<string, () => unknown>>;

interface Modules {
	readonly byId: Map<string, Values>;
	readonly names: WeakMap<object, string>;
	/** Modules some of whose values were not there yet when they were last looked at. */
	readonly open: Set<string>;
	/** Names of classes with private members. */
	readonly hiding: Set<string>;
}

const KEY = Symbol.for('perdure.modules.1');
const holder = globalThis as { [KEY]?: Modules };
holder[KEY] ??= { byId: new Map(), names: new WeakMap(), open: new Set(), hiding: new Set() };
const modules: Modules = holder[KEY];

/**
 * Emitted code: what a module has, and which of its classes have private members. One that is evaluated
 * again replaces what it declared before.
 */
export function moduleValues(id: string, values: Values, hiding: readonly string[] = []): void {
	for (const name of hiding) modules.hiding.add(`${id}#${name}`);
	modules.byId.set(id, values);
	modules.open.add(id);
}

/** `<module id>#<name>` of a function or class that a compiled module declares at its top level, or of a namespace that it imports. */
export function moduleName(value: object): string | undefined {
	const known = modules.names.get(value);
	if (known !== undefined || modules.open.size === 0) return known;
	for (const id of modules.open) if (look(id)) modules.open.delete(id);
	return modules.names.get(value);
}

/** Have instances of a class of a compiled module members that only its text can see? */
export function isHiding(Class: object): boolean {
	const name = moduleName(Class);
	return name !== undefined && modules.hiding.has(name);
}

/** Notes the values of a module; false while some are not initialised. */
function look(id: string): boolean {
	let all = true;
	for (const [name, read] of Object.entries(modules.byId.get(id)!)) {
		try {
			const value = read();
			if (isValue(value)) modules.names.set(value, `${id}#${name}`);
		} catch {
			all = false;
		}
	}
	return all;
}

function isValue(value: unknown): value is object {
	return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

/** The function or class of such a name; undefined where no loaded module has it. */
export function moduleValue(name: string): Callable | undefined {
	const value = namedValue(name);
	return typeof value === 'function' ? (value as Callable) : undefined;
}

/** What has such a name; undefined where no loaded module has it. */
export function namedValue(name: string): object | undefined {
	const at = name.lastIndexOf('#');
	const values = modules.byId.get(name.slice(0, at));
	const key = name.slice(at + 1);
	if (values === undefined || !Object.hasOwn(values, key)) return undefined;
	try {
		const value = values[key]!();
		return isValue(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

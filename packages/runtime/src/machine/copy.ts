import { DecodeError, NotSerializableError, StateTooLargeError } from '../errors/saving.ts';
import { type Copied, CopiedBytes } from './copied.ts';
import { Host, Operands, runCodec } from './kinds.ts';
import type { Handlers } from './stand-in.ts';
import type { Recipes, Thunk } from './thunk-kinds.ts';

/**
 * Copies a list of values, identity among them kept.
 * @param o.names of the values, for the path in the error; o.recipes: what may be made again;
 * o.firsts: takes up the values of these, in the order that `remake` asks for.
 * @throws NotSerializableError
 */
export function capture(
	values: readonly unknown[],
	o: { readonly names?: readonly string[]; readonly recipes?: Recipes; readonly firsts?: unknown[] } = {},
): Copied {
	if (values.every(isPrimitive)) return { values: [...values] };
	const { names, recipes } = o;
	try {
		return copied(values, names, recipes, o.firsts);
	} catch (error) {
		if (recipes === undefined || recipes.size === 0 || !NotSerializableError.is(error)) throw error;
		// Something inside the value of a thunk cannot be saved: then the whole value is made again.
		const remade = new Map([...recipes].filter(([value]) => !canBeSaved(value, recipes)));
		return copied(values, names, recipes, o.firsts, remade);
	}
}

function copied(
	values: readonly unknown[],
	names: readonly string[] | undefined,
	recipes: Recipes | undefined,
	firsts: unknown[] = [],
	remade?: Recipes,
): Copied {
	firsts.length = 0;
	const host = new Host({ live: [], firsts });
	return new CopiedBytes(encode(values, host, names, recipes, remade), host.live!);
}

function canBeSaved(value: unknown, recipes: Recipes): boolean {
	try {
		encode([value], new Host({ live: [] }), [], recipes);
		return true;
	} catch (error) {
		if (NotSerializableError.is(error)) return false;
		throw error;
	}
}

/** `recipes` stand in for values that cannot be saved, `remade` for these whatever they are. */
function encode(
	values: readonly unknown[],
	host: Host,
	names?: readonly string[],
	recipes?: Recipes,
	remade?: Recipes,
): Uint8Array {
	return runCodec.encode(new Operands(values, names), {
		host,
		unsaveable: (value) => recipes?.get(value),
		instead: remade && ((value) => remade.get(value)),
	});
}

/** Copies an outcome; null when it cannot be kept. */
export function captureOutcome(value: unknown): Copied | null {
	try {
		return capture([value]);
	} catch (error) {
		if (NotSerializableError.is(error) || StateTooLargeError.is(error)) return null;
		throw error;
	}
}

/** A fresh copy of the values; `SKIPPED` in place of those that a thunk makes, where asked for. */
export function release(copied: Copied, thunks: 'skip' | 'refuse' = 'refuse'): unknown[] {
	return decode(copied, new Host({ live: liveOf(copied), thunks }));
}

/**
 * A fresh copy of an effect's operands, with what tells later whether somebody changed it.
 * @param firsts values of thunks that are still at hand; the others are made again, by `handlers` where these say so.
 * @throws what a thunk throws: as an argument of the call, at whose await the user looks for it.
 */
export function remake(
	copied: Copied,
	firsts: readonly unknown[],
	handlers: Handlers,
): { readonly values: unknown[]; readonly remade: ReadonlyMap<unknown, Thunk> } {
	const host = new Host({ live: liveOf(copied), firsts: [...firsts], thunks: 'run', handlers });
	try {
		return { values: decode(copied, host), remade: host.remade };
	} catch (error) {
		throw host.thrown === null ? error : host.thrown.error;
	}
}

function liveOf(copied: Copied): unknown[] {
	return 'live' in copied ? [...copied.live] : [];
}

function decode(copied: Copied, host: Host): unknown[] {
	if ('values' in copied) return [...copied.values];
	const operands = runCodec.decode(copied.bytes, { host });
	if (!(operands instanceof Operands)) throw new DecodeError({ problem: 'a copy is no list of values' });
	return [...operands.values];
}

/** Are these still what was copied? */
export function sameAs(copied: Copied, values: readonly unknown[], remade: Recipes): boolean {
	if ('values' in copied) return true;
	try {
		return sameBytes(copied.bytes, encode(values, new Host({ live: liveOf(copied) }), [], remade, remade));
	} catch (error) {
		if (NotSerializableError.is(error)) return false;
		throw error;
	}
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Bytes that are the same for equal copies. */
export function bytesOf(copied: Copied): Uint8Array {
	return 'bytes' in copied ? copied.bytes : encode(copied.values, new Host({ live: [] }));
}

function isPrimitive(value: unknown): boolean {
	if (typeof value === 'symbol') return false;
	return (typeof value !== 'object' && typeof value !== 'function') || value === null;
}

/** Copies what a run is started with. @throws NotSerializableError naming the argument and the function; TypeError. */
export function captureStart(name: string, self: unknown, args: readonly unknown[]): Copied {
	mustBeList(name, args);
	const names = ['this', ...args.map((_, i) => `args[${i}]`)];
	try {
		return capture([self, ...args], { names });
	} catch (error) {
		throw NotSerializableError.is(error) ? error.at(undefined, { as: 'parameter', of: name }) : error;
	}
}

/** A text would be taken for a list of its letters. @throws TypeError for arguments of `name` that are no array. */
export function mustBeList(name: string, args: unknown): void {
	if (Array.isArray(args)) return;
	const given = args === null ? 'null' : args === undefined ? 'nothing' : `a ${typeof args}`;
	throw new TypeError(`the arguments of '${name}' are an array, [] where there are none; given is ${given}`);
}

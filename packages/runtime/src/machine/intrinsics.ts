/**
 * The functions of ECMA-262, collected from the realm's own intrinsics: called in durable code they
 * run in the turn, and as values they are saved by name. Host functions (`fetch`, `setTimeout`,
 * `structuredClone`) are not among them.
 */
import type { Callable } from '../registry/shared.ts';

const ROOTS = (
	'AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date ' +
	'Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Int16Array ' +
	'Int32Array Int8Array Iterator JSON Map Math Number Object Promise Proxy RangeError ReferenceError ' +
	'Reflect RegExp Set SharedArrayBuffer String SuppressedError Symbol SyntaxError Temporal TypeError ' +
	'URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet ' +
	'DisposableStack AsyncDisposableStack parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent ' +
	'encodeURI encodeURIComponent escape unescape Intl'
).split(' ');

const prototypeOf = Object.getPrototypeOf as (value: object) => object;

/** What no global names. */
const HIDDEN: Record<string, object> = {
	'%ArrayIteratorPrototype%': prototypeOf([][Symbol.iterator]()),
	'%StringIteratorPrototype%': prototypeOf(''[Symbol.iterator]()),
	'%MapIteratorPrototype%': prototypeOf(new Map().entries()),
	'%SetIteratorPrototype%': prototypeOf(new Set().values()),
	'%RegExpStringIteratorPrototype%': prototypeOf(/./[Symbol.matchAll]('')),
	'%GeneratorFunction.prototype%': prototypeOf(function* () {}),
	'%AsyncFunction.prototype%': prototypeOf(async () => {}),
	'%AsyncGeneratorFunction.prototype%': prototypeOf(async function* () {}),
};

const isObject = (value: unknown): value is object =>
	(typeof value === 'object' && value !== null) || typeof value === 'function';

/** Every property of every intrinsic object, with a path to it that holds in any engine that has it. */
function* walk(): Generator<readonly [path: string, value: object]> {
	const seen = new Set<object>();
	const globals = globalThis as Record<string, unknown>;
	const queue: [path: string, value: unknown][] = [
		...ROOTS.map((name): [string, unknown] => [name, globals[name]]),
		...Object.entries(HIDDEN),
	];
	for (const [path, value] of queue) {
		if (!isObject(value)) continue;
		yield [path, value];
		if (seen.has(value)) continue;
		seen.add(value);
		queue.push([`${path}.__proto__`, prototypeOf(value)]);
		for (const key of Reflect.ownKeys(value)) {
			const { value: held, get, set } = Object.getOwnPropertyDescriptor(value, key)!;
			const name = `${path}.${typeof key === 'symbol' ? `@${key.description}` : key}`;
			queue.push([name, held], [`${name}:get`, get], [`${name}:set`, set]);
		}
	}
}

/** Functions whose results are the world's, not the language's. */
const WORLDLY: ReadonlySet<unknown> = new Set([(Array as { fromAsync?: unknown }).fromAsync]);

export const intrinsics: ReadonlySet<unknown> = collect();

function collect(): Set<unknown> {
	const found = new Set<unknown>();
	for (const [, value] of walk()) if (typeof value === 'function' && !WORLDLY.has(value)) found.add(value);
	return found;
}

let names: { readonly byFunction: Map<unknown, string>; readonly byPath: Map<string, Callable> } | undefined;

/** Made when a function is first saved or read: what a program has put in the place of an intrinsic since has no name. */
function named(): NonNullable<typeof names> {
	if (names !== undefined) return names;
	const byFunction = new Map<unknown, string>();
	const byPath = new Map<string, Callable>();
	for (const [path, value] of walk()) {
		if (!intrinsics.has(value) || makesCode(value)) continue;
		byPath.set(path, value as Callable);
		if (!byFunction.has(value)) byFunction.set(value, path);
	}
	names = { byFunction, byPath };
	return names;
}

/** `Function` and its like turn text into code: bytes shall not name them. */
function makesCode(value: object): boolean {
	return value === Function || prototypeOf(value) === Function;
}

/** The name of a built-in function: `Map.prototype.entries`. */
export function nameOfIntrinsic(value: unknown): string | undefined {
	return intrinsics.has(value) ? named().byFunction.get(value) : undefined;
}

/** The built-in function of a name, where this engine has it. */
export function intrinsicNamed(name: string): Callable | undefined {
	return named().byPath.get(name);
}

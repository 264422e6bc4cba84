import { construct } from '../language/call.ts';
import { DurablePromise } from '../language/durable-promise.ts';
import { iteratorMethods } from '../language/iterator-methods.ts';
import { promiseStatics } from '../language/promise.ts';
import { definitionOf } from '../registry/functions.ts';
import { generatorMethods } from '../registry/generator-functions.ts';
import type { Callable } from '../registry/shared.ts';

/** On a runtime primitive (`sleep`, `suspend`, ...): what it does in await position. */
export const PRIMITIVE: unique symbol = Symbol.for('perdure.primitive') as never;

export interface Primitive extends Callable {
	readonly [PRIMITIVE]: string;
}

export function primitiveOf(callee: unknown): string | undefined {
	return typeof callee === 'function' ? (callee as Partial<Primitive>)[PRIMITIVE] : undefined;
}

/**
 * The functions of ECMA-262, collected from the realm's own intrinsics: called in durable code they
 * run in the turn. Host functions (`fetch`, `setTimeout`, `structuredClone`) are not among them.
 */
const intrinsics: ReadonlySet<unknown> = collect();

export function isIntrinsic(callee: unknown): boolean {
	return (
		intrinsics.has(callee) ||
		promiseStatics.has(callee) ||
		promiseMethods.has(callee) ||
		ownMethods.has(callee) ||
		generatorMethods.has(callee)
	);
}

/** `then`, `catch`, `finally` of the run's own promises. */
const promiseMethods: ReadonlySet<unknown> = new Set(
	Object.values(Object.getOwnPropertyDescriptors(DurablePromise.prototype)).map(({ value }) => value),
);

const ownMethods: ReadonlySet<unknown> = new Set(iteratorMethods);

/** `new` of a built-in or of a closure of the run happens in the turn; that of a promise is an effect. */
export function constructsInTurn(callee: unknown, self: unknown): boolean {
	if (callee !== construct || typeof self !== 'function') return false;
	return self !== Promise && (intrinsics.has(self) || definitionOf(self as Callable) !== undefined);
}

/** Neither durable, nor a closure of the run, nor a primitive, nor an intrinsic: a call of it is an effect. */
export function isForeign(callee: unknown): boolean {
	return (
		typeof callee === 'function' &&
		definitionOf(callee) === undefined &&
		primitiveOf(callee) === undefined &&
		!isIntrinsic(callee)
	);
}

function collect(): Set<unknown> {
	const names = [
		'AggregateError',
		'Array',
		'ArrayBuffer',
		'Atomics',
		'BigInt',
		'BigInt64Array',
		'BigUint64Array',
		'Boolean',
		'DataView',
		'Date',
		'Error',
		'EvalError',
		'FinalizationRegistry',
		'Float16Array',
		'Float32Array',
		'Float64Array',
		'Function',
		'Int16Array',
		'Int32Array',
		'Int8Array',
		'Iterator',
		'JSON',
		'Map',
		'Math',
		'Number',
		'Object',
		'Promise',
		'Proxy',
		'RangeError',
		'ReferenceError',
		'Reflect',
		'RegExp',
		'Set',
		'SharedArrayBuffer',
		'String',
		'SuppressedError',
		'Symbol',
		'SyntaxError',
		'Temporal',
		'TypeError',
		'URIError',
		'Uint16Array',
		'Uint32Array',
		'Uint8Array',
		'Uint8ClampedArray',
		'WeakMap',
		'WeakRef',
		'WeakSet',
		'DisposableStack',
		'AsyncDisposableStack',
		'parseInt',
		'parseFloat',
		'isNaN',
		'isFinite',
		'decodeURI',
		'decodeURIComponent',
		'encodeURI',
		'encodeURIComponent',
		'escape',
		'unescape',
		'Intl',
	]; // prettier-ignore
	const found = new Set<unknown>();
	const seen = new Set<unknown>();
	const queue: unknown[] = names.map((name) => (globalThis as Record<string, unknown>)[name]);
	// Prototypes that no global names.
	queue.push(
		Object.getPrototypeOf([][Symbol.iterator]()),
		Object.getPrototypeOf(''[Symbol.iterator]()),
		Object.getPrototypeOf(new Map().entries()),
		Object.getPrototypeOf(new Set().values()),
		Object.getPrototypeOf(/./[Symbol.matchAll]('')),
		Object.getPrototypeOf(function* () {}),
		Object.getPrototypeOf(async () => {}),
		Object.getPrototypeOf(async function* () {}),
	);
	while (queue.length > 0) {
		const value = queue.pop();
		if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
		seen.add(value);
		if (typeof value === 'function') found.add(value);
		queue.push(Object.getPrototypeOf(value));
		for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(value)) as PropertyDescriptor[]) {
			queue.push(descriptor.value, descriptor.get, descriptor.set);
		}
		for (const symbol of Object.getOwnPropertySymbols(value)) {
			const descriptor = Object.getOwnPropertyDescriptor(value, symbol)!;
			queue.push(descriptor.value, descriptor.get, descriptor.set);
		}
	}
	// Functions whose results are the world's, not the language's.
	found.delete((Array as { fromAsync?: unknown }).fromAsync);
	return found;
}

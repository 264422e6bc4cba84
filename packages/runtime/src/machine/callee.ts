import { construct } from '../language/call.ts';
import { DurablePromise } from '../language/durable-promise.ts';
import { iteratorMethods } from '../language/iterator-methods.ts';
import { direct, savable } from '../language/native-iterators.ts';
import { ownStatics, promiseStatics } from '../language/promise.ts';
import { effectFunction } from '../registry/effects.ts';
import { definitionOf } from '../registry/functions.ts';
import { generatorMethods } from '../registry/generator-functions.ts';
import { primitiveOf } from '../registry/primitives.ts';
import type { Callable } from '../registry/shared.ts';
import { intrinsics } from './intrinsics.ts';

/** On functions of ours that ask something of the turn and are over at once: `currentRun`, `setProgress`. */
export const IN_TURN: unique symbol = Symbol.for('perdure.in-turn') as never;

export function isIntrinsic(callee: unknown): boolean {
	return (
		(typeof callee === 'function' && IN_TURN in callee) ||
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

/** Calls a function of the language: what it gives is of the run, where the host's own could not be saved. */
export function callBuiltIn(callee: Callable, self: unknown, args: unknown[]): unknown {
	const called = direct({ callee, self, args });
	const own = called.self === Promise ? ownStatics.get(called.callee) : undefined;
	if (own !== undefined) return own(...called.args);
	return savable(Reflect.apply(callee, self, args), callee, self, args);
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

/**
 * Is such a call one of foreign code, by itself or by `f.call(...)` or `f.apply(...)`? Of what is declared by `effect`
 * only the former: handed on, it is asked for by its own name and policy.
 */
export function callsForeign(callee: unknown, self: unknown): boolean {
	return isForeign(callee) || (handsOn(callee) && isForeign(self) && effectFunction(self) === undefined);
}

/** Does it call its receiver? */
export function handsOn(callee: unknown): boolean {
	return callee === Function.prototype.call || callee === Function.prototype.apply;
}

/** What a getter gives: it is not asked for again. */
function unknown(): void {}

/** The method that a call of `self[key]` has called, without reading it again. */
export function methodOf(self: unknown, key: unknown): unknown {
	if (self === undefined || self === null) return undefined;
	for (let holder: unknown = Object(self); holder !== null; holder = Object.getPrototypeOf(holder)) {
		const found = Object.getOwnPropertyDescriptor(holder, key as PropertyKey);
		if (found !== undefined) return 'value' in found ? found.value : unknown;
	}
	return unknown;
}

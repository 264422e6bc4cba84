import type { Mode } from '@perdure/abi';
import type { Callable } from '../registry/shared.ts';
import { describe, isObject } from './iterate.ts';
import { type AsyncSteps, iterateAsync } from './iterate-async.ts';
import { callAwaited, methodOf, noThrow } from './method.ts';

/**
 * `yield*` in an async generator (ECMA-262 15.5.5): as `Delegation`, but what the inner iterator gives
 * is awaited between `ask` and `take`.
 */
export class AsyncDelegation {
	steps: AsyncSteps;
	mode: Mode = 0;
	sent: unknown = undefined;
	/** What is awaited is not the answer to what was sent: the iterator is closed, since it has no `throw`; or it has no `return`. */
	instead: 'closing' | 'leaving' | null = null;
	/** What the inner iterator has given, or is done with, */
	value: unknown = undefined;
	/** which the generator is to return. */
	returning = false;

	constructor(steps: AsyncSteps) {
		this.steps = steps;
	}

	resume(mode: Mode, value: unknown): void {
		this.mode = mode;
		this.sent = value;
	}

	/** Hands on what was received; to be awaited. */
	ask(frame: unknown): unknown {
		const { steps, mode, sent } = this;
		const { iterator } = steps;
		this.sent = undefined;
		this.value = undefined;
		if (mode === 0) return steps.next(frame, [sent]);
		const method = methodOf(iterator, mode === 1 ? 'throw' : 'return');
		if (method !== undefined) return callAwaited(frame, method, iterator, [sent]);
		if (mode === 2) {
			this.instead = 'leaving';
			return sent;
		}
		const close: Callable | undefined = methodOf(iterator, 'return');
		if (close === undefined) throw noThrow();
		this.instead = 'closing';
		return callAwaited(frame, close, iterator);
	}

	/** Takes what was awaited. True when the inner iterator is done. */
	take(result: unknown): boolean {
		if (this.instead === 'leaving') {
			this.value = result;
			this.returning = true;
			return true;
		}
		if (!isObject(result)) throw new TypeError(`Iterator result ${describe(result)} is not an object`);
		if (this.instead === 'closing') throw noThrow();
		const done = Boolean((result as IteratorResult<unknown>).done);
		this.value = (result as IteratorResult<unknown>).value;
		this.returning = done && this.mode === 2;
		return done;
	}
}

/** `yield*` begins. */
export function delegateAsync(iterable: unknown): AsyncDelegation {
	return new AsyncDelegation(iterateAsync(iterable));
}

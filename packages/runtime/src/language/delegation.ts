import type { Mode } from '@perdure/abi';
import { ForeignSteps, iterate, type Steps } from './iterate.ts';
import { methodOf, noThrow } from './method.ts';

/**
 * `yield*` in a generator (ECMA-262 15.5.5): the inner iterator, and what the generator was resumed
 * with, which is handed on to it. Emitted code asks until it is done, and yields in between.
 */
export class Delegation {
	/** Of a built-in collection it is a record of ours, which can be saved. */
	steps: Steps;
	mode: Mode = 0;
	sent: unknown = undefined;
	/** What the inner iterator has given and the generator is to hand on. */
	result: unknown = undefined;
	/** When it is done: its value, */
	value: unknown = undefined;
	/** which the generator is to return. */
	returning = false;

	constructor(steps: Steps) {
		this.steps = steps;
	}

	resume(mode: Mode, value: unknown): void {
		this.mode = mode;
		this.sent = value;
	}

	/** Hands on what was received. True when the inner iterator is done. */
	ask(): boolean {
		const { steps, mode, sent } = this;
		this.sent = undefined;
		if (!(steps instanceof ForeignSteps)) return this.#askBuiltIn(steps, mode, sent);
		const { iterator } = steps;
		const method = mode === 0 ? undefined : methodOf(iterator, mode === 1 ? 'throw' : 'return');
		if (mode !== 0 && method === undefined) {
			if (mode === 1) throw withoutThrow(steps);
			return this.#leave(sent);
		}
		const result = method === undefined ? steps.advance([sent]) : Reflect.apply(method, iterator, [sent]);
		if (typeof result !== 'object' || result === null) {
			throw new TypeError(`Iterator result ${String(result)} is not an object`);
		}
		const { done } = result as IteratorResult<unknown>;
		if (!done) {
			this.result = result;
			return false;
		}
		this.result = undefined;
		this.value = (result as IteratorResult<unknown>).value;
		this.returning = mode === 2;
		return true;
	}

	/** Iterators of arrays, strings, maps and sets have `next` only. */
	#askBuiltIn(steps: Steps, mode: Mode, sent: unknown): boolean {
		if (mode === 1) throw withoutThrow(steps);
		if (mode === 2) return this.#leave(sent);
		const more = steps.step();
		this.result = more ? { value: steps.value, done: false } : undefined;
		this.value = undefined;
		return !more;
	}

	#leave(value: unknown): true {
		this.result = undefined;
		this.value = value;
		this.returning = true;
		return true;
	}
}

/** `yield*` begins. */
export function delegate(iterable: unknown): Delegation {
	return new Delegation(iterate(iterable));
}

/** It breaks the protocol: it gets its chance to clean up, and the generator an error. */
function withoutThrow(steps: Steps): TypeError {
	steps.close();
	return noThrow();
}

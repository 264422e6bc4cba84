import type { Activation, Mode } from '@perdure/abi';
import { shared } from '../registry/shared.ts';
import {
	type DurablePromise,
	isDurable,
	promiseResolve,
	type Reaction,
	reject,
	resolve,
	slotsOf,
	subscribe,
} from './durable-promise.ts';
import { type NativeCapability, thenNative } from './host-promise.ts';

/** A call of `next`, `throw` or `return` that is not answered yet. */
export interface Request {
	readonly mode: Mode;
	readonly value: unknown;
	readonly capability: DurablePromise | NativeCapability;
}

/** Driven outside any run, or inside an effect. */
export const OUTSIDE = '';

/**
 * The generators that a compiled `async function*` makes (ECMA-262 27.6). Inside a run a fiber drives
 * it from one `yield` to the next, and its promises are the run's; outside an async function does.
 *
 * States, as ECMA-262 has them: start -> executing <-> suspended; executing -> draining -> completed.
 * A1: only one that is executing or draining has requests, and it has a driver.
 * A2: requests of a run are answered in turns of that run.
 * A3: the frame is parked at a point unless it runs; before its body that is the one behind the parameters.
 */
export class AsyncGeneratorState {
	/** The object that has this state. */
	readonly object: object;
	state: 'start' | 'suspended' | 'executing' | 'draining' | 'completed' = 'start';
	/** Null once the body is over. */
	frame: Activation | null;
	readonly queue: Request[] = [];
	/** The run whose fiber is at it, `OUTSIDE`, or null when nobody is. */
	driver: string | null = null;
	/** Number of the fiber that drives it, each time the same one; 0 before the first. */
	fiber = 0;
	/** After a restore, until the frame is entered: reads again what was not saved. */
	warm: ((frame: Activation) => void) | null = null;

	constructor(object: object, frame: Activation | null) {
		this.object = object;
		this.frame = frame;
	}
}

/** What a step of an async generator gives at a `yield`: anything else it gives is awaited. */
export class Yielded {
	readonly value: unknown;

	constructor(value: unknown) {
		this.value = value;
	}
}

export function yielded(value: unknown): Yielded {
	return new Yielded(value);
}

/** Settles the promise of a request. */
export function answer(capability: DurablePromise | NativeCapability, ok: boolean, value: unknown): void {
	if (!isDurable(capability)) {
		if (ok) capability.resolve(value);
		else capability.reject(value);
	} else if (ok) resolve(capability, value);
	else {
		// Whoever asked is cancelled too.
		if (shared.current!.isCancellation(value)) slotsOf(capability).handled = true;
		reject(capability, value);
	}
}

/** AsyncGeneratorCompleteStep (27.6.3.5). */
function complete({ queue }: AsyncGeneratorState, ok: boolean, value: unknown, done: boolean): void {
	answer(queue.shift()!.capability, ok, ok ? { value, done } : value);
}

/**
 * AsyncGeneratorYield (27.6.3.8), of a value that has been awaited. Gives the request to go on with at
 * once; null when the generator is suspended.
 */
export function completeYield(generator: AsyncGeneratorState, value: unknown): Request | null {
	complete(generator, true, value, false);
	const next = generator.queue[0];
	if (next !== undefined) return next;
	generator.state = 'suspended';
	generator.driver = null;
	return null;
}

/** The body is over (27.6.3.2, AsyncGeneratorStart). */
export function completeBody(generator: AsyncGeneratorState, ok: boolean, value: unknown): void {
	generator.frame = null;
	generator.state = 'draining';
	complete(generator, ok, value, true);
	drain(generator);
}

/** AsyncGeneratorDrainQueue (27.6.3.10). */
function drain(generator: AsyncGeneratorState): void {
	for (let next = generator.queue[0]; next !== undefined; next = generator.queue[0]) {
		if (next.mode === 2) {
			awaitReturn(generator, next.value);
			return;
		}
		complete(generator, next.mode === 0, next.mode === 0 ? undefined : next.value, true);
	}
	end(generator);
}

/** AsyncGeneratorAwaitReturn (27.6.3.9): the value of a `return()` that meets no body is awaited all the same. */
export function awaitReturn(generator: AsyncGeneratorState, value: unknown): void {
	if (generator.driver === OUTSIDE) thenNative(value, (ok, settled) => completeReturn(generator, ok, settled));
	else subscribe(promiseResolve(value), new ReturnReaction(generator));
}

function completeReturn(generator: AsyncGeneratorState, ok: boolean, value: unknown): void {
	complete(generator, ok, value, true);
	drain(generator);
}

/** Nothing of it is left to run. */
export function end(generator: AsyncGeneratorState): void {
	generator.state = 'completed';
	generator.frame = null;
	generator.driver = null;
}

/** What was given to `return()` has settled. */
export class ReturnReaction implements Reaction {
	readonly generator: AsyncGeneratorState;

	constructor(generator: AsyncGeneratorState) {
		this.generator = generator;
	}

	run(ok: boolean, value: unknown): void {
		completeReturn(this.generator, ok, value);
	}
}

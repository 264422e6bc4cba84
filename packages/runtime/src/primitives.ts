/** The primitives of durable functions (api.md, "Inside durable functions"). */

import type { ChildRun } from './client/child-run.ts';
import type { FunctionRef } from './client/function-ref.ts';
import { outsideRun, plainClock } from './driver/effects.ts';
import { type Duration, deadline } from './language/duration.ts';
import { IN_TURN } from './machine/callee.ts';
import type { StartOptions } from './machine/start-options.ts';
import type { AsyncFunction } from './registry/functions.ts';
import { PRIMITIVE } from './registry/primitives.ts';
import { type Callable, shared } from './registry/shared.ts';
import type { Message, Question } from './registry/topics.ts';

/** Limits of a wait for an answer or a message. */
export interface WaitOptions {
	/** How long to wait: a duration from now, or a moment. Then `TimeoutError` is thrown at the await. */
	readonly timeout?: Duration | Date | undefined;
}

/**
 * Waits. In a run the time is durable: no process is held, and a restart does not begin it anew.
 * Outside any run, and inside effects, it is a timer of the process.
 */
export const sleep = primitive('sleep', (time: Duration | Date): Promise<void> => {
	const clock = plainClock();
	const until = deadline(time, clock.now());
	return new Promise((resolve) => clock.timer(until, resolve));
});

/**
 * Ends the turn and sets a boundary in the effect log: what the log keeps with it is enough to replay the
 * run from here (`replay`, option `from`). Of each label (default `'mark'`) the latest counts. Outside any
 * run it does nothing.
 */
export const mark = primitive('mark', (_label?: string): Promise<void> => Promise.resolve());

/**
 * Hands `value` (a copy) to whoever drives the run and waits for the answer; of a question, for one that its
 * schema accepts.
 * @throws TimeoutError when `timeout` passes without an answer.
 */
export const suspend = primitive('suspend', suspendOutside);

function suspendOutside<V, A, I>(question: Question<V, A, I>, value: NoInfer<V>, options?: WaitOptions): Promise<A>;
function suspendOutside<A = unknown>(value?: unknown, options?: WaitOptions): Promise<A>;
function suspendOutside(): Promise<never> {
	return Promise.reject(outsideRun('suspend'));
}

/**
 * Waits for the next message of that name; messages sent before are kept until asked for.
 * @throws TimeoutError when `timeout` passes without a message, unless there is an `otherwise`.
 */
export const receive = primitive('receive', receiveOutside);

// A default first: where both fit, it is what may come too.
function receiveOutside<T, D>(
	name: string | Message<T, never>,
	options: { timeout: Duration | Date; otherwise: D },
): Promise<T | D>;
// With one type argument, which the one above has no room for.
function receiveOutside<T>(name: string, options: { timeout: Duration | Date; otherwise: T }): Promise<T>;
function receiveOutside<T = unknown>(name: string | Message<T, never>, options?: WaitOptions): Promise<T>;
function receiveOutside(): Promise<never> {
	return Promise.reject(outsideRun('receive'));
}

/**
 * Starts a run of its own, committed with the turn: it has its own id, life and log, and ends when it ends. Awaiting
 * `result()` of what this gives parks the run until then. Calling a durable function instead makes it a part of this
 * run. Needs an engine.
 * @throws RunConflictError where the id is that of another run. UnsupportedError without an engine.
 */
export const start = primitive('start', startOutside);

function startOutside<F extends AsyncFunction>(
	fn: F | FunctionRef<F>,
	args: Readonly<Parameters<F>>,
	o?: StartOptions,
): Promise<ChildRun<Awaited<ReturnType<F>>>>;
function startOutside(): Promise<never> {
	return Promise.reject(outsideRun('start'));
}

/**
 * Hands an event (a copy) to the outbox: it is there exactly once, with the turn, in the order of the run's
 * calls. Whoever consumes the outbox of the engine gets it at least once; `run` hands it out with its outcome.
 */
export const emit = primitive('emit', (_event: unknown): Promise<void> => Promise.reject(outsideRun('emit')));

/**
 * The run whose code this is.
 * @throws OutsideRunError outside durable code that runs in a run.
 */
export function currentRun(): { readonly id: string; readonly functionId: string; readonly startedAt: Date } {
	if (shared.current === null) throw outsideRun('currentRun');
	return shared.current.run;
}

/**
 * Says how far the run is, for `handle.describe()`. Kept with the turn; a copy.
 * @throws OutsideRunError outside durable code that runs in a run. NotSerializableError
 */
export function setProgress(value: unknown): void {
	if (shared.current === null) throw outsideRun('setProgress');
	shared.current.setProgress(value);
}

for (const fn of [currentRun, setProgress]) Object.defineProperty(fn, IN_TURN, { value: true });

/** In await position the machine takes over (by `PRIMITIVE`); this is what runs anywhere else. */
function primitive<F extends Callable>(name: string, outside: F): F {
	function outsideAwait(this: unknown, ...args: unknown[]): unknown {
		if (shared.current !== null) return shared.current.primitive(name, args);
		try {
			return outside(...args);
		} catch (error) {
			return Promise.reject(error);
		}
	}
	Object.defineProperty(outsideAwait, 'name', { value: name });
	return Object.assign(outsideAwait, { [PRIMITIVE]: name }) as unknown as F;
}

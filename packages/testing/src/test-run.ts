import type { Duration, Handler, LogOptions } from '@perdure/runtime';
import { captureStart, deadline, durable, handlerMap, logRules, Machine, release } from '@perdure/runtime/simulation';
import { Driver } from './driver.ts';
import { Family } from './family.ts';
import { drawnFrom, inOrder } from './order.ts';
import type { TestRun } from './run.ts';
import { VirtualClock } from './virtual-clock.ts';

/** How `testRun` starts a run and what surrounds it. */
export interface TestRunOptions {
	/** Called in place of other functions where durable code awaits these: `replace(charge, () => 'paid')`. */
	readonly handlers?: readonly Handler[] | undefined;
	/** What of the effect log is kept. Default `'all'`. */
	readonly log?: LogOptions | undefined;
	/**
	 * `'every-await'` (default): after each turn the run is saved to bytes, dropped and restored, before any
	 * effect of that turn is performed, so that what does not survive a restart fails in the test. `'never'`:
	 * it stays in memory. A function says after which turns (from 1).
	 */
	readonly restart?: ('every-await' | 'never' | ((turn: number) => boolean)) | undefined;
	/**
	 * Draws in which order outcomes are delivered of effects that have ended together, and which of several runs goes
	 * on first; the same seed draws the same order. Without it they come in the order in which they ended.
	 */
	readonly seed?: number | undefined;
	/** What the virtual clock shows at first. Default: the time at which the test run is made. */
	readonly now?: Date | undefined;
	/** Name of the run; part of the keys of its effects. Default `'test'`, so that keys are the same each time. */
	readonly id?: string | undefined;
	/** `this` of the durable function. */
	readonly this?: unknown;
	/** How long (real time) an effect may do real work before it is taken for one that never ends. Default one second. */
	readonly patience?: Duration | undefined;
	/** Called each time the run has been dropped and is not yet restored: to forget or reload what a new process would. */
	readonly onRestart?: (() => void) | undefined;
}

/**
 * Runs a durable function under a test's control, with a virtual clock and, unless told otherwise, with a
 * restart at every await.
 *
 * @throws NotCompiledError when `fn` is no durable function, or was not compiled.
 * NotSerializableError when an argument cannot be saved.
 */
export function testRun<A extends unknown[], R>(
	fn: (...args: A) => Promise<R>,
	args: Readonly<A>,
	o: TestRunOptions = {},
): TestRun<R> {
	const def = durable(fn);
	const [self, ...copies] = release(captureStart(def.name, o.this, args));
	const clock = new VirtualClock((o.now ?? new Date()).getTime());
	const { restart = 'every-await' } = o;
	const family = new Family({
		clock,
		// Real runs have a random nonce; the keys of a test are to be the same each time.
		machine: { handlers: handlerMap(o.handlers), rules: logRules(o.log ?? 'all'), nonce: '' },
		pick: o.seed === undefined ? inOrder : drawnFrom(o.seed),
		patience: deadline(o.patience ?? 1000, 0),
		restart: typeof restart === 'function' ? restart : () => restart === 'every-await',
		onRestart: () => o.onRestart?.(),
	});
	const begun = { runId: o.id ?? 'test', def, self, args: copies, now: clock.now(), ...family.machineOptions };
	return new Driver<R>(family, family.first(Machine.start(begun), { self, args: copies }));
}

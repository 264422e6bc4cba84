import type { Activation, FunctionDef } from '@perdure/abi';
import { TwoRuntimesError } from '../errors/schema.ts';
import { COPY } from '../registry/shared.ts';
import type { FrameLog } from './frame-log.ts';

const NONE: readonly unknown[] = [];

/** What a frame remembers of the run's cancellation (cancellation.ts). */
export interface CancelledFrame {
	/** `pc` of the handlers that were last entered with it. */
	caught: number[];
	/** Set once it was thrown again after that: `pc` of the handlers it has entered since. */
	passed: number[] | null;
	/** A handler was entered with it, and no suspension point was reached since: what starts now is clean-up. */
	cleaning: boolean;
}

/**
 * One activation of a compiled function. The one shape that all steps, drivers and fibers see, so
 * that the engine's inline caches stay monomorphic.
 */
export class Frame implements Activation {
	readonly def: FunctionDef;
	pc = 0;
	done = false;
	s: readonly unknown[];
	self: unknown;
	env: readonly unknown[];
	/** The frame that awaits this one. */
	parent: Frame | null = null;
	/** How the run's cancellation has moved through it; null where it never did. Apart, so that a call has less to make. */
	cancelled: CancelledFrame | null = null;
	/** Restored from bytes and not entered since: its reload slots are still to be read. */
	cold = false;
	passed = 0;
	/** Null until it has issued something, or a turn has ended in it. */
	log: FrameLog | null = null;
	/** Where it is in its fiber, from the outermost; and the slots it had when that was last looked at. */
	place = -1;
	noted: readonly unknown[] | null = null;

	/** @throws TwoRuntimesError */
	constructor(def: FunctionDef, self: unknown, args: readonly unknown[], env: readonly unknown[] = NONE) {
		if (def.runtime !== COPY && def.runtime !== undefined) throw new TwoRuntimesError(def);
		this.def = def;
		this.self = self;
		this.s = args;
		this.env = env;
	}
}

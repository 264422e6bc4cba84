import type { Frame } from './frame.ts';
import type { Pending } from './pending.ts';

/**
 * A chain of frames awaiting one another: one logical thread of a run.
 *
 * Owns: the chain and what it is parked on. Called by: the machine only.
 * States: ready (a job of it is queued) -> stepping -> parked (`wait` set) -> ready ... -> over.
 * F1: a fiber has at most one job queued, and none while `wait` is set.
 * F2: `top` is null only after its last frame has returned: then its outcome is that of `wait`.
 */
export class Fiber {
	/** Number within the run, 0 for the root. */
	readonly id: number;
	top: Frame | null;
	wait: Pending | null = null;

	constructor(id: number, top: Frame | null) {
		this.id = id;
		this.top = top;
	}
}

import type { Mode } from '@perdure/abi';
import type { AsyncGeneratorState } from '../language/async-generator-state.ts';
import type { DurablePromise, Reaction } from '../language/durable-promise.ts';
import { shared } from '../registry/shared.ts';
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
	/** What whoever started it holds; null for the root, and where a generator's requests have promises. */
	readonly promise: DurablePromise | null;
	/** Started by clean-up: a cancellation does not reach it. */
	sheltered: boolean;
	wait: Pending | FiberReaction | null = null;
	/** What its queued job enters it with. Here, and no record of each job: that is a fifth of what a durable call allocates. */
	mode: Mode = 0;
	sent: unknown = undefined;
	/** Its frames when the last turn it ran in had ended, the outermost first. */
	readonly chain: Frame[] = [];
	/** It has run in the turn that is computed. */
	ran = false;
	/** It has entries in the log. */
	logged = false;
	/** Number of its latest mark, 0 before the first. */
	marked = 0;
	/** Entries of calls (`FrameLog.entry`) that have returned what the fiber waits for now. */
	ending: readonly number[] | null = null;
	/** Its neighbours in order of start; see `FiberTable`. */
	next: Fiber | null = null;
	previous: Fiber | null = null;

	/** The async generator whose frame is the outermost; its fiber is there only while it is at it. */
	readonly generator: AsyncGeneratorState | null;

	constructor(
		id: number,
		top: Frame | null,
		promise: DurablePromise | null = null,
		sheltered = false,
		generator: AsyncGeneratorState | null = null,
	) {
		this.id = id;
		this.top = top;
		this.promise = promise;
		this.sheltered = sheltered;
		this.generator = generator;
	}
}

/** A fiber that awaits a promise of the run. */
export class FiberReaction implements Reaction {
	readonly promise: DurablePromise;
	/** Null once the fiber was taken off it (cancelled). */
	fiber: Fiber | null;
	/** It awaits on behalf of a frame that has returned the promise: a tick more than `await` itself. */
	readonly returned: boolean;

	constructor(promise: DurablePromise, fiber: Fiber | null, returned: boolean) {
		this.promise = promise;
		this.fiber = fiber;
		this.returned = returned;
	}

	run(ok: boolean, value: unknown): void {
		if (this.fiber !== null) shared.current!.resume(this.fiber, ok, value, this.returned);
	}
}

/**
 * The fibers of a run, by number, in order of start. Also a list that each of them is a link of: one
 * that ends changes its neighbour, and what is stored of the others stays as it is.
 */
export class FiberTable extends Map<number, Fiber> {
	first: Fiber | null = null;
	#last: Fiber | null = null;
	readonly #touch: (fiber: Fiber) => void;

	/** @param touch told of each fiber that was changed by another's coming or going. */
	constructor(touch: (fiber: Fiber) => void) {
		super();
		this.#touch = touch;
	}

	override set(id: number, fiber: Fiber): this {
		const before = this.#last;
		fiber.previous = before;
		this.#last = fiber;
		if (before === null) this.first = fiber;
		else {
			before.next = fiber;
			this.#touch(before);
		}
		return super.set(id, fiber);
	}

	override delete(id: number): boolean {
		const fiber = this.get(id);
		if (fiber === undefined) return false;
		const { previous, next } = fiber;
		if (next === null) this.#last = previous;
		else next.previous = previous;
		if (previous === null) this.first = next;
		else {
			previous.next = next;
			this.#touch(previous);
		}
		return super.delete(id);
	}
}

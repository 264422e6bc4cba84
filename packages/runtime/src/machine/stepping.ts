import type { FunctionDef, Mode, SiteDef } from '@perdure/abi';
import { CancelledError } from '../errors/run.ts';
import { completeBody, completeYield, Yielded } from '../language/async-generator-state.ts';
import { extendStack } from '../language/async-stack.ts';
import {
	DurablePromise,
	isDurable,
	isOfRun,
	reject,
	resolve,
	resolveByThen,
	slotsOf,
	subscribe,
	thenOf,
} from '../language/durable-promise.ts';
import type { Callable } from '../registry/shared.ts';
import { awaitChain } from './await-chain.ts';
import { insist, isShielded } from './cancellation.ts';
import type { Delivery } from './delivery.ts';
import { Fiber, FiberReaction } from './fiber.ts';
import type { Frame } from './frame.ts';
import type { Caller, Issuing } from './issuing.ts';
import { type Jobs, ready } from './jobs.ts';
import type { LogScopes } from './log-scopes.ts';
import type { CallSite, PendingEffect } from './pending.ts';
import { atOf, isShownAtCaller, pointOf } from './point.ts';
import { warm } from './restore.ts';
import { isFrozen, type RunState } from './run-state.ts';

/**
 * What the step that is running asked for, besides the value it returns: a frame to enter, to wait for what is
 * pending, or to wait for clean-up that is the value although the run is cancelled.
 */
type Asked = Frame | 'parked' | 'clean-up' | null;

/** Reason of the `CancelledError` that ends what is left when the root has ended. */
const RUN_OVER = 'the run is over';

/**
 * Steps the fibers of one turn until each is parked or over.
 *
 * Owns: the fiber that steps, and what its step asks for. Called by: the computation of the turn, and through
 * the calls that a step makes.
 * C1: jobs run in the order they were added, and only here.
 */
export class Stepping {
	/** The fiber that steps; null in a reaction of a promise before any has. */
	fiber: Fiber | null = null;
	asked: Asked = null;
	/** The one within whose step it steps, if there is one. */
	#starter: Fiber | null = null;
	/** The place of a durable call that is made now; null where that is not known. */
	calling: CallSite | null = null;
	readonly #state: RunState;
	readonly #jobs: Jobs;
	readonly #issuing: Issuing;
	readonly #delivery: Delivery;
	readonly #scopes: LogScopes;
	/** Fibers that ran in this turn. */
	readonly #ran: Fiber[] = [];
	/** What the fiber that steps has begun, in a cancelled run, since its place was last known. */
	#begun: (Fiber | PendingEffect)[] = [];

	constructor(state: RunState, jobs: Jobs, issuing: Issuing, delivery: Delivery) {
		this.#state = state;
		this.#jobs = jobs;
		this.#issuing = issuing;
		this.#scopes = issuing.scopes;
		this.#delivery = delivery;
	}

	drain(): void {
		const jobs = this.#jobs;
		for (let job = jobs.take(); job !== undefined; job = jobs.take()) {
			if (typeof job === 'function') job();
			else {
				const { mode, sent } = job;
				job.sent = undefined;
				this.#step(job, mode, sent, true);
			}
		}
	}

	/** All are parked: where they stand is what the log goes by. */
	parked(): void {
		for (const fiber of this.#ran) if (this.#state.fibers.get(fiber.id) === fiber) this.#scopes.parks(fiber);
	}

	/** Brings up to date what is known of the fibers that ran. */
	count(): void {
		const { fibers, census } = this.#state;
		for (const fiber of this.#ran) {
			fiber.ran = false;
			// The next one that drives an async generator has the number of the last.
			if (fibers.get(fiber.id) !== fiber) census.drop(fiber);
			else {
				census.note(fiber);
				this.#state.touch(fiber);
			}
		}
	}

	/** A fiber begins within the step of another. */
	start(fiber: Fiber, mode: Mode, value: unknown): void {
		const [starter, asked, begun, outer] = [this.fiber, this.asked, this.#begun, this.#starter];
		this.#state.fibers.set(fiber.id, fiber);
		if (starter !== null) this.noteBegun(fiber, starter);
		this.#begun = [];
		this.#starter = starter;
		this.#step(fiber, mode, value);
		this.#starter = outer;
		this.fiber = starter;
		this.asked = asked;
		this.#begun = begun;
	}

	/** Who asks for a primitive. Code of this package is shown where the user's waits for it, if that is known. */
	caller(code: FunctionDef | null, site: SiteDef): Caller {
		const top = code !== null && isShownAtCaller(code) ? this.#starter?.top : null;
		const point = top && pointOf(top);
		return { code, site, by: this.fiber, at: top && point ? atOf(top.def, point.at) : undefined };
	}

	/** Only the innermost frame of a fiber may not be where it was last parked. */
	noteBegun(begun: Fiber | PendingEffect, by: Fiber): void {
		if (this.#state.cancel === null) return;
		if (begun instanceof Fiber) this.#delivery.starters.set(begun, by);
		if (!isShielded(by, by.top?.parent ?? null)) this.#begun.push(begun);
	}

	/** What the step gives is clean-up to be awaited: what that has begun goes on. */
	cleansUp(): void {
		this.#begun = [];
		this.asked = 'clean-up';
	}

	/** Is what starts now clean-up after a cancellation? Then that does not reach it. */
	isCleaning(): boolean {
		const starter = this.fiber;
		if (this.#state.cancel === null || starter === null) return false;
		return starter.top?.cancelled?.cleaning === true || isShielded(starter);
	}

	/** The entry of a call, where calls have entries. */
	called(fiber: Fiber, caller: Frame | null, frame: Frame): void {
		const site = this.calling;
		this.calling = null;
		this.#scopes.called(fiber, caller, site, frame);
	}

	// --- cancellation

	/** Does a suspension point that a frame has come to throw the run's cancellation? `shield`: the frames that may stop it. */
	cancelledAt(shield: Frame | null): boolean {
		if (this.#state.cancel === null) return false;
		const cancelled = !isShielded(this.fiber!, shield);
		this.#placed(cancelled);
		return cancelled;
	}

	/**
	 * Only at its suspension points is it known where a frame is: what it has begun since the last one may have
	 * begun in clean-up or behind it. In clean-up that goes on; behind it, where a cancelled run begins nothing, it
	 * is taken back.
	 */
	#placed(cancelled: boolean): void {
		const begun = this.#begun;
		if (begun.length === 0) return;
		this.#begun = [];
		if (cancelled) this.#delivery.withdraw(begun);
	}

	cancellation(frame: Frame): CancelledError {
		insist(frame);
		return new CancelledError({ reason: this.#state.cancel![0] });
	}

	isCancellation(error: unknown): boolean {
		return this.#state.cancel !== null && CancelledError.is(error);
	}

	// --- steps

	/** `alone`: nothing is left to be done of the job that this is, so that the next job may go on in its place. */
	#step(fiber: Fiber, mode: Mode, value: unknown, alone = false): void {
		if (isFrozen(this.#state)) return;
		if (!fiber.ran) {
			fiber.ran = true;
			this.#ran.push(fiber);
		}
		if (fiber.ending !== null) this.#scopes.ended(fiber, mode !== 1, value);
		let frame = fiber.top;
		let input: Mode = mode;
		let sent = value;
		for (;;) {
			if (frame === null) {
				this.#finish(fiber, input === 0, sent);
				return;
			}
			this.fiber = fiber;
			this.asked = null;
			let out: unknown;
			if (input === 1) tellChain(sent, frame, fiber);
			try {
				if (frame.cold) warm(frame);
				out = frame.def.step!(frame, input, sent);
				if (frame.cancelled !== null) frame.cancelled.cleaning = false;
			} catch (error) {
				fiber.top = frame.parent;
				if (frame.log !== null) this.#scopes.threw(frame, error);
				if (this.#begun.length > 0) this.#placed(!this.isCancellation(error) && !isShielded(fiber));
				if (error !== sent) tellChain(error, fiber.top, fiber);
				// The frame below hears of it a tick later; a promise is rejected at once.
				if (fiber.top === null) this.#finish(fiber, false, error);
				else ready(this.#jobs, fiber, 1, error);
				return;
			}
			if (frame.done) {
				fiber.top = frame.parent;
				if (this.#begun.length > 0) this.#placed(!isShielded(fiber));
			}
			const asked = this.asked as Asked;
			if (asked === null) {
				if (fiber.generator !== null && out instanceof Yielded) {
					if (this.#begun.length > 0) this.#placed(!isShielded(fiber));
					const next = completeYield(fiber.generator, out.value);
					if (next === null) {
						this.#state.fibers.delete(fiber.id);
						return;
					}
					input = next.mode;
					sent = next.value;
					continue;
				}
				if (!frame.done && this.cancelledAt(frame)) {
					ready(this.#jobs, fiber, 1, this.cancellation(frame));
					return;
				}
				if (frame.done && frame.log !== null) this.#scopes.returned(fiber, frame, out);
				if (!(frame.done ? this.#complete(fiber, out) : this.#await(fiber, out, false))) return;
				// The job that it goes on in is the next one: gone through the queue, a durable call would cost a fifth more.
				if (!alone || !this.#jobs.empty) {
					ready(this.#jobs, fiber, 0, out);
					return;
				}
				frame = fiber.top;
				input = 0;
				sent = out;
				continue;
			}
			if (asked === 'parked') {
				if (frame.done && frame.log !== null) this.#scopes.waits(fiber, frame);
				return;
			}
			if (asked === 'clean-up') {
				this.#await(fiber, out, false);
				return;
			}
			// A durable call: entered in the same tick, as JavaScript does.
			if (frame.done) {
				this.calling = null;
				this.#scopes.replaced(fiber, frame, asked);
			} else if (this.#scopes.calls) this.called(fiber, frame, asked);
			asked.parent = frame.done ? frame.parent : frame;
			fiber.top = frame = asked;
			input = 0;
			sent = undefined;
		}
	}

	/** The innermost frame has returned. Does the fiber go on with the value in its next job? */
	#complete(fiber: Fiber, value: unknown): boolean {
		const isRoot = fiber.promise === null && fiber.generator === null;
		if (fiber.top !== null || (isRoot && isThenable(value))) return this.#await(fiber, value, true);
		this.#finish(fiber, true, value);
		return false;
	}

	/** Waits for what there is to wait for. If nothing, the fiber goes on with the value in its next job. */
	#await(fiber: Fiber, value: unknown, returned: boolean): boolean {
		if (isDurable(value)) {
			const reaction = new FiberReaction(value, fiber, returned);
			fiber.wait = reaction;
			// `return promise` resolves with a thenable: a job of its own (27.2.2.2).
			if (returned) this.#jobs.add(() => subscribe(value, reaction));
			else subscribe(value, reaction);
			return false;
		}
		let then: unknown;
		try {
			then = thenOf(value);
		} catch (error) {
			ready(this.#jobs, fiber, 1, error);
			return false;
		}
		if (typeof then !== 'function') return true;
		if (isOfRun(then)) {
			const promise = new DurablePromise();
			resolveByThen(promise, value, then as Callable);
			return this.#await(fiber, promise, false);
		}
		this.#issuing.native(fiber, value as PromiseLike<unknown>, true);
		return false;
	}

	resume(fiber: Fiber, ok: boolean, value: unknown, returned: boolean): void {
		fiber.wait = null;
		if (returned) ready(this.#jobs, fiber, ok ? 0 : 1, value);
		else this.#step(fiber, ok ? 0 : 1, value);
	}

	#finish(fiber: Fiber, ok: boolean, value: unknown): void {
		const state = this.#state;
		state.fibers.delete(fiber.id);
		this.#scopes.finished(fiber);
		if (fiber.generator !== null) {
			completeBody(fiber.generator, ok, value);
			return;
		}
		if (fiber.promise !== null) {
			if (!ok && this.isCancellation(value)) slotsOf(fiber.promise).handled = true;
			if (ok) resolve(fiber.promise, value);
			else reject(fiber.promise, value);
			return;
		}
		if (ok) state.result = { status: 'completed', outcome: value };
		else if (this.isCancellation(value)) state.result = { status: 'cancelled', outcome: state.cancel![0] };
		else state.result = { status: 'failed', outcome: value };
		// When the root fails all is frozen as it is; otherwise what is left is cleaned up, once what this turn has
		// issued is dispatched.
		if (state.result.status !== 'failed' && this.#issuing.dispatch.length === 0) this.cleanUp();
	}

	/** The root has ended: what is left of the run is cancelled. */
	cleanUp(): void {
		const { fibers, cancel } = this.#state;
		if (fibers.size > 0 && cancel === null) this.#delivery.cancel(RUN_OVER);
	}
}

/** Not in `#step` itself: a variable that a closure captures lives in the heap, there for every step. */
function tellChain(error: unknown, top: Frame | null, fiber: Fiber): void {
	extendStack(error, () => awaitChain(top, fiber));
}

function isThenable(value: unknown): boolean {
	return typeof thenOf(value) === 'function';
}

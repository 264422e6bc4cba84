import { type CancelledEffect, CancelledError, RunNotFoundError, TimeoutError } from '../errors/run.ts';
import { type DurablePromise, isDurable, reject, resolve, slotsOf } from '../language/durable-promise.ts';
import { durationText } from '../language/duration-text.ts';
import { awaitedEffect, CANCEL_GRACE, effectsByPromise, isShielded, isSpared } from './cancellation.ts';
import type { Copied } from './copied.ts';
import { capture, captureOutcome, release } from './copy.ts';
import { policyOfEffect } from './effect.ts';
import { Fiber, FiberReaction } from './fiber.ts';
import type { Issuing } from './issuing.ts';
import { type Jobs, ready } from './jobs.ts';
import type { Pending, PendingEffect, PendingWait, Savable } from './pending.ts';
import { hasBegun, type RunState } from './run-state.ts';
import type { Event, LoggedOutcome } from './turn.ts';

type EffectSettled = Extract<Event, { type: 'effectSettled' }>;
type Cancelled = Extract<Event, { type: 'cancelled' }>;

/**
 * Takes an event to whoever waits for it: outcomes, answers, messages, times, cancellation.
 *
 * Owns: the effects that the turn asks to be aborted. Called by: the computation of the turn.
 * V1: what is given to somebody is pending no more; that it was given is in the log.
 */
export class Delivery {
	/** Keys of effects in flight. */
	readonly abort: string[] = [];
	/** Fibers that were started in this turn of a cancelled run, with who started each, in order. */
	readonly starters = new Map<Fiber, Fiber>();
	readonly #state: RunState;
	readonly #now: number;
	readonly #jobs: Jobs;
	readonly #issuing: Issuing;

	constructor(state: RunState, now: number, jobs: Jobs, issuing: Issuing) {
		this.#state = state;
		this.#now = now;
		this.#jobs = jobs;
		this.#issuing = issuing;
	}

	deliver(event: Exclude<Event, { type: 'timerFired' | 'logged' }>): void {
		const state = this.#state;
		switch (event.type) {
			case 'started':
				ready(this.#jobs, state.fibers.get(0)!, 0, undefined);
				return;
			case 'effectSettled': {
				const pending = state.pending.get(event.key);
				if (pending?.kind === 'effect') this.#settleEffect(pending, event);
				return;
			}
			case 'nativeSettled': {
				const pending = state.pending.get(event.key);
				if (pending?.kind === 'native') this.#give(pending, event.ok, event.value);
				return;
			}
			case 'promiseSettled': {
				const { promise, ok, value } = event;
				if (slotsOf(promise).state !== 'pending') return;
				for (const native of state.pending.natives) if (native.target === promise) state.pending.delete(native.key);
				if (ok) resolve(promise, value);
				else reject(promise, value);
				return;
			}
			case 'received': {
				const payload = capture([event.payload]);
				for (const wait of state.pending.waits.values()) {
					if (wait.kind !== 'receive' || wait.topic !== event.name) continue;
					this.#settle(wait, true, payload);
					return;
				}
				this.#buffer(event.name, payload);
				return;
			}
			case 'resumed': {
				const pending = state.pending.get(event.suspension);
				if (pending?.kind === 'suspend') this.#settle(pending, event.ok, capture([event.value]));
				else this.#issuing.leftOver(event);
				return;
			}
			case 'childEnded':
				this.#endChild(event);
				return;
			case 'cancelled':
				if (state.cancel !== null) return;
				this.#cancelAll(capture([event.reason]), event.settled);
				return;
		}
	}

	/** An outcome that a log has, of something else than an effect. */
	logged(pending: Savable, outcome: LoggedOutcome): void {
		if (outcome.time) this.fire(pending);
		else {
			// From a mark: of the messages that were there then, it was the first.
			if (pending.kind === 'receive') this.#state.messages.get(pending.topic!)?.shift();
			this.#settle(pending, outcome.ok, outcome.copy);
		}
	}

	#settleEffect(pending: PendingEffect, { ok, value, copy, retryIn }: EffectSettled): void {
		const kept = copy === undefined ? captureOutcome(value) : copy;
		if (retryIn !== undefined && pending.graceAt === null) {
			this.#retry(pending, retryIn, kept);
			return;
		}
		this.#issuing.record(pending, 'executed', ok, kept);
		// A result that cannot be kept enters the run as it is; the turn can be saved only if nothing holds it.
		const outcome = kept === null ? value : release(kept)[0];
		if (pending.graceAt === null) this.#give(pending, ok, outcome);
		else this.#giveCancelled(pending, ok ? { value: outcome } : { error: outcome });
	}

	/** An attempt has failed, and is not the last. */
	#retry(pending: PendingEffect, delay: number, error: Copied | null): void {
		const table = this.#state.pending;
		pending.flying = false;
		if (delay > 0) {
			table.delay(pending, this.#now + delay, error);
			return;
		}
		table.repeat(pending, error);
		this.#issuing.again(pending);
	}

	#settle(pending: Savable, ok: boolean, copy: Copied): void {
		this.#issuing.record(pending, 'executed', ok, copy);
		this.#give(pending, ok, release(copy)[0]);
	}

	/** All that wait for it are told, each with a copy of its own. */
	#endChild({ child, ended }: Extract<Event, { type: 'childEnded' }>): void {
		const ok = ended?.status === 'completed';
		const outcome = capture([ended === null ? new RunNotFoundError({ runId: child }) : outcomeOf(child, ended)]);
		for (const wait of [...this.#state.pending.waits.values()]) {
			if (wait.kind === 'child' && wait.topic === child) this.#settle(wait, ok, outcome);
		}
	}

	/** The time of something pending has come. */
	fire(pending: Pending): void {
		switch (pending.kind) {
			case 'sleep':
			case 'mark':
				this.#settle(pending, true, capture([undefined]));
				return;
			case 'effect':
				if (pending.retryAt !== null) {
					this.#state.pending.again(pending);
					this.#issuing.again(pending);
					return;
				}
				this.#issuing.record(pending, 'discarded', null, null);
				this.#giveCancelled(pending, 'unknown');
				return;
			case 'suspend':
			case 'receive':
			case 'child': {
				if (pending.otherwise !== null) {
					// It never left the run: no copy, or it would lose its identity.
					this.#issuing.record(pending, 'executed', true, captureOutcome(pending.otherwise[0]));
					this.#give(pending, true, pending.otherwise[0]);
					return;
				}
				const what = waitedFor(pending);
				const error = new TimeoutError({ what, timeout: durationText(pending.limit! - pending.since) });
				this.#settle(pending, false, capture([error]));
				return;
			}
		}
	}

	/** Hands an outcome to whoever it is for. */
	#give({ key, target }: Pending, ok: boolean, value: unknown): void {
		this.#state.pending.delete(key);
		if (isDurable(target)) {
			if (ok) resolve(target, value);
			else reject(target, value);
			return;
		}
		target.wait = null;
		ready(this.#jobs, target, ok ? 0 : 1, value);
	}

	/** Of a run that has not begun nothing is entered: it is over. */
	#cancelAll(copy: Copied, settled: Cancelled['settled']): void {
		const state = this.#state;
		this.#issuing.cancelled(copy);
		const [reason] = release(copy);
		if (hasBegun(state)) {
			this.cancel(reason, settled);
			return;
		}
		state.fibers.delete(0);
		state.cancel = [reason];
		state.result = { status: 'cancelled', outcome: reason };
	}

	/** Throws at the current point of every fiber that nothing shelters. */
	cancel(reason: unknown, settled?: Cancelled['settled']): void {
		const state = this.#state;
		state.cancel = [reason];
		for (const pending of [...state.pending.values()]) {
			if (pending.kind !== 'effect') continue;
			const spared = isSpared(state, pending);
			if (pending.key === settled?.key) {
				if (!spared) state.pending.limit(pending, this.#now);
				this.#settleEffect(pending, { type: 'effectSettled', ...settled });
				continue;
			}
			if (spared) continue;
			if (pending.flying) {
				this.abort.push(pending.key);
				state.pending.limit(pending, this.#now + (policyOfEffect(pending)?.cancelGrace ?? CANCEL_GRACE));
				continue;
			}
			if (pending.retryAt !== null) {
				this.#cancelRetry(pending);
				continue;
			}
			this.#issuing.record(pending, 'discarded', null, null);
			this.#giveCancelled(pending, 'unknown');
		}
		const effects = effectsByPromise(state);
		for (const fiber of [...state.fibers.values()]) this.#interrupt(fiber, effects);
	}

	/** Fibers and effects begun in this turn, where a cancelled run begins nothing any more. */
	withdraw(begun: readonly (Fiber | PendingEffect)[]): void {
		const fibers = new Set(begun.filter((one) => one instanceof Fiber));
		for (const [fiber, starter] of this.starters) if (fibers.has(starter)) fibers.add(fiber);
		const ids = new Set([...fibers].map(({ id }) => id));
		for (const pending of [...this.#issuing.dispatch]) {
			if (!ids.has(pending.by) && !begun.includes(pending)) continue;
			this.#issuing.takeBack(pending);
			this.#giveCancelled(pending);
		}
		const effects = effectsByPromise(this.#state);
		for (const fiber of fibers) {
			fiber.sheltered = false;
			this.#interrupt(fiber, effects);
		}
	}

	/** Between two attempts what became of it is known. */
	#cancelRetry(pending: PendingEffect): void {
		const { error } = pending.policed!;
		this.#issuing.record(pending, 'executed', false, error);
		this.#giveCancelled(pending, error === null ? 'unknown' : { error: release(error)[0] });
	}

	#interrupt(fiber: Fiber, effects: ReadonlyMap<DurablePromise, PendingEffect>): void {
		const state = this.#state;
		const { wait } = fiber;
		// One that awaits an effect hears of it when that has settled, or its grace has passed.
		if (wait === null || isShielded(fiber) || awaitedEffect(effects, fiber) !== null) return;
		if (wait instanceof FiberReaction) {
			wait.fiber = null;
			const slots = slotsOf(wait.promise);
			slots.reactions = slots.reactions.filter((other) => other !== wait);
			state.touch(wait);
			state.touch(wait.promise);
			fiber.wait = null;
			ready(this.#jobs, fiber, 1, new CancelledError({ reason: state.cancel![0] }));
			return;
		}
		if (wait.kind !== 'native') this.#issuing.record(wait, 'discarded', null, null);
		this.#giveCancelled(wait);
	}

	/** `outcome`: of the effect that it waited for. */
	#giveCancelled(pending: Pending, outcome: CancelledEffect['outcome'] = 'unknown'): void {
		const reason = this.#state.cancel![0];
		const effect = pending.kind === 'effect' ? { effect: { name: pending.name, key: pending.effectKey, outcome } } : {};
		// Nobody has to ask for it.
		if (isDurable(pending.target)) slotsOf(pending.target).handled = true;
		this.#give(pending, false, new CancelledError({ reason, ...effect }));
	}

	#buffer(name: string, payload: Copied): void {
		const { messages } = this.#state;
		const buffered = messages.get(name);
		if (buffered === undefined) messages.set(name, [payload]);
		else buffered.push(payload);
	}

	/** A message that was there before it was asked for. */
	takeBuffered(pending: PendingWait): void {
		const { messages } = this.#state;
		const buffered = messages.get(pending.topic!);
		const payload = buffered?.shift();
		if (payload === undefined) return;
		if (buffered!.length === 0) messages.delete(pending.topic!);
		this.#settle(pending, true, payload);
	}
}

function waitedFor({ kind, at, topic }: PendingWait): string {
	switch (kind) {
		case 'suspend':
			return `the answer at ${at}`;
		case 'receive':
			return `the message '${topic}'`;
		case 'child':
			return `the end of run '${topic}'`;
	}
}

/** What `result` gives or throws. */
function outcomeOf(runId: string, { status, value }: { readonly status: string; readonly value: unknown }): unknown {
	return status === 'cancelled' ? new CancelledError({ reason: value, runId }) : value;
}

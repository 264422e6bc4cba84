import { type DurablePromise, isDurable } from '../language/durable-promise.ts';
import { type Fiber, FiberReaction } from './fiber.ts';
import type { Frame } from './frame.ts';
import type { PendingEffect } from './pending.ts';
import { pointOf } from './point.ts';
import type { RunState } from './run-state.ts';

/**
 * How a cancellation moves through frames (language.md, "Errors, cancellation"). It is thrown at the
 * point where a fiber stands, and at every later one, except where a `finally` or the `catch` that
 * received it shields what runs in it. Of one activation it is received by `catch` clauses once: thrown
 * again after that it passes them all and runs each `finally` once, so a `catch` in a loop cannot
 * swallow it, nor can a `finally` that overrides it.
 */

/** How long a cancelled fiber waits for its effect in flight (ms), unless a policy says otherwise. */
export const CANCEL_GRACE = 10_000;

/** May what is called from these frames of a fiber await, though the run is cancelled? */
export function isShielded(fiber: Fiber, top: Frame | null = fiber.top): boolean {
	if (fiber.sheltered) return true;
	for (let frame = top; frame !== null; frame = frame.parent) {
		for (const guard of pointOf(frame)?.guards ?? []) {
			if (guard === 'finally' || frame.cancelled?.caught.includes(guard)) return true;
		}
	}
	return false;
}

/** The cancellation is about to be thrown at a point of a frame: not for the first time, if something in it swallowed the last one. */
export function insist(frame: Frame): void {
	if (frame.cancelled !== null) frame.cancelled.passed ??= [];
}

/** Where an exception thrown at `pc` goes within the frame: the `pc` of a handler, or -1. */
export function enterHandler(frame: Frame, pc: number, cancellation: boolean): number {
	const { handlers, catches } = frame.def;
	let handler = handlers![pc] ?? -1;
	const passed = frame.cancelled?.passed;
	if (cancellation && passed) {
		// Outwards, so a table in which that is no way out ends too.
		const skipped = new Set<number>();
		while (handler >= 0 && (catches?.includes(handler) || passed.includes(handler))) {
			skipped.add(handler);
			handler = handlers![handler] ?? -1;
			if (skipped.has(handler)) handler = -1;
		}
		passed.push(handler);
	}
	if (handler < 0) return handler;
	if (frame.cancelled !== null) frame.cancelled.caught = frame.cancelled.caught.filter((other) => other !== handler);
	if (cancellation) {
		frame.cancelled ??= { caught: [], passed: null, cleaning: true };
		frame.cancelled.caught.push(handler);
		frame.cancelled.cleaning = true;
	}
	return handler;
}

/** The effect in flight that a fiber awaits, directly or as a promise. */
export function awaitedEffect(effects: ReadonlyMap<DurablePromise, PendingEffect>, fiber: Fiber): PendingEffect | null {
	const { wait } = fiber;
	if (wait === null) return null;
	if (!(wait instanceof FiberReaction)) return wait.kind === 'effect' ? wait : null;
	return effects.get(wait.promise) ?? null;
}

/** Effects in flight whose outcome a promise gets. */
export function effectsByPromise(state: RunState): ReadonlyMap<DurablePromise, PendingEffect> {
	const effects = new Map<DurablePromise, PendingEffect>();
	for (const pending of state.pending.values()) {
		if (pending.kind === 'effect' && isDurable(pending.target)) effects.set(pending.target, pending);
	}
	return effects;
}

/** Was it issued by a fiber that is being cleaned up, or is it the clean-up? Then it goes on. */
export function isSpared(state: RunState, pending: PendingEffect): boolean {
	if (!isDurable(pending.target)) return isShielded(pending.target);
	const issuer = state.fibers.get(pending.by);
	return issuer !== undefined && isShielded(issuer);
}

import type { Frame } from './frame.ts';
import { pointOf } from './point.ts';

/**
 * How a cancellation moves through frames (language.md, "Errors, cancellation"). It is thrown at the
 * point where a fiber stands, and at every later one, except where a `finally` or the `catch` that
 * received it shields what runs in it. Of one activation it is received by `catch` clauses once: thrown
 * again after that it passes them all and runs each `finally` once, so a `catch` in a loop cannot
 * swallow it, nor can a `finally` that overrides it.
 */

/** How long a cancelled fiber waits for its effect in flight (ms), unless a policy says otherwise. */
export const CANCEL_GRACE = 10_000;

/** May what is called from these frames await, though the run is cancelled? */
export function isShielded(top: Frame | null): boolean {
	for (let frame = top; frame !== null; frame = frame.parent) {
		for (const guard of pointOf(frame)?.guards ?? []) {
			if (guard === 'finally' || frame.caught?.includes(guard)) return true;
		}
	}
	return false;
}

/** The cancellation is about to be thrown at a point of a frame: not for the first time, if something in it swallowed the last one. */
export function insist(frame: Frame): void {
	if (frame.caught !== null) frame.passed ??= [];
}

/** Where an exception thrown at `pc` goes within the frame: the `pc` of a handler, or -1. */
export function enterHandler(frame: Frame, pc: number, cancellation: boolean): number {
	const { handlers, catches } = frame.def;
	let handler = handlers![pc] ?? -1;
	const { passed } = frame;
	if (cancellation && passed !== null) {
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
	const others = frame.caught?.filter((other) => other !== handler) ?? null;
	frame.caught = cancellation ? [...(others ?? []), handler] : others;
	return handler;
}

import { asyncLine, MOST_LINES } from '../language/async-stack.ts';
import {
	AdoptReaction,
	type DurablePromise,
	FinallyReaction,
	type Reaction,
	slotsOf,
	ThenReaction,
} from '../language/durable-promise.ts';
import { GatherReaction, RaceReaction } from '../language/promise.ts';
import { type Fiber, FiberReaction } from './fiber.ts';
import type { Frame } from './frame.ts';
import { atOf, pointOf } from './point.ts';

/** Where a frame awaits a promise of the run, itself or what waits for it; undefined while none does. */
export function awaitedAt(awaited: DurablePromise): string | undefined {
	const seen = new Set<DurablePromise>();
	for (let promise: DurablePromise | null = awaited; promise !== null && !seen.has(promise); ) {
		seen.add(promise);
		const reaction: Reaction | undefined = slotsOf(promise).reactions[0];
		const top = reaction instanceof FiberReaction ? reaction.fiber?.top : undefined;
		const point = top && pointOf(top);
		if (top && point) return atOf(top.def, point.at);
		promise = awaiting(reaction);
	}
	return undefined;
}

/** The promise that settles with what a reaction waits for. */
function awaiting(reaction: Reaction | undefined): DurablePromise | null {
	if (reaction instanceof FiberReaction) return reaction.fiber?.promise ?? null;
	if (reaction instanceof AdoptReaction) return reaction.adopter;
	if (reaction instanceof GatherReaction) return reaction.gathering.promise;
	if (reaction instanceof RaceReaction) return reaction.promise;
	return reaction instanceof ThenReaction || reaction instanceof FinallyReaction ? reaction.derived : null;
}

/** Who awaits what happens in a frame, as lines of a stack: its frames outwards, then whoever awaits its fiber. */
export function* awaitChain(frame: Frame | null, fiber: Fiber): Iterable<string> {
	let left = MOST_LINES;
	let top = frame;
	let promise: DurablePromise | null = fiber.promise;
	for (;;) {
		for (; top !== null; top = top.parent) {
			if (left-- === 0) return;
			yield asyncLine(top.def.name, atOf(top.def, pointOf(top)?.at ?? top.def.at));
		}
		// The first that awaits it is the one shown, as V8 does.
		const reaction = promise === null ? undefined : slotsOf(promise).reactions[0];
		if (reaction instanceof FiberReaction && reaction.fiber !== null) ({ top, promise } = reaction.fiber);
		else if (reaction instanceof AdoptReaction) promise = reaction.adopter;
		else if (reaction instanceof GatherReaction) {
			const { gathering, index } = reaction;
			if (left-- === 0) return;
			yield `    at async Promise.${gathering.kind} (index ${index})`;
			promise = gathering.promise;
		} else return;
		if (left-- === 0) return;
	}
}

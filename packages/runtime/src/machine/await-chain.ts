import { asyncLine, MOST_LINES } from '../language/async-stack.ts';
import { AdoptReaction, type DurablePromise } from '../language/durable-promise.ts';
import { GatherReaction } from '../language/promise.ts';
import { type Fiber, FiberReaction } from './fiber.ts';
import type { Frame } from './frame.ts';
import { atOf, pointOf } from './point.ts';

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
		const reaction = promise?.reactions[0];
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

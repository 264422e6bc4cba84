import { asyncGeneratorStateOf } from '../language/async-generator.ts';
import { ReturnReaction } from '../language/async-generator-state.ts';
import { Cell } from '../language/binding.ts';
import {
	AdoptReaction,
	type DurablePromise,
	FinallyReaction,
	isDurable,
	PassReaction,
	RESOLVER,
	type Reaction,
	type Resolver,
	slotsOf,
	ThenReaction,
} from '../language/durable-promise.ts';
import { generatorStateOf } from '../language/generator.ts';
import { UnwrapReaction } from '../language/iterate-async.ts';
import { stepsOf } from '../language/iterator.ts';
import { helperState, wrappedSource } from '../language/iterator-helper.ts';
import { GatherReaction, RaceReaction } from '../language/promise.ts';
import { environmentOf } from '../registry/functions.ts';
import { classOfMember, madeOf } from '../registry/made-classes.ts';
import { isLive } from '../registry/resources.ts';
import { type Fiber, FiberReaction } from './fiber.ts';
import type { Pending } from './pending.ts';

/**
 * Which promises of a run something still waits for or could ask for: from the frames of its fibers,
 * and from what a pending outcome would set off. A promise whose reactions lead only to promises that
 * have settled (the losers of a race) is not among them, unless a variable holds it.
 */
export function reaches(fibers: Iterable<Fiber>, pending: Iterable<Pending>): (promise: DurablePromise) => boolean {
	let all: ReadonlySet<unknown> | null = null;
	const held = (promise: DurablePromise): boolean => {
		all ??= reachable(fibers, pending);
		return all.has(promise);
	};
	// What its reactions lead to mostly decides it, without a look at the whole run.
	return (promise) => slotsOf(promise).reactions.some((reaction) => matters(reaction, held)) || held(promise);
}

/** Promises whose resolvers the run itself has. */
export function resolvable(fibers: Iterable<Fiber>, pending: Iterable<Pending>): ReadonlySet<DurablePromise> {
	const found = new Set<DurablePromise>();
	for (const value of reachable(fibers, pending)) {
		const resolver = typeof value === 'function' ? (value as Partial<Resolver>)[RESOLVER] : undefined;
		if (resolver !== undefined) found.add(resolver.promise);
	}
	return found;
}

function reachable(fibers: Iterable<Fiber>, pending: Iterable<Pending>): ReadonlySet<unknown> {
	const held = new Set<unknown>();
	const queue: unknown[] = [];
	for (const fiber of fibers) {
		for (let frame = fiber.top; frame !== null; frame = frame.parent) queue.push(...frame.s);
		if (fiber.generator !== null) queue.push(fiber.generator.object);
	}
	for (const waiting of pending) {
		if (isDurable(waiting.target)) queue.push(...handlersOf(waiting.target));
		// What an effect was given as it is.
		if (waiting.kind === 'effect' && 'live' in waiting.operands) queue.push(...waiting.operands.live);
	}
	while (queue.length > 0) {
		const value = queue.pop();
		if ((typeof value !== 'object' && typeof value !== 'function') || value === null || held.has(value)) continue;
		held.add(value);
		for (const part of partsOf(value)) queue.push(part);
	}
	return held;
}

function partsOf(value: object): readonly unknown[] {
	if (isLive(value)) return [];
	if (value instanceof Cell) return [value.v];
	if (isDurable(value)) return [slotsOf(value).value, ...handlersOf(value)];
	if (typeof value === 'function') {
		const resolver = (value as Partial<Resolver>)[RESOLVER];
		if (resolver !== undefined) return [resolver.promise];
		const env = environmentOf(value) ?? [];
		return madeOf(value) === undefined ? env : [...env, ...Object.values(value)];
	}
	const hidden = stepsOf(value) ?? helperState(value) ?? wrappedSource(value);
	if (hidden) return [hidden];
	if (value instanceof Map) return [...value.keys(), ...value.values()];
	if (value instanceof Set) return [...value];
	const generator = generatorStateOf(value);
	if (generator !== undefined) return generator.frame?.s ?? [];
	const async = asyncGeneratorStateOf(value);
	if (async !== undefined) return [...(async.frame?.s ?? []), ...async.queue.map((request) => request.value)];
	const Class = classOfMember(Object.getPrototypeOf(value) ?? value);
	return Class === undefined ? Object.values(value) : [...Object.values(value), Class];
}

/** Functions and values that the reactions of a promise hold. */
function handlersOf(promise: DurablePromise): unknown[] {
	return slotsOf(promise).reactions.flatMap((reaction) => {
		if (reaction instanceof ThenReaction) return [reaction.onFulfilled, reaction.onRejected, reaction.derived];
		if (reaction instanceof FinallyReaction) return [reaction.onFinally, reaction.derived];
		if (reaction instanceof PassReaction) return [reaction.value, reaction.derived];
		if (reaction instanceof UnwrapReaction) return [reaction.closes, reaction.promise];
		if (reaction instanceof ReturnReaction) return [reaction.generator.object];
		return [];
	});
}

/** Would it do anything that the run could see? */
function matters(reaction: Reaction, held: (promise: DurablePromise) => boolean): boolean {
	if (reaction instanceof FiberReaction) return reaction.fiber !== null;
	if (reaction instanceof ThenReaction || reaction instanceof FinallyReaction) return true;
	if (reaction instanceof ReturnReaction) return true;
	const next =
		reaction instanceof GatherReaction
			? reaction.gathering.promise
			: reaction instanceof RaceReaction
				? reaction.promise
				: reaction instanceof AdoptReaction
					? reaction.adopter
					: reaction instanceof UnwrapReaction
						? reaction.promise
						: (reaction as PassReaction).derived;
	const { state, reactions } = slotsOf(next);
	return state === 'pending' && (reactions.some((other) => matters(other, held)) || held(next));
}

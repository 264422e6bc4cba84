import type { Activation } from '@perdure/abi';
import { DecodeError } from '../errors/saving.ts';
import { AsyncGeneratorState } from '../language/async-generator-state.ts';
import type { Fiber } from './fiber.ts';
import { fitFrame, type MutableSavedFrame } from './fit.ts';
import type { Frame } from './frame.ts';
import type { Host } from './kinds.ts';
import { warm } from './restore.ts';

/** Frames of one state that have their place. Each is awaited by one other at most, or is a generator's. */
export type Placed = Map<MutableSavedFrame, Frame>;

/** The frames of a fiber. `drives`: the outermost is an async generator's. */
export function fitFrames(top: MutableSavedFrame | null, drives: boolean, placed: Placed): Frame | null {
	let innermost: Frame | null = null;
	let below: Frame | null = null;
	for (let saved = top; saved !== null; saved = saved.parent) {
		const frame = place(saved, placed);
		const expected = drives && saved.parent === null ? 'async' : undefined;
		if (frame.def.generator !== expected) throw malformed('a generator that is awaited like a function');
		if (below === null) innermost = frame;
		else below.parent = frame;
		below = frame;
	}
	return innermost;
}

/** The frames of generators: of one that is under way it is a fiber's too. */
export function fitGenerators(parked: Host['parked'], fibers: Iterable<Fiber>, placed: Placed): void {
	const driven = new Map<AsyncGeneratorState, Fiber>();
	for (const fiber of fibers) if (fiber.generator !== null) driven.set(fiber.generator, fiber);
	for (const [generator, saved] of parked) {
		const isAsync = generator instanceof AsyncGeneratorState;
		const fiber = isAsync ? driven.get(generator) : undefined;
		if (fiber === undefined) {
			if (generator.state === 'executing') throw malformed('a generator that nobody drives');
			generator.frame = place(saved, placed);
			if (generator.frame.def.generator !== (isAsync ? 'async' : 'sync'))
				throw malformed('a generator of no such kind');
		} else {
			generator.frame = placed.get(saved) ?? null;
			if (generator.state !== 'executing' || generator.frame === null || generator.frame !== outermost(fiber)) {
				throw malformed('a generator that a fiber drives by mistake');
			}
			driven.delete(generator as AsyncGeneratorState);
		}
		generator.warm = warm as (frame: Activation) => void;
	}
	if (driven.size > 0) throw malformed('a fiber that drives no generator');
}

function place(saved: MutableSavedFrame, placed: Placed): Frame {
	if (placed.has(saved)) throw malformed('a frame is awaited twice');
	const frame = fitFrame(saved);
	placed.set(saved, frame);
	return frame;
}

function outermost(fiber: Fiber): Frame | null {
	let frame = fiber.top;
	while (frame !== null && frame.parent !== null) frame = frame.parent;
	return frame;
}

function malformed(problem: string): DecodeError {
	return new DecodeError({ problem });
}

import type { Activation, Mode } from '@perdure/abi';
import { defineMethods } from '../registry/generator-functions.ts';
import { Delegation } from './delegation.ts';
import { Stamp } from './stamp.ts';

/**
 * The generators that a compiled `function*` makes (ECMA-262 27.5): an object whose prototype is what
 * the function's `prototype` is, as in JavaScript, and a frame that is entered by `next`, `throw` and
 * `return`. It runs wholly within whoever calls it, inside a run and outside.
 *
 * States: start -> running <-> suspended -> done.
 * G1: the frame is parked at a point unless it runs; before its body that is the point behind the
 *     parameters, and there it is entered with `next` only.
 */
export class GeneratorState {
	state: 'start' | 'running' | 'suspended' | 'done' = 'start';
	/** Null once it is done: what it held is held no more. */
	frame: Activation | null;
	/** After a restore, until the frame is entered: reads again what was not saved. */
	warm: ((frame: Activation) => void) | null = null;

	constructor(frame: Activation | null) {
		this.frame = frame;
	}
}

class StampedGenerator extends Stamp {
	readonly #state: GeneratorState;

	constructor(object: object, state: GeneratorState) {
		super(object);
		this.#state = state;
	}

	static stateOf(value: object): GeneratorState | undefined {
		return #state in value ? value.#state : undefined;
	}
}

defineMethods('sync', {
	next(this: unknown, value?: unknown): IteratorResult<unknown> {
		return resume(receiver(this, 'next'), 0, value);
	},
	return(this: unknown, value?: unknown): IteratorResult<unknown> {
		return resume(receiver(this, 'return'), 2, value);
	},
	throw(this: unknown, error?: unknown): IteratorResult<unknown> {
		return resume(receiver(this, 'throw'), 1, error);
	},
});

/** A generator over a frame that has its parameters. */
export function makeGenerator(prototype: object, frame: Activation | null): object {
	return new StampedGenerator(Object.create(prototype), new GeneratorState(frame));
}

/** The state of a compiled generator; undefined for any other value. */
export function generatorStateOf(value: unknown): GeneratorState | undefined {
	return typeof value === 'object' && value !== null ? StampedGenerator.stateOf(value) : undefined;
}

function receiver(value: unknown, method: string): GeneratorState {
	const state = generatorStateOf(value);
	if (state === undefined) throw new TypeError(`${method} method called on incompatible receiver ${String(value)}`);
	return state;
}

/** GeneratorResume, GeneratorResumeAbrupt (27.5.3). */
function resume(generator: GeneratorState, mode: Mode, value: unknown): IteratorResult<unknown> {
	const { state, frame } = generator;
	if (state === 'running') throw new TypeError('Generator is already running');
	if (state === 'start' && mode !== 0) end(generator);
	if (generator.state === 'done') {
		if (mode === 1) throw value;
		return { value: mode === 0 ? undefined : value, done: true };
	}
	generator.state = 'running';
	let out: unknown;
	try {
		if (generator.warm !== null) {
			generator.warm(frame!);
			generator.warm = null;
		}
		out = frame!.def.step!(frame!, mode, value);
	} catch (error) {
		end(generator);
		throw error;
	}
	if (frame!.done) {
		end(generator);
		return { value: out, done: true };
	}
	generator.state = 'suspended';
	// `yield*` hands on what the inner iterator has given, untouched.
	if (out instanceof Delegation) return out.result as IteratorResult<unknown>;
	return { value: out, done: false };
}

function end(generator: GeneratorState): void {
	generator.state = 'done';
	generator.frame = null;
}

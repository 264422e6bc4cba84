import type { Activation, Mode } from '@perdure/abi';
import { defineMethods } from '../registry/generator-functions.ts';
import { shared } from '../registry/shared.ts';
import { disposal } from './async-dispose.ts';
import { AsyncGeneratorState, answer, awaitReturn, end, OUTSIDE } from './async-generator-state.ts';
import { DurablePromise, isDurable } from './durable-promise.ts';
import { driveOutside } from './generator-outside.ts';
import { type NativeCapability, nativeCapability } from './host-promise.ts';
import { Stamp } from './stamp.ts';

class StampedAsyncGenerator extends Stamp {
	readonly #state: AsyncGeneratorState;

	constructor(object: object, frame: Activation | null) {
		super(object);
		this.#state = new AsyncGeneratorState(object, frame);
	}

	static stateOf(value: object): AsyncGeneratorState | undefined {
		return #state in value ? value.#state : undefined;
	}
}

/** An async generator over a frame that has its parameters. */
export function makeAsyncGenerator(prototype: object, frame: Activation | null): object {
	return new StampedAsyncGenerator(Object.create(prototype), frame);
}

/** The state of a compiled async generator; undefined for any other value. */
export function asyncGeneratorStateOf(value: unknown): AsyncGeneratorState | undefined {
	return typeof value === 'object' && value !== null ? StampedAsyncGenerator.stateOf(value) : undefined;
}

defineMethods('async', {
	next(this: unknown, value?: unknown): unknown {
		return enqueue(this, 'next', 0, value);
	},
	return(this: unknown, value?: unknown): unknown {
		return enqueue(this, 'return', 2, value);
	},
	throw(this: unknown, error?: unknown): unknown {
		return enqueue(this, 'throw', 1, error);
	},
	...disposal,
});

/** As its `throw` does, whatever the program has made of that. */
export function throwInto(generator: unknown, error: unknown): unknown {
	return enqueue(generator, 'throw', 1, error);
}

/** AsyncGenerator.prototype.next, return, throw (27.6.1). */
function enqueue(self: unknown, method: string, mode: Mode, value: unknown): unknown {
	const generator = asyncGeneratorStateOf(self);
	const capability = capabilityFor(generator);
	const promise = isDurable(capability) ? capability : capability.promise;
	if (generator === undefined) {
		answer(capability, false, new TypeError(`${method} method called on incompatible receiver ${String(self)}`));
		return promise;
	}
	if (mode === 1 && generator.state === 'start') end(generator);
	const { state } = generator;
	if (state === 'completed' && mode !== 2) {
		if (mode === 0) answer(capability, true, { value: undefined, done: true });
		else answer(capability, false, value);
		return promise;
	}
	generator.queue.push({ mode, value, capability });
	if (mode === 2 && (state === 'start' || state === 'completed')) {
		generator.frame = null;
		generator.state = 'draining';
		generator.driver = here();
		awaitReturn(generator, value);
	} else if (state === 'start' || state === 'suspended') {
		generator.state = 'executing';
		generator.driver = here();
		if (shared.current === null) driveOutside(generator, mode, value);
		else shared.current.drive(generator, mode, value);
	}
	return promise;
}

function here(): string {
	return shared.current === null ? OUTSIDE : shared.current.run.id;
}

/** The run's own promise, unless it could not be settled in one of its turns. */
function capabilityFor(generator: AsyncGeneratorState | undefined): DurablePromise | NativeCapability {
	const driver = generator?.driver ?? null;
	if (shared.current === null || (driver !== null && driver !== here())) return nativeCapability();
	return new DurablePromise();
}

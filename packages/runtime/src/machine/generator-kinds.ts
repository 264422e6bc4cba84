import { expect, type Kind } from '../codec/kind.ts';
import { AsyncDelegation } from '../language/async-delegation.ts';
import { asyncGeneratorStateOf, makeAsyncGenerator } from '../language/async-generator.ts';
import { OUTSIDE, type Request, ReturnReaction } from '../language/async-generator-state.ts';
import { Delegation } from '../language/delegation.ts';
import { isDurable } from '../language/durable-promise.ts';
import { generatorStateOf, makeGenerator } from '../language/generator.ts';
import type { Steps } from '../language/iterate.ts';
import { AsyncSteps } from '../language/iterate-async.ts';
import { definitionOf } from '../registry/functions.ts';
import { generatorMethods, generatorPrototypes, ownerOf } from '../registry/generator-functions.ts';
import { shared } from '../registry/shared.ts';
import { MutableSavedFrame } from './fit.ts';
import type { Host } from './kinds.ts';

/** How generators are saved: where each stands is a frame, which is fitted like any other. */

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** What the generators of one function inherit from: that of a module-level function is found by its id. */
const prototype: Kind<object, Host> = {
	tag: 'generator-prototype',
	prototypes: [generatorPrototypes.sync, generatorPrototypes.async],
	open: true,
	take(value) {
		const kind = Object.getPrototypeOf(value) === generatorPrototypes.sync ? 'sync' : 'async';
		return [kind, ownerOf(value) ?? null];
	},
	make([kind, owner]) {
		expect(
			(kind === 'sync' || kind === 'async') && (owner === null || typeof owner === 'string'),
			'a malformed prototype',
		);
		const fn = owner === null ? undefined : shared.wrappers.get(owner);
		const own = definitionOf(fn)?.generator === kind ? (fn!.prototype as unknown) : null;
		return isObject(own) ? own : Object.create(generatorPrototypes[kind]);
	},
};

const generator: Kind<object, Host> = {
	tag: 'generator',
	claims: (value, host) => host.live === null && generatorStateOf(value) !== undefined,
	open: true,
	take(value) {
		const { state, frame } = generatorStateOf(value)!;
		return [Object.getPrototypeOf(value), state, frame];
	},
	label: () => '',
	make: () => makeGenerator(generatorPrototypes.sync, null),
	fill(made, [prototype, state, frame], host) {
		expect(isObject(prototype), 'a generator without a prototype');
		expect(state === 'done' || state === 'start' || state === 'suspended', 'a generator in no known state');
		Object.setPrototypeOf(made, prototype);
		const restored = generatorStateOf(made)!;
		restored.state = state;
		if (state === 'done') return;
		expect(frame instanceof MutableSavedFrame, 'a generator without a frame');
		host.parked.push([restored, frame]);
	},
};

const ASYNC_STATES = ['start', 'suspended', 'executing', 'draining', 'completed'] as const;

/** With the requests that are not answered yet. One that is under way has a fiber, whose outermost frame is its own. */
const asyncGenerator: Kind<object, Host> = {
	tag: 'async-generator',
	claims: (value, host) => host.live === null && asyncGeneratorStateOf(value) !== undefined,
	open: true,
	take(value) {
		const { state, frame, driver, fiber, queue } = asyncGeneratorStateOf(value)!;
		if (driver === OUTSIDE || !queue.every(({ capability }) => isDurable(capability))) {
			throw new Error('an effect is reading this async generator: collect what it yields, and then go on');
		}
		const requests = queue.flatMap(({ mode, value: sent, capability }) => [mode, sent, capability]);
		return [Object.getPrototypeOf(value), ASYNC_STATES.indexOf(state), fiber, driver, frame, ...requests];
	},
	label: () => '',
	make: () => makeAsyncGenerator(generatorPrototypes.async, null),
	fill(made, [prototype, state, fiber, driver, frame, ...requests], host) {
		expect(isObject(prototype), 'a generator without a prototype');
		expect(typeof state === 'number' && ASYNC_STATES[state] !== undefined, 'a generator in no known state');
		expect(Number.isSafeInteger(fiber) && requests.length % 3 === 0, 'a malformed generator');
		Object.setPrototypeOf(made, prototype);
		const restored = asyncGeneratorStateOf(made)!;
		restored.state = ASYNC_STATES[state];
		restored.fiber = fiber as number;
		const isBusy = restored.state === 'executing' || restored.state === 'draining';
		expect(isBusy ? typeof driver === 'string' && driver !== OUTSIDE : driver === null, 'a generator with no driver');
		expect(isBusy === requests.length > 0, 'a generator with requests that nobody answers');
		restored.driver = driver as string | null;
		for (let i = 0; i < requests.length; i += 3) {
			const [mode, value, capability] = requests.slice(i, i + 3);
			expect(mode === 0 || mode === 1 || mode === 2, 'a malformed request');
			expect(isDurable(capability), 'a request without a promise');
			restored.queue.push({ mode, value, capability } satisfies Request);
		}
		if (restored.state === 'draining' || restored.state === 'completed') return;
		expect(frame instanceof MutableSavedFrame, 'a generator without a frame');
		host.parked.push([restored, frame]);
	},
};

const returnReaction: Kind<ReturnReaction, Host> = {
	tag: 'generator-return',
	prototypes: [ReturnReaction.prototype],
	take: ({ generator }) => [generator.object],
	label: () => '',
	make: () => Object.create(ReturnReaction.prototype) as ReturnReaction,
	fill(made, [object]) {
		const generator = asyncGeneratorStateOf(object);
		expect(generator !== undefined, 'a generator that is none');
		Object.assign(made, { generator });
	},
};

const asyncDelegation: Kind<AsyncDelegation, Host> = {
	tag: 'async-delegation',
	prototypes: [AsyncDelegation.prototype],
	take: ({ steps, mode, instead }) => [steps, mode, instead],
	label: () => '',
	make: () => new AsyncDelegation(null as never),
	fill(made, [steps, mode, instead]) {
		expect(steps instanceof AsyncSteps && (mode === 0 || mode === 1 || mode === 2), 'a malformed delegation');
		expect(instead === null || instead === 'closing' || instead === 'leaving', 'a malformed delegation');
		Object.assign(made, { steps, mode, instead });
	},
};

/** `next` as a loop keeps it, or as a value. */
const method: Kind<unknown, Host> = {
	tag: 'generator-method',
	values: [...generatorMethods.keys()],
	take: (value) => [generatorMethods.get(value)!],
	make([name]) {
		for (const [method, known] of generatorMethods) if (known === name) return method;
		expect(false, 'an unknown method of generators');
	},
};

const delegation: Kind<Delegation, Host> = {
	tag: 'delegation',
	prototypes: [Delegation.prototype],
	take: ({ steps }) => [steps],
	label: () => '',
	make: () => new Delegation(null as never),
	fill(made, [steps]) {
		expect(isObject(steps) && typeof (steps as Partial<Steps>).step === 'function', 'a malformed delegation');
		made.steps = steps as Steps;
	},
};

// biome-ignore lint/suspicious/noExplicitAny: kinds of any value live in one list
export const GENERATOR_KINDS: readonly Kind<any, Host>[] = [
	prototype,
	generator,
	asyncGenerator,
	method,
	returnReaction,
	delegation,
	asyncDelegation,
];

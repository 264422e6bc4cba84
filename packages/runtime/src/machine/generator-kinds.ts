import { expect, type Kind } from '../codec/kind.ts';
import { Delegation } from '../language/delegation.ts';
import { generatorMethods, generatorStateOf, makeGenerator } from '../language/generator.ts';
import type { Steps } from '../language/iterate.ts';
import { definitionOf } from '../registry/functions.ts';
import { generatorPrototypes, ownerOf } from '../registry/generator-functions.ts';
import { type Callable, shared } from '../registry/shared.ts';
import { MutableSavedFrame } from './fit.ts';
import type { Host } from './kinds.ts';

/** How generators are saved: where each stands is a frame, which is fitted like any other. */

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** What the generators of one function inherit from: that of a module-level function is found by its id. */
const prototype: Kind<object, Host> = {
	tag: 'generator-prototype',
	prototypes: [generatorPrototypes.sync, generatorPrototypes.async],
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

/** `next` as a loop keeps it, or as a value. */
const method: Kind<Callable, Host> = {
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

export const GENERATOR_KINDS = [prototype, generator, method, delegation];

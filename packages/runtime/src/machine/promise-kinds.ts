import { expect, type Kind } from '../codec/kind.ts';
import {
	AdoptReaction,
	DurablePromise,
	FinallyReaction,
	isDurable,
	PassReaction,
	RESOLVER,
	type Reaction,
	type Resolver,
	resolver,
	slotsOf,
	ThenReaction,
} from '../language/durable-promise.ts';
import { GATHERED, GatheredPart, Gathering, GatherReaction, RaceReaction, UNSETTLED } from '../language/promise.ts';
import type { Callable } from '../registry/shared.ts';
import { awaitedAt } from './await-chain.ts';
import { Fiber, FiberReaction } from './fiber.ts';
import type { Host } from './kinds.ts';
import { passLive, takeLive } from './live.ts';

/** How the promises of a run are saved: their state, and what is to happen when they settle. */

const STATES = ['pending', 'fulfilled', 'rejected'] as const;

/** What every kind below allocates first and fills afterwards: promises and reactions lead to one another. */
const blank = <T>(Class: { readonly prototype: T }): T => Object.create(Class.prototype as object) as T;

/** Each change of a promise is told to the turn; the others never change, or with their promise. */
const always = () => true;

function isPromise(value: unknown): value is DurablePromise {
	return isDurable(value);
}

function isReaction(value: unknown): value is Reaction {
	return typeof value === 'object' && value !== null && typeof (value as Partial<Reaction>).run === 'function';
}

function isFunction(value: unknown): value is Callable {
	return typeof value === 'function';
}

const promise: Kind<DurablePromise, Host> = {
	tag: 'promise',
	prototypes: [DurablePromise.prototype],
	tells: always,
	take(promise, host) {
		// An effect gets the very same one: foreign code can await it while the run goes on.
		if (host.live !== null) return [passLive(promise, host.live)];
		const { state, handled, value, reactions } = slotsOf(promise);
		return [STATES.indexOf(state), handled, value, ...reactions];
	},
	label: (_, index) => (index === 2 ? ' (its value)' : ''),
	holds: (_, index) => (index === 2 ? 'kept' : undefined),
	place: awaitedAt,
	make: ([index], host) => (host.live === null ? new DurablePromise() : (takeLive(index, host.live) as DurablePromise)),
	fill(made, [state, handled, value, ...reactions], host) {
		if (host.live !== null) return;
		expect(
			typeof state === 'number' && STATES[state] !== undefined && typeof handled === 'boolean',
			'a malformed promise',
		);
		expect(reactions.every(isReaction), 'a reaction that is none');
		Object.assign(slotsOf(made), { state: STATES[state], handled, value, reactions });
	},
};

const fiberReaction: Kind<FiberReaction, Host> = {
	tag: 'await',
	prototypes: [FiberReaction.prototype],
	tells: always,
	take: ({ promise, fiber, returned }) => [promise, fiber, returned],
	label: () => '',
	make: () => blank(FiberReaction),
	fill(made, [promise, fiber, returned]) {
		expect(isPromise(promise) && (fiber === null || fiber instanceof Fiber), 'a malformed await');
		expect(typeof returned === 'boolean', 'a malformed await');
		Object.assign(made, { promise, fiber, returned });
	},
};

const thenReaction: Kind<ThenReaction, Host> = {
	tag: 'then',
	prototypes: [ThenReaction.prototype],
	tells: always,
	take: ({ onFulfilled, onRejected, derived }) => [onFulfilled, onRejected, derived],
	label: () => '.then',
	make: () => blank(ThenReaction),
	fill(made, [onFulfilled, onRejected, derived]) {
		expect(
			[onFulfilled, onRejected].every((f) => f === undefined || isFunction(f)) && isPromise(derived),
			'a malformed then',
		);
		Object.assign(made, { onFulfilled, onRejected, derived });
	},
};

const finallyReaction: Kind<FinallyReaction, Host> = {
	tag: 'finally',
	prototypes: [FinallyReaction.prototype],
	tells: always,
	take: ({ onFinally, derived }) => [onFinally, derived],
	label: () => '.finally',
	make: () => blank(FinallyReaction),
	fill(made, [onFinally, derived]) {
		expect(isFunction(onFinally) && isPromise(derived), 'a malformed finally');
		Object.assign(made, { onFinally, derived });
	},
};

const passReaction: Kind<PassReaction, Host> = {
	tag: 'pass',
	prototypes: [PassReaction.prototype],
	tells: always,
	take: ({ ok, value, derived }) => [ok, value, derived],
	label: () => '',
	make: () => blank(PassReaction),
	fill(made, [ok, value, derived]) {
		expect(typeof ok === 'boolean' && isPromise(derived), 'a malformed completion');
		Object.assign(made, { ok, value, derived });
	},
};

const adoptReaction: Kind<AdoptReaction, Host> = {
	tag: 'adopt',
	prototypes: [AdoptReaction.prototype],
	tells: always,
	take: ({ adopter }) => [adopter],
	label: () => '',
	make: () => blank(AdoptReaction),
	fill(made, [adopter]) {
		expect(isPromise(adopter), 'a malformed resolution');
		Object.assign(made, { adopter });
	},
};

const raceReaction: Kind<RaceReaction, Host> = {
	tag: 'race',
	prototypes: [RaceReaction.prototype],
	tells: always,
	take: ({ promise }) => [promise],
	label: () => '',
	make: () => blank(RaceReaction),
	fill(made, [promise]) {
		expect(isPromise(promise), 'a malformed race');
		Object.assign(made, { promise });
	},
};

const gatherReaction: Kind<GatherReaction, Host> = {
	tag: 'gather',
	prototypes: [GatherReaction.prototype],
	tells: always,
	take: ({ gathering, index }) => [gathering, index],
	label: () => '',
	make: () => blank(GatherReaction),
	fill(made, [gathering, index]) {
		expect(gathering instanceof Gathering && typeof index === 'number', 'a malformed combinator');
		Object.assign(made, { gathering, index });
	},
};

const gathering: Kind<Gathering, Host> = {
	tag: 'gathering',
	prototypes: [Gathering.prototype],
	tells: always,
	take: ({ kind, promise, parts, ahead }) => [kind, promise, ahead, ...parts],
	label: () => '',
	make: () => new Gathering('all', null as never),
	fill(made, [kind, promise, ahead, ...parts]) {
		expect(kind === 'all' || kind === 'allSettled' || kind === 'any', 'an unknown combinator');
		expect(isPromise(promise) && typeof ahead === 'number', 'a malformed combinator');
		expect(
			parts.every((part) => part instanceof GatheredPart),
			'a malformed combinator',
		);
		Object.assign(made, { kind, promise, ahead, parts, remaining: made.remaining + ahead - 1 });
	},
};

/** What is still to come is counted as its parts are filled, before or after the whole. */
const gatheredPart: Kind<GatheredPart, Host> = {
	tag: 'part',
	prototypes: [GatheredPart.prototype],
	tells: always,
	take: ({ gathering, from }) => [gathering, from, ...gathering.results.slice(from, from + GATHERED)],
	label: ({ gathering, from }, index) => (index < 2 ? '' : `Promise.${gathering.kind}[${from + index - 2}]`),
	holds: (_, index) => (index < 2 ? undefined : 'kept'),
	place: ({ gathering }) => awaitedAt(gathering.promise),
	make: () => new GatheredPart(null as never, 0),
	fill(made, [gathering, from, ...results]) {
		expect(gathering instanceof Gathering && typeof from === 'number', 'a malformed combinator');
		expect(
			from % GATHERED === 0 && from >= 0 && from < MOST_GATHERED && results.length <= GATHERED,
			'a malformed combinator',
		);
		Object.assign(made, { gathering, from });
		results.forEach((result, i) => {
			gathering.results[from + i] = result;
			if (result === UNSETTLED) gathering.remaining++;
		});
	},
};

const unsettled: Kind<typeof UNSETTLED, Host> = {
	tag: 'unsettled',
	prototypes: [Object.getPrototypeOf(UNSETTLED) as object],
	tells: always,
	take: () => [],
	make: () => UNSETTLED,
};

/** As many as a state may have entries. */
const MOST_GATHERED = 4_000_000;

const resolverKind: Kind<Resolver, Host> = {
	tag: 'resolver',
	claims: (value) => typeof value === 'function' && (value as Partial<Resolver>)[RESOLVER] !== undefined,
	take(value) {
		const { promise, kind, once } = value[RESOLVER];
		return [promise, kind, once];
	},
	moment: 'made',
	make([promise, kind, once]) {
		expect(isPromise(promise) && (kind === 'resolve' || kind === 'reject'), 'a malformed resolver');
		expect(typeof once === 'object' && once !== null, 'a malformed resolver');
		return resolver({ promise, kind, once: once as { done: boolean } });
	},
};

export const PROMISE_KINDS = [
	promise,
	fiberReaction,
	thenReaction,
	finallyReaction,
	passReaction,
	adoptReaction,
	raceReaction,
	gatherReaction,
	gathering,
	gatheredPart,
	unsettled,
	resolverKind,
];

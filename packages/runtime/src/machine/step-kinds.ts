/** Iterators in a saved state: of the language's own collections, their helpers, and the loops over them. */
import { expect, type Kind, PENDING } from '../codec/kind.ts';
import { refuseIterator } from '../codec/refusal.ts';
import {
	ArraySteps,
	CollectionSteps,
	ForeignSteps,
	type IterationKind,
	KeySteps,
	StringSteps,
} from '../language/iterate.ts';
import {
	emptyIterator,
	fillIterator,
	ITERATOR_PROTOTYPES,
	type IteratorObject,
	isIteratorName,
	type NativeSteps,
	nameOf,
	stepsOf,
} from '../language/iterator.ts';
import {
	fillHelper,
	fillWrapped,
	HELPER_PROTOTYPE,
	type HelperKind,
	type HelperObject,
	HelperState,
	helperState,
	makeHelper,
	makeWrapped,
	type Phase,
	WRAPPER_PROTOTYPE,
	type WrappedIterator,
	wrappedSource,
} from '../language/iterator-helper.ts';
import { iteratorMethods } from '../language/iterator-methods.ts';
import { MatchSteps } from '../language/match-steps.ts';
import { savedMethod } from '../language/method.ts';
import { definitionOf } from '../registry/functions.ts';
import { moduleName } from '../registry/modules.ts';
import type { Callable } from '../registry/shared.ts';
import { nameOfIntrinsic } from './intrinsics.ts';

/** What the kinds here count while they decode. */
interface Host {
	/** Entries that iterators had to walk past so far. */
	walked: number;
}

const isKind = (kind: unknown): kind is IterationKind => kind === 'values' || kind === 'keys' || kind === 'entries';
const isCount = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n) && n >= 0;

const arraySteps: Kind<ArraySteps, Host> = {
	tag: 'array-steps',
	prototypes: [ArraySteps.prototype],
	take: ({ source, index, kind }) => [source, index, kind],
	make([source, index, kind]) {
		expect(isCount(index) && isKind(kind), 'a malformed iterator');
		expect(typeof source === 'object' || source === PENDING, 'an iterator over no array');
		return new ArraySteps(null, index, kind);
	},
	fill(value, [source]) {
		value.source = source as ArraySteps['source'];
	},
};

const stringSteps: Kind<StringSteps, Host> = {
	tag: 'string-steps',
	prototypes: [StringSteps.prototype],
	take: ({ source, index }) => [source, index],
	moment: 'made',
	make([source, index]) {
		expect(typeof source === 'string' && isCount(index), 'a malformed iterator');
		return new StringSteps(source, index);
	},
};

/** Entries that the iterators of one decoding may have to walk past: many over one large map cost their product. */
const MOST_WALKED = 16_000_000;

/** Made when the collection has its entries again: the native iterator has to walk past those behind it. */
const collectionSteps: Kind<CollectionSteps, Host> = {
	tag: 'collection-steps',
	prototypes: [CollectionSteps.prototype],
	take: (value) => [value.source, value.kind, value.done ? -1 : value.position()],
	moment: 'filled',
	make([source, kind, position], host) {
		expect((source instanceof Map || source instanceof Set) && isKind(kind), 'a malformed iterator');
		expect(position === -1 || (isCount(position) && position <= source.size), 'an iterator beyond its collection');
		host.walked += Math.max(position, 0);
		expect(host.walked <= MOST_WALKED, 'iterators that are too far along');
		const steps = new CollectionSteps(source, kind, Math.max(position, 0));
		steps.done = position === -1;
		return steps;
	},
};

const keySteps: Kind<KeySteps, Host> = {
	tag: 'key-steps',
	prototypes: [KeySteps.prototype],
	take: ({ object, keys, index }) => [object, index, ...keys],
	make([object, index, ...keys]) {
		expect(isCount(index) && keys.every((key) => typeof key === 'string' || key === PENDING), 'a malformed iterator');
		return new KeySteps(object === PENDING ? null : object, keys as string[], index);
	},
	fill(value, [object, , ...keys]) {
		value.object = object;
		value.keys = keys as string[];
	},
};

/** A plain object whose own `next` only its process knows: the message shall name the iterator, not that function. */
function isForeign(iterator: object): boolean {
	const next: unknown = Object.getOwnPropertyDescriptor(iterator, 'next')?.value;
	if (typeof next !== 'function' || Object.getPrototypeOf(iterator) !== Object.prototype) return false;
	return definitionOf(next) === undefined && moduleName(next) === undefined && nameOfIntrinsic(next) === undefined;
}

/** An iterator of the user's own is saved if its parts are: an object whose `next` is a closure of the run. */
const foreignSteps: Kind<ForeignSteps, Host> = {
	tag: 'foreign-steps',
	prototypes: [ForeignSteps.prototype],
	take({ iterator, next, done }) {
		if (isForeign(iterator)) throw refuseIterator();
		return [iterator, savedMethod(iterator, 'next', next), done];
	},
	label: () => '',
	moment: 'made',
	make([iterator, next, done]) {
		const steps = new ForeignSteps(iterator as Iterator<unknown>, next);
		steps.done = done === true;
		return steps;
	},
};

const matchSteps: Kind<MatchSteps, Host> = {
	tag: 'match-steps',
	prototypes: [MatchSteps.prototype],
	take: ({ matcher, text, done }) => [matcher, text, done],
	moment: 'made',
	make([matcher, text, done]) {
		expect(matcher instanceof RegExp && typeof text === 'string', 'a malformed iterator');
		const steps = new MatchSteps(matcher, text);
		steps.done = done === true;
		return steps;
	},
};

const isSteps = (value: unknown): value is NativeSteps =>
	value instanceof ArraySteps ||
	value instanceof StringSteps ||
	value instanceof CollectionSteps ||
	value instanceof MatchSteps;

/** What a program has of `list.entries()`: an object of its own, whose steps are somewhere. */
const iterator: Kind<IteratorObject, Host> = {
	tag: 'iterator',
	prototypes: ITERATOR_PROTOTYPES,
	open: true,
	take(value) {
		const steps = stepsOf(value)!;
		return [nameOf(steps), steps];
	},
	label: () => '',
	make([name]) {
		expect(isIteratorName(name), 'an iterator of an unknown kind');
		return emptyIterator(name);
	},
	fill(value, [name, steps]) {
		expect(isSteps(steps) && nameOf(steps) === name, 'an iterator without its position');
		fillIterator(value, steps);
	},
};

const HELPERS: readonly unknown[] = ['map', 'filter', 'take', 'drop', 'flatMap'] satisfies HelperKind[];
const PHASES: readonly unknown[] = ['start', 'yield', 'done'] satisfies Phase[];

const helperSteps: Kind<HelperState, Host> = {
	tag: 'helper-steps',
	prototypes: [HelperState.prototype],
	take: ({ kind, phase, counter, source, callback, inner }) => [kind, phase, counter, source, callback, inner],
	label: ({ kind }, index) => (index === 4 ? `.${kind}()` : ''),
	moment: 'made',
	make([kind, phase, counter, source, callback, inner]) {
		expect(HELPERS.includes(kind) && PHASES.includes(phase) && typeof counter === 'number', 'a malformed iterator');
		expect(source instanceof ForeignSteps && (inner === null || inner instanceof ForeignSteps), 'a malformed iterator');
		const made = new HelperState(kind as HelperKind, source, callback as HelperState['callback'], counter);
		made.phase = phase as Phase;
		made.inner = inner;
		return made;
	},
};

/** `it.map(f)`. */
const helper: Kind<HelperObject, Host> = {
	tag: 'iterator-helper',
	prototypes: [HELPER_PROTOTYPE],
	open: true,
	take: (value) => [helperState(value)!],
	label: () => '',
	make: () => makeHelper(null) as HelperObject,
	fill(value, [state]) {
		expect(state instanceof HelperState, 'an iterator helper without its state');
		fillHelper(value, state);
	},
};

/** `Iterator.from(object)`. */
const wrapped: Kind<WrappedIterator, Host> = {
	tag: 'wrapped-iterator',
	prototypes: [WRAPPER_PROTOTYPE],
	open: true,
	take: (value) => [wrappedSource(value)!],
	label: () => '',
	make: () => makeWrapped(null) as WrappedIterator,
	fill(value, [source]) {
		expect(source instanceof ForeignSteps, 'a wrapped iterator without what it wraps');
		fillWrapped(value, source);
	},
};

/** Methods of ours that a loop keeps, or a program: each is itself. */
const method: Kind<unknown, Host> = {
	tag: 'iterator-method',
	values: iteratorMethods,
	take: (value) => [iteratorMethods.indexOf(value as Callable)],
	make([index]) {
		expect(isCount(index) && index < iteratorMethods.length, 'an unknown method');
		return iteratorMethods[index];
	},
};

// biome-ignore lint/suspicious/noExplicitAny: kinds of any value live in one list
export const STEP_KINDS: readonly Kind<any, Host>[] = [
	arraySteps,
	stringSteps,
	collectionSteps,
	keySteps,
	foreignSteps,
	matchSteps,
	iterator,
	helperSteps,
	helper,
	wrapped,
	method,
];

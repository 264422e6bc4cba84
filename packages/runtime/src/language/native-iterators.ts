/**
 * Knows a native iterator that a built-in has just made in durable code, by the identity of that
 * built-in, and makes the iterator of ours that stands in its place. What cannot be known for sure, or
 * could be told apart by the program, stays what it is, and cannot be saved.
 */
import { ForeignSteps, isObject, nativeSteps } from './iterate.ts';
import { iteratorOver, NATIVE_PROTOTYPES } from './iterator.ts';
import {
	type HelperKind,
	HelperState,
	makeHelper,
	makeWrapped,
	NATIVE_HELPER,
	NATIVE_WRAPPER,
} from './iterator-helper.ts';
import { MatchSteps } from './match-steps.ts';

const IteratorPrototype: object = Object.getPrototypeOf(NATIVE_PROTOTYPES.array);

/** For `instanceof`: a native iterator, a generator, or an object of a class that extends `Iterator`. */
export const AnyIterator = Object.defineProperty(function AnyIterator() {}, 'prototype', {
	value: IteratorPrototype,
}) as unknown as new () => Iterator<unknown>;

type Made = (made: object, call: Call) => object;

export interface Call {
	readonly callee: unknown;
	readonly self: unknown;
	readonly args: readonly unknown[];
}

/** By the prototype of the iterator that was made. */
const replacements = new Map<object | null, Made>([
	[NATIVE_PROTOTYPES.array, ofBuiltIn],
	[NATIVE_PROTOTYPES.string, ofBuiltIn],
	[NATIVE_PROTOTYPES.map, ofBuiltIn],
	[NATIVE_PROTOTYPES.set, ofBuiltIn],
	[NATIVE_PROTOTYPES.match, ofMatchAll],
	[NATIVE_HELPER, ofHelper],
	[NATIVE_WRAPPER, ofFrom],
]);

/** What durable code gets in place of what a call of `callee` has given. */
export function savable(made: unknown, callee: unknown, self: unknown, args: readonly unknown[]): unknown {
	if (!(made instanceof AnyIterator)) return made;
	const replace = replacements.get(Object.getPrototypeOf(made));
	return replace === undefined ? made : replace(made, direct({ callee, self, args }));
}

const { call, apply } = Function.prototype;

/** The call behind `f.call(x, ...)`, `f.apply(x, [...])` and `Reflect.apply(f, x, [...])`. */
export function direct({ callee, self, args }: Call): Call {
	if (callee === call) return direct({ callee: self, self: args[0], args: args.slice(1) });
	if (callee === apply) return direct({ callee: self, self: args[0], args: Array.from((args[1] ?? []) as unknown[]) });
	if (callee === Reflect.apply)
		return direct({ callee: args[0], self: args[1], args: Array.from(args[2] as unknown[]) });
	return { callee, self, args };
}

const NativeIterator = (globalThis as { Iterator?: typeof Iterator }).Iterator;
const from: unknown = NativeIterator?.from;

/** `list.entries()`, `'text'[Symbol.iterator]()`, `Iterator.from(list)`. */
function ofBuiltIn(made: object, { callee, self, args }: Call): object {
	let steps = nativeSteps(self, callee);
	if (callee === from && args[0] !== made) {
		const source = args[0] as { [Symbol.iterator]?: unknown } | string;
		steps = nativeSteps(source, source[Symbol.iterator]);
	}
	return steps === null ? made : iteratorOver(steps);
}

const { matchAll } = String.prototype;
const RegExpPrototype = RegExp.prototype;
const nativeMatchAll = RegExpPrototype[Symbol.matchAll];

/** `text.matchAll(/x/g)`: the native iterator works on a copy of the expression, ours on another. */
function ofMatchAll(made: object, { callee, self, args }: Call): object {
	let [text, pattern] = [self, args[0]];
	if (callee === nativeMatchAll) [text, pattern] = [args[0], self];
	else if (callee !== matchAll) return made;
	if (typeof text !== 'string') return made;
	if (!isObject(pattern)) return iteratorOver(new MatchSteps(new RegExp(pattern as string, 'g'), text));
	if (!isPlainRegExp(pattern)) return made;
	const matcher = new RegExp(pattern.source, pattern.flags);
	matcher.lastIndex = pattern.lastIndex;
	return iteratorOver(new MatchSteps(matcher, text));
}

/** One whose copy is made by `RegExp` itself. */
function isPlainRegExp(value: object): value is RegExp {
	return Object.getPrototypeOf(value) === RegExpPrototype && Object.getOwnPropertyNames(value).length === 1;
}

const helpers = new Map<unknown, HelperKind>(
	(['map', 'filter', 'take', 'drop', 'flatMap'] as const).map((kind) => [NativeIterator?.prototype?.[kind], kind]),
);

/** `it.map(f)`: built anew over the same iterator, whose `next` the native one has read already. */
function ofHelper(made: object, { callee, self, args }: Call): object {
	const kind = helpers.get(callee);
	const source = kind === undefined ? null : readAgain(self as object);
	if (source === null) return made;
	const [argument] = args;
	if (kind !== 'take' && kind !== 'drop') {
		return makeHelper(new HelperState(kind!, source, argument as () => unknown, 0));
	}
	// Converting an object a second time could be seen.
	return isObject(argument) ? made : makeHelper(new HelperState(kind, source, undefined, Math.trunc(Number(argument))));
}

/** `Iterator.from(object)` where the object has a `next` and is not iterable itself. */
function ofFrom(made: object, { callee, args: [iterator] }: Call): object {
	if (callee !== from || !isObject(iterator) || Symbol.iterator in iterator) return made;
	const source = readAgain(iterator);
	return source === null ? made : makeWrapped(source);
}

/** The iterator record (7.4.1) of an iterator whose `next` is no accessor: reading that again could be seen. */
function readAgain(iterator: object): ForeignSteps | null {
	for (let holder: object | null = iterator; holder !== null; holder = Object.getPrototypeOf(holder)) {
		const found = Object.getOwnPropertyDescriptor(holder, 'next');
		if (found === undefined) continue;
		return 'value' in found ? new ForeignSteps(iterator as Iterator<unknown>, found.value) : null;
	}
	return null;
}

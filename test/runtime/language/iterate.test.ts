/**
 * Iterators that can be saved do what the engine's own do, whatever happens to what they iterate, also when
 * they are stored and restored at any step.
 */
import { describe, expect, test } from 'vitest';
import {
	CollectionSteps,
	enumerate,
	ForeignSteps,
	iterate,
	iterateCall,
	type Steps,
} from '../../../packages/runtime/src/language/iterate.ts';
import { Host, runCodec } from '../../../packages/runtime/src/machine/kinds.ts';
import { Random } from '../../support/generate/random.ts';

/** A stored and restored copy of everything. */
const restored = <T>(value: T): T =>
	runCodec.decode(runCodec.encode(value, { host: new Host() }), { host: new Host() }) as T;

type Kind = 'values' | 'keys' | 'entries';
type Source = Map<number, number> | Set<number> | number[] | Uint8Array;

function change(random: Random, source: Source): void {
	const key = random.int(8);
	if (source instanceof Map) {
		if (random.chance(0.5)) source.delete(key);
		else source.set(key, random.int(100));
		if (random.chance(0.02)) source.clear();
	} else if (source instanceof Set) {
		if (random.chance(0.5)) source.delete(key);
		else source.add(key);
		if (random.chance(0.02)) source.clear();
	} else if (source instanceof Uint8Array) source[key % source.length] = random.int(256);
	else if (random.chance(0.3)) source.push(random.int(100));
	else if (random.chance(0.5)) source.splice(random.int(source.length + 1), random.int(2));
	else source[random.int(source.length + 3)] = random.int(100);
}

function make(random: Random): Source {
	const items = random.times(random.int(8), () => random.int(8));
	return random.pick<() => Source>([
		() => new Map(items.map((x) => [x, x * 2])),
		() => new Set(items),
		() => [...items],
		() => new Uint8Array(items),
	])();
}

test('random changes while iterating, hot and restored', () => {
	for (let seed = 0; seed < 3000; seed++) {
		const random = new Random(seed);
		const kind = random.pick<Kind>(['values', 'keys', 'entries']);
		const plan = make(random);
		const copy = () => restored(plan);
		const changes = random.int(2 ** 31);
		const run = (next: (source: Source) => () => unknown, restoring: boolean) => {
			const steps = new Random(changes);
			let state = { source: copy(), next: null as unknown };
			state.next = next(state.source);
			const seen: unknown[] = [];
			for (let i = 0; i < 30; i++) {
				if (restoring) state = restored(state);
				const step = (state.next as { step?(): boolean; value: unknown }).step
					? (state.next as Steps).step()
						? structuredClone((state.next as Steps).value)
						: 'end'
					: (state.next as () => unknown)();
				seen.push(step);
				for (let n = steps.int(3); n > 0; n--) change(steps, state.source);
			}
			return seen;
		};
		const native = run((source) => {
			const iterator = (source as Map<unknown, unknown>)[kind]();
			return () => {
				const { done, value } = iterator.next();
				return done ? 'end' : structuredClone(value);
			};
		}, false);
		const steps = (source: Source) => iterateCall(source, kind) as never;
		expect(run(steps, false), `seed ${seed}`).toEqual(native);
		expect(run(steps, true), `seed ${seed}, restored`).toEqual(native);
	}
});

test('for-in: deleted keys are left out, each key once, inherited ones too', () => {
	const native = (object: object, during: (key: string) => void) => {
		const seen: string[] = [];
		for (const key in object) {
			seen.push(key);
			during(key);
		}
		return seen;
	};
	const ours = (object: object, during: (key: string) => void) => {
		const seen: string[] = [];
		const steps = enumerate(object);
		while (steps.step()) {
			seen.push(steps.value as string);
			during(steps.value as string);
		}
		return seen;
	};
	const objects: (() => Record<string, unknown>)[] = [
		() => ({ b: 1, a: 2, 1: 3, 0: 4 }),
		() =>
			Object.create(
				{ inherited: 1, shadowed: 2 },
				{ shadowed: { value: 1, enumerable: false }, own: { value: 1, enumerable: true } },
			),
		() => ['x', 'y'] as never,
		() => 'text' as never,
		() => null as never,
		() => undefined as never,
		() => 5 as never,
	];
	for (const make of objects) expect(ours(make(), () => {})).toEqual(native(make(), () => {}));
	const [a, b] = [
		{ x: 1, y: 2, z: 3 },
		{ x: 1, y: 2, z: 3 },
	] as Record<string, number>[];
	expect(ours(a!, () => void delete a!['y'])).toEqual(native(b!, () => void delete b!['y']));
});

describe('a user’s own iterator', () => {
	const spy = (o: { broken?: 'next' | 'return' | 'result'; n?: number; without?: true } = {}) => {
		const calls: string[] = [];
		let i = 0;
		const iterator = {
			next() {
				calls.push('next');
				if (o.broken === 'next') throw new Error('next');
				if (o.broken === 'result') return 5;
				return i < (o.n ?? 3) ? { done: false, value: i++ } : { done: true, value: 'last' };
			},
			...(o.without
				? {}
				: {
						return() {
							calls.push('return');
							if (o.broken === 'return') throw new Error('return');
							return {};
						},
					}),
			[Symbol.iterator]() {
				return this;
			},
		};
		return { calls, steps: iterate(iterator) };
	};

	test('after the end nothing of it is called any more', () => {
		const { calls, steps } = spy({ n: 1 });
		expect([steps.step(), steps.value, steps.step(), steps.value, steps.step()]).toEqual([
			true,
			0,
			false,
			undefined,
			false,
		]);
		steps.close();
		steps.closeThrow();
		expect(calls).toEqual(['next', 'next']);
	});

	test.each(['next', 'result'] as const)('one whose %s is broken is not closed', (broken) => {
		const { calls, steps } = spy({ broken });
		expect(() => steps.step()).toThrow();
		steps.close();
		expect(steps.step()).toBe(false);
		expect(calls).toEqual(['next']);
	});

	test('closed once; what return throws wins, but not over a throw', () => {
		const { calls, steps } = spy({ broken: 'return' });
		steps.step();
		expect(() => steps.close()).toThrow('return');
		steps.close();
		expect(steps.step()).toBe(false);
		expect(calls).toEqual(['next', 'return']);
		const thrown = spy({ broken: 'return' });
		thrown.steps.step();
		thrown.steps.closeThrow();
		expect(thrown.calls).toEqual(['next', 'return']);
	});

	test('without return it is just left', () => {
		const { steps } = spy({ without: true });
		steps.step();
		steps.close();
		steps.closeThrow();
	});

	test('next is read once', () => {
		let reads = 0;
		const steps = iterate({
			[Symbol.iterator]: () => ({
				get next() {
					reads++;
					return () => ({ done: false, value: 1 });
				},
			}),
		});
		steps.step();
		steps.step();
		expect(reads).toBe(1);
	});
});

test.each([5, null, undefined, {}, { [Symbol.iterator]: 5 }])('%s is not iterable', (value) => {
	expect(() => iterate(value)).toThrow(TypeError);
});

test('Symbol.iterator that gives no object', () => {
	expect(() => iterate({ [Symbol.iterator]: () => 5 })).toThrow(TypeError);
});

test('strings by code point, also restored', () => {
	let steps = iterate('a😀\ud800b');
	const seen: unknown[] = [];
	while (steps.step()) {
		seen.push(steps.value);
		steps = restored(steps);
	}
	expect(seen).toEqual([...'a😀\ud800b']);
});

test('an array whose iteration was replaced is iterated by the replacement', () => {
	const list = Object.assign([1, 2], {
		[Symbol.iterator]: function* () {
			yield 'mine';
		},
	});
	const steps = iterate(list);
	expect(steps).toBeInstanceOf(ForeignSteps);
	expect(steps.step() && steps.value).toBe('mine');
});

test('array-likes, arguments, subclasses, views over resizable buffers', () => {
	class Mine extends Map<string, number> {}
	expect(iterate(new Mine([['a', 1]]))).toBeInstanceOf(CollectionSteps);
	const like = { length: 2, 0: 'a', 1: 'b', [Symbol.iterator]: Array.prototype.values };
	const steps = iterate(like);
	expect([steps.step() && steps.value, steps.step() && steps.value, steps.step()]).toEqual(['a', 'b', false]);
	const bytes = new Uint8Array(new ArrayBuffer(2));
	const views = iterate(bytes);
	views.step();
	structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
	expect(() => views.step()).toThrow(TypeError);
});

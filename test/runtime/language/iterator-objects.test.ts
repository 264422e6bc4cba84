/** Iterators and helpers of durable code do, step by step and restored anywhere, what the engine's own do. */
import { expect, test } from 'vitest';
import { savable } from '../../../packages/runtime/src/language/native-iterators.ts';
import { Host, runCodec } from '../../../packages/runtime/src/machine/kinds.ts';
import { Random } from '../../support/generate/random.ts';

type Any = any;

const restored = <T>(value: T): T =>
	runCodec.decode(runCodec.encode(value, { host: new Host() }), { host: new Host() }) as T;

/** Calls a method as durable code does (`ours`), or just calls it. */
function call(ours: boolean, self: Any, name: PropertyKey, ...args: unknown[]): Any {
	const callee = self[name];
	const made = Reflect.apply(callee, self, args);
	return ours ? savable(made, callee, self, args) : made;
}

const callbacks = { map: String, filter: Boolean, flatMap: Array.of } as const;

interface Plan {
	readonly source: () => Any;
	readonly method: PropertyKey;
	readonly argument?: unknown;
	readonly helpers: readonly (readonly [name: string, argument: unknown])[];
}

function plan(random: Random): Plan {
	const items = random.times(random.int(7), () => random.int(5));
	const [source, method, argument] = random.pick<readonly [() => Any, PropertyKey, unknown?]>([
		[() => [...items], random.pick(['values', 'keys', 'entries'])],
		[() => new Set(items), random.pick(['values', 'entries'])],
		[() => new Map(items.map((x) => [x, x])), random.pick(['values', 'keys', 'entries'])],
		[() => new Int16Array(items), random.pick(['values', 'keys', 'entries'])],
		[() => `${items.join('é')}𝒳`, Symbol.iterator],
		[() => `${items.join('')}𝒳1`, 'matchAll', random.pick([/\d/g, /(?:)/gu, /(?:)/g, /2/g, '1'])],
	]);
	const helpers = random.times(random.int(4), () => {
		const name = random.pick(['map', 'filter', 'take', 'drop', 'flatMap'] as const);
		return [name, name === 'take' || name === 'drop' ? random.int(5) : callbacks[name]] as const;
	});
	return { source, method, argument, helpers };
}

/** What a program sees that makes an iterator, takes some of it, changes its source, and closes it or not. */
function run({ source, method, argument, helpers }: Plan, steps: Random, ours: boolean, restoring: boolean): unknown[] {
	const seen: unknown[] = [];
	let state: Any = { source: source(), it: null };
	state.it = call(ours, state.source, method, ...(argument === undefined ? [] : [argument]));
	for (const [name, value] of helpers) state.it = call(ours, state.it, name, value);
	for (let i = 0; i < 12; i++) {
		if (steps.chance(0.3) && restoring) state = restored(state);
		const { source, it } = state;
		if (steps.chance(0.15) && typeof source === 'object') {
			const x = steps.int(6);
			if (source instanceof Map) steps.chance(0.5) ? source.delete(x) : source.set(x, x);
			else if (source instanceof Set) steps.chance(0.5) ? source.delete(x) : source.add(x);
			else if (Array.isArray(source)) steps.chance(0.5) ? source.push(x) : source.pop();
			else if (source.length > 0) source[0] = x;
		}
		if (steps.chance(0.1)) {
			const [first] = it;
			seen.push(['taken', first]);
		} else if (steps.chance(0.05) && 'return' in it) seen.push(['return', it.return()]);
		else seen.push(it.next());
	}
	return seen;
}

test('random chains of helpers over random iterators', () => {
	for (let seed = 0; seed < 3000; seed++) {
		const chain = plan(new Random(seed));
		const way = (ours: boolean, restoring: boolean) =>
			JSON.stringify(run(chain, new Random(seed + 1e6), ours, restoring));
		const expected = way(false, false);
		expect(way(true, false), `seed ${seed}`).toBe(expected);
		expect(way(true, true), `seed ${seed}, restored`).toBe(expected);
	}
});

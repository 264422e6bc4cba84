/** Random object graphs, the same for the same seed: shared values and cycles included. */

export type Random = () => number;

/** mulberry32: small, seedable, good enough to make cases. */
export function seeded(seed: number): Random {
	let a = seed >>> 0;
	return () => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
}

export const below = (random: Random, n: number): number => Math.floor(random() * n);
export const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

const WORDS = ['a', 'b', 'id', 'name', 'x y', '__proto__', 'constructor', '0', '12', 'länge', '', 'toJSON', '"'];

function primitive(random: Random): unknown {
	return pick<() => unknown>(random, [
		() => undefined,
		() => null,
		() => random() < 0.5,
		() => below(random, 1000) - 500,
		() => random() * 1e9,
		() => pick(random, [Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53]),
		() => BigInt(below(random, 1e6)) ** BigInt(below(random, 20)),
		() => pick(random, WORDS),
		() => String.fromCharCode(...Array.from({ length: below(random, 8) }, () => below(random, 65_536))),
		() => 'long '.repeat(20 + below(random, 20)),
		() => Symbol.for(pick(random, WORDS)),
		() => Symbol.iterator,
	])();
}

/** A graph of some `size` objects that refer to one another at random. */
export function randomGraph(random: Random, size: number): unknown {
	const nodes: object[] = [];
	const buffers: ArrayBuffer[] = [];
	const symbols = [Symbol('one'), Symbol('one'), Symbol()];
	const value = (): unknown => (nodes.length > 0 && random() < 0.5 ? pick(random, nodes) : primitive(random));
	const key = (): string | symbol => (random() < 0.1 ? pick(random, symbols) : pick(random, WORDS));
	const put = (holder: object, k: string | symbol, v: unknown) => {
		if (Object.isExtensible(holder) && !Object.hasOwn(holder, k))
			Object.defineProperty(holder, k, { value: v, writable: true, enumerable: true, configurable: true });
	};
	const makers: (() => object)[] = [
		() => ({}),
		() => Object.create(null),
		() => [],
		() => new Array(below(random, 2000)),
		() => new Map(),
		() => new Set(),
		() => new Date(random() < 0.1 ? Number.NaN : below(random, 2 ** 31)),
		() =>
			Object.assign(new RegExp(pick(random, ['a', '[b-z]+', '(?<n>.)']), pick(random, ['', 'g', 'giu'])), {
				lastIndex: below(random, 5),
			}),
		() => Object(pick(random, [1, 'boxed', true, 5n, symbols[0]])),
		() =>
			new (pick(random, [Error, TypeError, RangeError]))(
				pick(random, WORDS),
				random() < 0.5 ? { cause: value() } : undefined,
			),
		() => new AggregateError([value(), value()], 'all'),
		() => {
			const buffer = new ArrayBuffer(8 * (1 + below(random, 4)));
			new Uint8Array(buffer).forEach((_, i, all) => {
				all[i] = below(random, 256);
			});
			buffers.push(buffer);
			return buffer;
		},
		() =>
			new (pick<new (buffer: ArrayBuffer) => object>(random, [Uint8Array, Float64Array, DataView, BigInt64Array]))(
				buffers[0] ?? new ArrayBuffer(8),
			),
		() => new URL(`https://example.com/${below(random, 100)}?q=${below(random, 9)}`),
		() => new URLSearchParams({ q: String(random()) }),
		() => new Headers({ 'x-a': String(below(random, 9)) }),
	];
	for (let i = 0; i < size; i++) nodes.push(pick(random, makers)());
	for (const node of nodes) {
		for (let n = below(random, 6); n-- > 0; ) {
			if (Array.isArray(node)) {
				if (random() < 0.1) put(node, key(), value());
				else if (random() < 0.2) node.length += 1 + below(random, 3);
				else node.push(value());
			} else if (node instanceof Map && random() < 0.9) node.set(value(), value());
			else if (node instanceof Set && random() < 0.9) node.add(value());
			else if (!(ArrayBuffer.isView(node) || node instanceof String || node instanceof Headers))
				put(node, key(), value());
		}
		if (random() < 0.05 && !ArrayBuffer.isView(node))
			pick(random, [Object.freeze, Object.seal, Object.preventExtensions])(node);
	}
	for (let i = 0; i < below(random, 40) && nodes.length > 0; i++) {
		const wide = pick(random, nodes);
		if (Object.getPrototypeOf(wide) === Object.prototype) put(wide, `wide${i}`, value());
	}
	return random() < 0.8 ? nodes : value();
}

/** Instances of registered classes: own properties and prototype, the contents of built-ins, or what hooks give. */
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../../packages/runtime/src/codec/plain.ts';
import { CancelledError, RunNotFoundError } from '../../../packages/runtime/src/errors/run.ts';
import { NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';
import { DESERIALIZE, SERIALIZE, serializable } from '../../../packages/runtime/src/registry/classes.ts';
import { secret } from '../../../packages/runtime/src/registry/secret.ts';
import { difference } from './same.ts';

function again<T>(value: T): T {
	const bytes = encode(value);
	const copy = decode(bytes) as T;
	expect(difference(value, copy)).toBeUndefined();
	expect(encode(copy)).toEqual(bytes);
	return copy;
}

class Point {
	x: number;
	y: unknown;
	constructor(x: number, y: unknown) {
		this.x = x;
		this.y = y;
		Point.made++;
	}
	get sum() {
		return this.x + Number(this.y);
	}
	set tripped(_: unknown) {
		throw new Error('a setter ran');
	}
	static made = 0;
}
serializable(Point, undefined, { id: 'test#Point' });

class Money {
	readonly #cents: number;
	readonly currency: string;
	constructor(cents: number, currency: string) {
		this.#cents = cents;
		this.currency = currency;
	}
	get cents() {
		return this.#cents;
	}
	static {
		serializable(
			Money,
			{ serialize: (m: Money) => ({ c: m.#cents, in: m.currency }), deserialize: (d) => new Money(d.c, d.in) },
			{ id: 'test#Money' },
		);
	}
}

class Tree {
	label: string;
	children: Tree[] = [];
	parent: { owner?: Tree } | null = null;
	constructor(label: string) {
		this.label = label;
	}
	static [SERIALIZE](tree: Tree) {
		return { label: tree.label, children: tree.children, parent: tree.parent };
	}
	static [DESERIALIZE](data: { label: string; children: Tree[]; parent: Tree['parent'] }) {
		const tree = new Tree(data.label);
		tree.children = data.children;
		tree.parent = data.parent;
		return tree;
	}
}
serializable(Tree, undefined, { id: 'test#Tree' });

describe('without hooks', () => {
	test('own properties and the prototype are kept; no constructor and no setter runs', () => {
		const point = Object.assign(new Point(1, { deep: [new Point(2, 3)] }), { extra: 1 });
		Object.defineProperty(point, 'tripped', { value: 'own', writable: true, enumerable: true, configurable: true });
		const before = Point.made;
		const copy = again(point);
		expect(Point.made).toBe(before);
		expect(copy).toBeInstanceOf(Point);
		expect(Object.getOwnPropertyDescriptor(copy, 'tripped')?.value).toBe('own');
	});

	test('levels and many keys', () => {
		again(Object.freeze(new Point(1, 2)));
		again(Object.assign(new Point(1, 2), Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, i]))));
		again(Array.from({ length: 100 }, (_, i) => new Point(i, i)));
	});

	test('cycles and identity through instances', () => {
		const a = new Point(1, null);
		const b = new Point(2, a);
		a.y = b;
		again({ a, b, list: [a, b, a] });
	});

	test('a class with a null prototype above it', () => {
		class Bare extends (null as unknown as new () => object) {
			static make() {
				return Object.assign(Object.create(Bare.prototype), { a: 1 });
			}
		}
		serializable(Bare, undefined, { id: 'test#Bare' });
		again(Bare.make());
	});

	test('a registered class is a value', () => {
		const copy = decode(encode({ Class: Point, one: new Point(1, 2) })) as { Class: typeof Point };
		expect(copy.Class).toBe(Point);
	});
});

describe('subclasses of built-ins keep what these hold', () => {
	class MyMap extends Map<unknown, unknown> {
		label = 'm';
		override set(key: unknown, value: unknown): this {
			return super.set(key, [value]);
		}
	}
	class MySet extends Set<unknown> {}
	class MyArray<T> extends Array<T> {
		total = 0;
	}
	class MyError extends RangeError {
		code: string;
		constructor(message: string, code: string) {
			super(message);
			this.name = 'MyError';
			this.code = code;
		}
	}
	class DeeperError extends MyError {
		get [Symbol.toStringTag]() {
			return 'Deeper';
		}
	}
	class MyDate extends Date {}
	class MyRegExp extends RegExp {}
	class MyBytes extends Uint8Array {}
	class MyPromiseLike extends Object {}
	for (const Class of [MyMap, MySet, MyArray, MyError, DeeperError, MyDate, MyRegExp, MyBytes, MyPromiseLike])
		serializable(Class, undefined, { id: `test#${Class.name}` });

	test.each<[string, () => object]>([
		['Map', () => new MyMap([['a', new Point(1, 2)]])],
		['Set', () => new MySet([1, 2])],
		['Array', () => Object.assign(MyArray.of<unknown>(1, { a: 1 }), { total: 3 })],
		['Error', () => new MyError('m', 'E_MY')],
		['a subclass of a subclass', () => new DeeperError('m', 'E_DEEP')],
		['Date', () => new MyDate(5)],
		['RegExp', () => new MyRegExp('a', 'g')],
		['typed array', () => Object.assign(new MyBytes([1, 2]), { label: 'x' })],
		['Object', () => Object.assign(new MyPromiseLike(), { a: 1 })],
		['frozen', () => Object.freeze(new MyMap([[1, 2]]))],
	])('%s', (_, make) => {
		again(make());
	});

	test('the overriding methods are not called', () => {
		const map = new MyMap();
		Map.prototype.set.call(map, 'k', 'v');
		expect((decode(encode(map)) as MyMap).get('k')).toBe('v');
	});

	test('our own errors are values too', () => {
		const error = new CancelledError({ reason: { by: 'user' } });
		const copy = again({ error, other: new RunNotFoundError({ runId: 'r' }) });
		expect(copy.error).toBeInstanceOf(CancelledError);
		expect(CancelledError.is(copy.error)).toBe(true);
		expect(copy.error.reason).toEqual({ by: 'user' });
	});
});

describe('hooks', () => {
	test('say what is saved, and make the instance', () => {
		const money = new Money(1250, 'EUR');
		const copy = decode(encode([money, { price: money }, new Money(1, 'USD')])) as [Money, { price: Money }, Money];
		expect(copy[0]).toBeInstanceOf(Money);
		expect(copy[0].cents).toBe(1250);
		expect(copy[1].price).toBe(copy[0]);
		expect(copy[2].cents).toBe(1);
	});

	test('get data that is filled to the bottom', () => {
		class Matrix {
			readonly rows: readonly (readonly number[])[];
			constructor(rows: number[][]) {
				this.rows = rows.map((row) => [...row]);
			}
		}
		serializable(
			Matrix,
			{ serialize: (m: Matrix) => m.rows, deserialize: (rows) => new Matrix(rows as number[][]) },
			{ id: 'test#Matrix' },
		);
		class Holder {
			readonly sum: number;
			readonly matrix: Matrix;
			constructor(matrix: Matrix) {
				this.matrix = matrix;
				this.sum = matrix.rows.flat().reduce((a, b) => a + b, 0);
			}
		}
		serializable(
			Holder,
			{ serialize: (h: Holder) => ({ in: [{ m: h.matrix }] }), deserialize: (d) => new Holder(d.in[0]!.m) },
			{ id: 'test#Holder' },
		);
		const copy = decode(
			encode({
				later: new Holder(
					new Matrix([
						[1, 2],
						[3, 4],
					]),
				),
			}),
		) as { later: Holder };
		expect(copy.later.sum).toBe(10);
	});

	test('a cycle through an instance, one level down, is made', () => {
		const root = new Tree('root');
		const leaf = new Tree('leaf');
		root.children.push(leaf);
		leaf.parent = { owner: root };
		for (const [value, pick] of [
			[root, (t: Tree) => t],
			[leaf, (t: Tree) => t.parent!.owner!],
		] as const) {
			const copy = pick(decode(encode(value)) as Tree);
			expect(copy.label).toBe('root');
			expect(copy.children[0]!.label).toBe('leaf');
			expect(copy.children[0]!.parent!.owner).toBe(copy);
		}
	});

	test('thousands of instances in one tangle', () => {
		const root = new Tree('root');
		for (let i = 0; i < 3000; i++) {
			const child = new Tree(`child ${i}`);
			child.parent = { owner: root };
			root.children.push(child);
		}
		const copy = decode(encode({ root })) as { root: Tree };
		expect(copy.root.children.length).toBe(3000);
		expect(copy.root.children.every((child) => child.parent!.owner === copy.root)).toBe(true);
	});

	test('instances nested 20,000 deep', () => {
		let tree = new Tree('0');
		for (let i = 1; i < 20_000; i++) {
			const next = new Tree(String(i));
			next.children.push(tree);
			tree = next;
		}
		let copy = decode(encode(tree)) as Tree;
		let depth = 1;
		for (; copy.children[0] !== undefined; depth++) copy = copy.children[0];
		expect(depth).toBe(20_000);
	});

	test('what could never be made again is refused when it is saved', () => {
		class Knot {
			peer: Knot | undefined;
			static {
				serializable(
					Knot,
					{
						serialize: (k: Knot) => ({ peer: k.peer }),
						deserialize: (d) => Object.assign(new Knot(), d),
					},
					{ id: 'test#Knot' },
				);
			}
		}
		const [a, b] = [new Knot(), new Knot()];
		a.peer = b;
		b.peer = a;
		expect(() => encode({ held: [a] })).toThrow(NotSerializableError);
		b.peer = undefined;
		expect((decode(encode({ held: [a] })) as { held: Knot[] }).held[0]!.peer).toBeInstanceOf(Knot);
	});

	test('an error in a hook is reported with the path', () => {
		class Broken {
			kept = 1;
			static [SERIALIZE](): never {
				throw new Error('no luck');
			}
			static [DESERIALIZE](): never {
				throw new Error('no luck either');
			}
		}
		serializable(Broken, undefined, { id: 'test#Broken' });
		expect(() => encode({ a: { b: new Broken() } })).toThrow(/'value\.a\.b' cannot be saved.*no luck/);
	});

	test('one that gives a promise is refused: nothing would wait for it', () => {
		class Late {
			n = 1;
		}
		const late = { serialize: ({ n }: Late) => n, deserialize: async () => new Late() };
		serializable(Late, late as never, { id: 'test#Late' });
		expect(() => decode(encode([new Late()]))).toThrow(/'test#Late' gave a promise.*resource/);
	});

	test('an unsavable value in the data is named by the path of the instance', () => {
		class Client {
			fetch: unknown = () => 1;
			static [SERIALIZE](client: Client) {
				return { fetch: client.fetch };
			}
			static [DESERIALIZE]() {
				return new Client();
			}
		}
		serializable(Client, undefined, { id: 'test#Client' });
		expect(() => encode({ client: new Client() })).toThrow(/'value\.client\.fetch'/);
	});

	test('a secret is saved and not shown', () => {
		const token = secret('s3cr3t');
		expect(JSON.stringify({ token })).not.toContain('s3cr3t');
		expect(`${token}`).toBe('[secret]');
		expect((decode(encode({ token })) as { token: typeof token }).token.value).toBe('s3cr3t');
	});
});

describe('registration', () => {
	test('two classes with one id are refused; the same text again is a module evaluated again', () => {
		const declare = () => {
			class Twice {
				a = 1;
			}
			return serializable(Twice, undefined, { id: 'test#Twice' });
		};
		declare();
		const Latest = declare();
		expect(decode(encode(new Latest()))).toBeInstanceOf(Latest);
		expect(() => serializable(class Other {}, undefined, { id: 'test#Twice' })).toThrow(/PD5003|twice/);
	});

	test('a subclass of a class with hooks needs its own', () => {
		class Cheque extends Money {
			no = 1;
		}
		expect(() => serializable(Cheque)).toThrow(/hooks of its own/);
		expect(() => encode(new Cheque(1, 'EUR'))).toThrow(/Cheque/);
	});

	test('half a pair of static methods is a mistake', () => {
		class Half {
			kept = 1;
			static [SERIALIZE]() {
				return 1;
			}
		}
		expect(() => serializable(Half)).toThrow(/both/);
	});

	test('what is no class is refused', () => {
		expect(() => serializable((() => 1) as never)).toThrow(TypeError);
		expect(() => serializable(class {} as never)).toThrow(/id/);
	});
});

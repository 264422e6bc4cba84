/** Kinds are plug-ins: what the machine adds. Here a small machine of cells, closures and frames. */
import { describe, expect, test } from 'vitest';
import { Codec } from '../../../packages/runtime/src/codec/codec.ts';
import { expect as check, type Kind, PENDING } from '../../../packages/runtime/src/codec/kind.ts';
import { DecodeError, NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';
import { UnknownFunctionError } from '../../../packages/runtime/src/errors/schema.ts';

class Cell {
	v: unknown;
	constructor(v: unknown) {
		this.v = v;
	}
}
class Frame {
	names: readonly string[];
	slots: readonly unknown[];
	constructor(names: readonly string[], slots: readonly unknown[]) {
		this.names = names;
		this.slots = slots;
	}
}
class Thunk {
	readonly make: string;
	constructor(make: string) {
		this.make = make;
	}
}
type Closure = ((...args: unknown[]) => unknown) & { [ENV]?: readonly unknown[]; [ID]?: string };
const ENV = Symbol('env');
const ID = Symbol('id');
const TDZ = Symbol('tdz');
interface Host {
	readonly functions: Record<string, (...env: Cell[]) => Closure>;
}

function close(host: Host, id: string, env: readonly unknown[]): Closure {
	const make = host.functions[id];
	if (make === undefined) throw new UnknownFunctionError({ functionId: id });
	const made = make(...(env as Cell[]));
	made[ENV] = env;
	made[ID] = id;
	return made;
}

const cell: Kind<Cell, Host> = {
	tag: 'cell',
	prototypes: [Cell.prototype],
	take: (value) => [value.v],
	label: () => '',
	make: () => new Cell(undefined),
	fill(value, [v]) {
		value.v = v;
	},
};
const closure: Kind<Closure, Host> = {
	tag: 'closure',
	claims: (value) => typeof value === 'function' && (value as Closure)[ENV] !== undefined,
	take: (value) => [value[ID], ...value[ENV]!],
	label: (_, index) => `.captured${index}`,
	moment: 'made',
	make([id, ...env], host) {
		check(typeof id === 'string' && !env.includes(PENDING), 'a malformed closure');
		return close(host, id, env);
	},
};
const tdz: Kind<symbol, Host> = { tag: 'tdz', values: [TDZ], take: () => [], make: () => TDZ };
const frame: Kind<Frame, Host> = {
	tag: 'frame',
	prototypes: [Frame.prototype],
	take: (value) => [value.names.length, ...value.names, ...value.slots],
	label: (value, index) => value.names[index - 1 - value.names.length] ?? '',
	place: () => 'src/x.ts:14:3',
	make: ([n, ...names]) => new Frame(names.slice(0, n as number) as string[], []),
	fill(value, parts) {
		value.slots = parts.slice(1 + value.names.length);
	},
};
const thunk: Kind<Thunk, Host> = {
	tag: 'thunk',
	prototypes: [Thunk.prototype],
	take: (value) => [value.make],
	make: ([make]) => ({ remade: make }) as never,
};

const codec = new Codec<Host>([cell, closure, tdz, frame, thunk]);
const host: Host = {
	functions: {
		next: (count) => () => ++(count!.v as number),
		even: (odd) => (n) => n === 0 || (odd!.v as Closure)((n as number) - 1),
		odd: (even) => (n) => n !== 0 && (even!.v as Closure)((n as number) - 1),
		wrap: (inner) => () => `(${(inner as unknown as Closure)()})`,
		leaf: () => () => 'leaf',
	},
};
const again = <T>(value: T): T => codec.decode(codec.encode(value, { host }), { host }) as T;

describe('a small machine', () => {
	test('two closures over one cell still share it, with the frame too', () => {
		const count = new Cell(1);
		const copy = again(
			new Frame(['count', 'f', 'g'], [count, close(host, 'next', [count]), close(host, 'next', [count])]),
		);
		const [cellCopy, f, g] = copy.slots as [Cell, Closure, Closure];
		expect(f()).toBe(2);
		expect(g()).toBe(3);
		expect(cellCopy.v).toBe(3);
	});

	test('a closure that is in its own cell', () => {
		const [even, odd] = [new Cell(TDZ), new Cell(TDZ)];
		even.v = close(host, 'even', [odd]);
		odd.v = close(host, 'odd', [even]);
		const copy = again(even);
		expect((copy.v as Closure)(10)).toBe(true);
		expect((copy.v as Closure)(7)).toBe(false);
		expect(((copy.v as Closure)[ENV]![0] as Cell).v).toBeTypeOf('function');
	});

	test('closures over closures by value, 50,000 deep', () => {
		let f = close(host, 'leaf', []);
		for (let i = 0; i < 50_000; i++) f = close(host, 'wrap', [f]);
		let copy = again({ f }).f;
		let depth = 0;
		for (; copy[ID] === 'wrap'; depth++) copy = copy[ENV]![0] as Closure;
		expect(depth).toBe(50_000);
	});

	test('the dead zone is a value', () => {
		expect(again([TDZ, new Cell(TDZ)])).toEqual([TDZ, new Cell(TDZ)]);
	});

	test('a path starts at the slot of the nearest frame, and names its point', () => {
		const socket = new Cell({ session: [() => 1] });
		const state = { fibers: [new Frame(['a', 'customer'], [1, socket])] };
		try {
			codec.encode(state, { host, root: 'run' });
			expect.unreachable();
		} catch (error) {
			expect(NotSerializableError.is(error) && error.path).toBe('customer.session[0]');
			expect((error as NotSerializableError).point).toBe('src/x.ts:14:3');
		}
		expect(() => codec.encode({ a: () => 1 }, { host, root: 'run' })).toThrow(/'run\.a'/);
	});

	test('a captured value has its path through the closure', () => {
		expect(() => codec.encode(new Frame(['f'], [close(host, 'next', [new Cell(new WeakMap())])]), { host })).toThrow(
			/'f\.captured1'/,
		);
	});

	test('a stand-in is written for what cannot be saved, identity kept', () => {
		const signal = AbortSignal.abort();
		const bytes = codec.encode([signal, signal], {
			host,
			unsaveable: (value) => (value === signal ? new Thunk('abort') : undefined),
		});
		const copy = codec.decode(bytes, { host }) as unknown[];
		expect(copy).toEqual([{ remade: 'abort' }, { remade: 'abort' }]);
		expect(copy[0]).toBe(copy[1]);
		expect(() => codec.encode([signal, () => 1], { host, unsaveable: () => undefined })).toThrow(NotSerializableError);
	});

	test("a kind's own errors pass, everything else is a DecodeError", () => {
		const bytes = codec.encode(close(host, 'leaf', []), { host });
		expect(() => codec.decode(bytes, { host: { functions: {} } })).toThrow(UnknownFunctionError);
		const forged = new TextEncoder().encode('PD1F[[0],["closure",5]]');
		expect(() => codec.decode(forged, { host })).toThrow(DecodeError);
		const knot = new TextEncoder().encode('PD1F[[0],["closure","wrap",[1]],["closure","wrap",[0]]]');
		expect(() => codec.decode(knot, { host })).toThrow(/made of itself/);
	});

	test('two kinds cannot have one tag', () => {
		expect(() => new Codec([cell, { ...cell }])).toThrow(/PD9001|tag 'cell'/);
	});
});

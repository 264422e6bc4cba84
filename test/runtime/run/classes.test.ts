/** Classes made in durable code: what is saved of them, what is not, and who may hold them. */
import { Continuation, encode, run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { SnapshotWriter } from '../../../packages/runtime/src/codec/snapshot.ts';
import { NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';
import { Host, runCodec } from '../../../packages/runtime/src/machine/kinds.ts';
import { serializable } from '../../../packages/runtime/src/registry/classes.ts';
import { loadMain } from './program.ts';

const IMPORTS = `import { suspend, SERIALIZE, DESERIALIZE, resource, serializable } from '@perdure/runtime'; import * as world from 'world';`;

/** The outcome of a program that suspends, hot and restored from bytes each time. */
async function both(body: string, world: object = {}): Promise<unknown> {
	const main = loadMain(`${IMPORTS} export async function main() { "use durable"; ${body} }`, world);
	const values: unknown[] = [];
	for (const restored of [false, true]) {
		let outcome = await run(main, []);
		while (outcome.status === 'suspended') {
			const { continuation } = outcome;
			outcome = await (restored ? Continuation.fromBytes(continuation.toBytes()) : continuation).resume();
		}
		if (outcome.status !== 'completed') throw (outcome as { error?: unknown }).error ?? new Error(outcome.status);
		values.push(outcome.value);
	}
	expect(values[1]).toEqual(values[0]);
	return values[0];
}

test('instances are written as changes, and come back to one class', async () => {
	const main = loadMain(
		`${IMPORTS} export async function main() { "use durable";
			class Row { #n; label = 'x'.repeat(50); constructor(n) { this.#n = n; } get n() { return this.#n; } set n(v) { this.#n = v; } }
			class Plain { constructor(n) { this.n = n; } twice() { return this.n * 2; } }
			return { Row, Plain, rows: [new Row(0)], plain: [new Plain(0)] };
		}`,
	);
	const state = (await main()) as any;
	const writer = new SnapshotWriter<Host>(runCodec.table, 0);
	let full: Uint8Array | undefined;
	let deltas: Uint8Array[] = [];
	for (let i = 1; i < 60; i++) {
		state.rows.push(new state.Row(i));
		state.plain.push(new state.Plain(i));
		state.rows[0].n += i;
		state.Row.count = i;
		const written = writer.write(state, { host: new Host() });
		if ('full' in written) [full, deltas] = [written.full, []];
		else deltas = [...deltas.slice(0, written.at), written.delta];
	}
	expect(deltas.length).toBeGreaterThan(0);
	const { root } = runCodec.readSnapshot(full!, deltas, { host: new Host() }) as { root: any };
	expect(root.rows).toHaveLength(60);
	expect(root.rows[0].n).toBe(1770);
	expect(root.rows[59].n).toBe(59);
	expect(root.rows.every((row: object) => row instanceof root.Row)).toBe(true);
	expect(root.plain[59].twice()).toBe(118);
	expect(root.Row.count).toBe(59);
	expect(root.Row).not.toBe(state.Row);
});

test('hooks of such a class, and of a registered one whose data holds its instances', async () => {
	class Wrapped {
		readonly inner: { describe(): string };
		constructor(inner: { describe(): string }) {
			this.inner = inner;
		}
	}
	const seen: string[] = [];
	serializable(
		Wrapped,
		{
			serialize: ({ inner }) => ({ inner }),
			deserialize: ({ inner }: { inner: { describe(): string } }) => {
				seen.push(inner.describe());
				return new Wrapped(inner);
			},
		},
		{ id: 'test.Wrapped' },
	);
	const value = await both(
		`class Money {
			#cents; constructor(cents) { this.#cents = cents; }
			static [SERIALIZE](m) { return { c: m.#cents }; }
			static [DESERIALIZE]({ c }) { return new this(c); }
			describe() { return String(this.#cents); }
		}
		class Named { name = 'named'; describe() { return this.name; } }
		const money = new Money(5), wrapped = new world.Wrapped(new Named());
		serializable(Money);
		await suspend();
		return [money.describe(), money instanceof Money, wrapped.inner.describe(), wrapped instanceof world.Wrapped];`,
		{ Wrapped },
	);
	expect(value).toEqual(['5', true, 'named', true]);
	expect(seen).toContain('named');
});

test('effects get copies of instances, and the very class', async () => {
	const got: unknown[] = [];
	const value = await both(
		`class Point { #x = 1; y = 2; get x() { return this.#x; } move() { this.#x++; } }
		const p = new Point(), bag = { get p() { return p; } };
		const q = await world.eff(Point, p, bag, p.move);
		await suspend();
		return [q instanceof Point, q === p, q.x, p.x];`,
		{
			eff: async (Point: any, p: any, bag: any, move: any) => {
				got.push(p instanceof Point, p.x, bag.p instanceof Point, move === Point.prototype.move);
				const other = new Point();
				other.move();
				return other;
			},
		},
	);
	expect(value).toEqual([true, false, 2, 1]);
	expect(new Set(got)).toEqual(new Set([true, 1]));
});

test('what cannot be saved is named, with the way out', async () => {
	const failing = async (body: string) =>
		both(body, { Foreign: class Foreign {} }).then(
			() => null,
			(error: unknown) => error as NotSerializableError & { path: string },
		);
	const builtIn = await failing(
		'class Bag extends Map { #x = 1; get x() { return this.#x; } } const b = new Bag(); await suspend(); return b.x;',
	);
	expect(String(builtIn)).toMatch(/'Bag', a class with private members that extends a built-in/);
	const foreign = await failing(
		'class K extends world.Foreign { f = new world.Foreign(); } const k = new K(); await suspend(); return k;',
	);
	expect(String(foreign)).toMatch(/Foreign/);
	expect(foreign!.path).toBe('k');
	expect(String(foreign)).toMatch(/extends 'Foreign', a class that is not registered/);
	const captured = await failing(
		'const w = new WeakMap(); class K { m() { return w; } } await suspend(); return new K().m();',
	);
	expect(captured!.path).toBe('w');
	const hidden = await failing(
		'class K { #w = new WeakMap(); m() { return this.#w; } } const k = new K(); await suspend(); return k.m();',
	);
	expect(hidden!.path).toBe('k.#w');
	const field = await failing('class K { static w = new WeakMap(); } await suspend(); return K.w;');
	expect(field!.path).toBe('K.w');
	for (const error of [builtIn, foreign, captured, hidden, field]) expect(NotSerializableError.is(error)).toBe(true);
});

test('outside the state of a run such a class is no value', async () => {
	const main = loadMain('export async function main() { "use durable"; class K { x = 1; } return { K, k: new K() }; }');
	const { K, k } = (await main()) as any;
	expect(() => encode(K)).toThrow(/made by durable code/);
	expect(() => encode(k)).toThrow(/made by durable code/);
	expect(() => serializable(K, { serialize: () => 1, deserialize: () => k })).toThrow(/static methods/);
});

test('a class of a compiled module with private members needs hooks', () => {
	const source = (hooks: string) => `${IMPORTS}
		class Saga { #undo = []; get undo() { return this.#undo; } }
		export async function main() { "use durable"; return new Saga().undo; }
		serializable(Saga${hooks});`;
	expect(() => loadMain(source(''))).toThrow(/'Saga' has private members/);
	expect(loadMain(source(', { serialize: () => 1, deserialize: () => new Saga() }'))).toBeTypeOf('function');
	const live = source('').replace(
		'serializable(Saga)',
		'resource(Saga, { marshal: () => 1, unmarshal: () => new Saga() })',
	);
	expect(loadMain(live)).toBeTypeOf('function');
});

test('a parent that is set after a class was made is refused, not lost', async () => {
	for (const set of ['setPrototypeOf(C.prototype, A.prototype)', 'setPrototypeOf(C, A)']) {
		const body = `class A { a() { return 1; } } class C {} Object.${set}; await suspend(); return C;`;
		await expect(both(body)).rejects.toThrow(expect.objectContaining({ code: NotSerializableError.code }));
	}
	expect(await both('class A { a() { return 1; } } class C extends A {} await suspend(); return new C().a();')).toBe(1);
});

/** A chain in await position is one effect (language.md, "Calls"). */
import { Continuation, type RunOptions, run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { loadMain } from './program.ts';

/** Values of one hot run, and of one that is stored and restored before each dispatch; and how often `f` was issued. */
async function both(body: string, world: object = {}, params = '') {
	const source = `
		import { f, db, note, key } from 'world';
		async function durable(x) { "use durable"; return { n: x, then2: 1 }; }
		export async function main(${params}) { "use durable"; ${body} }`;
	const values: unknown[] = [];
	for (const stored of [false, true]) {
		let bytes: Uint8Array | null = null;
		const options = (): RunOptions => {
			if (!stored) return {};
			const parking = new AbortController();
			return {
				park: parking.signal,
				onCheckpoint(c) {
					bytes = c.toBytes();
					parking.abort();
				},
			};
		};
		const main = loadMain(source, world);
		let outcome = await run(main, [], options());
		while (outcome.status === 'parked') outcome = await Continuation.fromBytes(bytes!).continue(options());
		values.push(outcome.status === 'completed' ? outcome.value : outcome);
		// Bytes do not carry the log: only the hot run has all of it.
		if (!stored) values.push(outcome.log.map(({ name, kind }) => `${kind} ${name}`));
	}
	expect(values[2]).toEqual(values[0]);
	return { value: values[0], log: values[1] };
}

const response = (body: unknown) => ({
	ok: true,
	json: async () => body,
	text: async () => JSON.stringify(body),
	live: () => 0,
});

test('fetch(u).then((r) => r.json()) is one effect, and its live response is never saved', async () => {
	const { value, log } = await both('const u = "x"; return await f(u).then((r) => r.json());', {
		f: async (u: string) => response({ u }),
	});
	expect(value).toEqual({ u: 'x' });
	expect(log).toEqual(['effect f(…).then']);
});

test('links with arguments, captured variables, computed and static keys', async () => {
	const query = (parts: string[]): object => ({
		parts,
		where: (x: unknown) => query([...parts, `where ${JSON.stringify(x)}`]),
		limit: (n: number) => query([...parts, `limit ${n}`]),
		meta: { run: async () => 'meta' },
		run: async () => parts,
	});
	const world = { db: { table: (t: string) => query([t]) }, key: () => 'limit' };
	const { value, log } = await both(
		`const x = { id: 1 }; const n = 2;
		 const a = await db.table('t').where(x)[key()](n).run();
		 const b = await db.table('t').meta.run();
		 const c = await db.table('t').where((y) => y + n).run();
		 return [a, b, c.length];`,
		world,
	);
	expect(value).toEqual([['t', 'where {"id":1}', 'limit 2'], 'meta', 2]);
	expect(log).toHaveLength(3);
});

test('optional links end the chain with undefined', async () => {
	const world = {
		f: async (x: unknown) => x,
		db: { get: (x: unknown) => x, runner: () => ({ run: async () => 'ran' }) },
	};
	const { value } = await both(
		`const out = [];
		 out.push(await db.get(null)?.name.first());
		 out.push(await db.get({})?.name?.first());
		 out.push(await db.runner()?.run());
		 try { await db.get({}).missing(); } catch (e) { out.push(e.constructor.name); }
		 return out;`,
		world,
	);
	expect(value).toEqual([undefined, undefined, 'ran', 'TypeError']);
});

test('arguments of all links are evaluated once, in order, before anything is called', async () => {
	const order: string[] = [];
	const world = {
		note: (s: string) => (order.push(s), s),
		db: { a: (x: string) => (order.push(`call a ${x}`), { b: async (y: string) => void order.push(`call b ${y}`) }) },
	};
	await both('await db.a(note("1")).b(note("2"));', world);
	expect(order.slice(0, 4)).toEqual(['1', '2', 'call a 1', 'call b 2']);
	// The restored run does not evaluate them again.
	expect(order.filter((s) => s === '1')).toHaveLength(2);
});

test('a rejection anywhere in it is thrown at the await', async () => {
	const world = {
		f: async () => {
			throw new Error('first');
		},
	};
	const { value } = await both('try { await f().then((r) => r.json()); } catch (e) { return e.message; }', world);
	expect(value).toBe('first');
});

test('catch and finally of the chain belong to the effect', async () => {
	const world = {
		f: async () => {
			throw new Error('x');
		},
		note() {},
	};
	const { value, log } = await both('return await f().catch((e) => "caught " + e.message);', world);
	expect(value).toBe('caught x');
	expect(log).toHaveLength(1);
});

test('rooted at an intrinsic or a saved value of the language it runs in the turn', async () => {
	const { value, log } = await both(
		'const list = [3, 1, 2]; return await list.filter((x) => x > 1).map((x) => x * 2).join();',
	);
	expect(value).toBe('6,4');
	expect(log).toEqual([]);
});

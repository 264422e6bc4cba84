/** A chain in await position is one effect (language.md, "Calls"). */
import { Continuation, type RunOptions, run } from '@perdure/runtime';
import { describe, expect, test } from 'vitest';
import { serializable } from '../../../packages/runtime/src/registry/classes.ts';
import { loadMain } from './program.ts';

/** Values of one hot run, and of one that is stored and restored before each dispatch; and how often `f` was issued. */
async function both(body: string, world: object = {}, params = '') {
	const source = `
		import { sleep } from '@perdure/runtime';
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

describe('not waited for where it stands, but in await position', () => {
	test('is one effect each, dispatched after the commit, and its live response is never saved', async () => {
		let calls = 0;
		const f = async (u: string) => {
			calls++;
			return response({ u });
		};
		const body = `return await Promise.all([f('x').then((r) => r.json()), f('y').then((r) => r.text()).then((t) => t.length), f('z').catch(() => {}).then((r) => r.ok)]);`;
		const { value, log } = await both(body, { f });
		expect(value).toEqual([{ u: 'x' }, 9, true]);
		expect(log).toEqual(['effect f(…).then', 'effect f(…).then(…).then', 'effect f(…).catch(…).then']);
		calls = 0;
		const main = loadMain(
			`import { f } from 'world'; export async function main() { "use durable"; return await Promise.race([f('x').then((r) => r.text())]); }`,
			{ f },
		);
		await run(main, [], { onCheckpoint: ({ log }) => expect([log.length, calls]).toEqual([1, 0]) });
		expect(calls).toBe(1);
	});

	test('with captured variables, thunks, computed keys and links that are no calls', async () => {
		const world = {
			db: {
				table: (t: string) => ({ rows: { limit: async (n: number, o: object) => [t, n, o] }, first: async () => t }),
			},
			key: () => 'limit',
		};
		const body = `let n = 1; const at = (k) => k;
			const [a, b] = await Promise.all([
				db.table('t').rows[key()](n + 1, { at: new Date(5), n }).then(([t, m]) => [t, m, n]),
				n > 0 ? db.table(at('u')).first() : null,
			]);
			let c; await (c ??= db.table('v').first()); return [a, b, await c];`;
		const { value, log } = await both(body, world);
		expect(value).toEqual([['t', 2, 1], 'u', 'v']);
		expect(log).toEqual(['effect db.table(…).rows[…](…).then', 'effect db.table(…).first', 'effect db.table(…).first']);
	});

	test('of a saved receiver, in a closure of the run, and where a rejection is what counts', async () => {
		class Client {
			base: string;
			constructor(base: string) {
				this.base = base;
			}
			async get(path: string) {
				if (path === '') throw new RangeError('no path');
				return response(this.base + path);
			}
		}
		serializable(Client, undefined, { id: 'test/chains#Client' });
		const body = `const client = key('b');
			const each = (paths) => Promise.allSettled([client.get(paths[0]).then((r) => r.json()), client.get(paths[1]).then((r) => r.json())]);
			const both = await each(['/a', '']);
			return both.map((one) => one.value ?? one.reason.message);`;
		const { value, log } = await both(body, { key: (base: string) => new Client(base) });
		expect(value).toEqual(['b/a', 'no path']);
		expect(log).toEqual(['effect client.get(…).then', 'effect client.get(…).then']);
	});

	test('is what is called, where that is of the run', async () => {
		const body = `const own = async (x) => { await f(x); return x; };
			return await Promise.all([durable(1).then((r) => r.n), own(2).then((x) => x * 2), [3].map((x) => x + 1).join(), sleep(1).then(() => 'slept')]);`;
		const { value, log } = await both(body, { f: async (x: number) => x });
		expect(value).toEqual([1, 4, '4', 'slept']);
		expect(log).toEqual(['pruned f', 'sleep sleep']);
	});

	test('declared to be an effect it is one by itself, with its policy', async () => {
		let failed = 0;
		const main = loadMain(
			`import { effect } from '@perdure/runtime'; import { f } from 'world';
			const flaky = effect(f, { retry: { attempts: 2, delay: 1 } });
			export async function main() { "use durable"; return await Promise.all([flaky(1).then((x) => x + 1)]); }`,
			{
				f: async (x: number) => {
					if (failed++ === 0) throw new Error('busy');
					return x;
				},
			},
		);
		const outcome = await run(main, []);
		expect(outcome).toMatchObject({ status: 'completed', value: [2] });
		expect(outcome.log).toMatchObject([{ name: 'f', attempt: 2 }]);
	});
});

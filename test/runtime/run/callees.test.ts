/** What an effect calls: looked up again after a restore, or read from its saved receiver. */
import { Continuation, type RunOptions, replace, run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { serializable } from '../../../packages/runtime/src/registry/classes.ts';
import { loadMain } from './program.ts';

/** The outcome of a run that is stored before each dispatch, and restored from its bytes. */
async function storedEachTurn(main: (...args: unknown[]) => Promise<unknown>, args: unknown[] = []) {
	let bytes: Uint8Array | null = null;
	const options = (): RunOptions => {
		const parking = new AbortController();
		return {
			park: parking.signal,
			onCheckpoint: (c) => {
				bytes = c.toBytes();
				parking.abort();
			},
		};
	};
	let outcome = await run(main, args, options());
	while (outcome.status === 'parked') outcome = await Continuation.fromBytes(bytes!).continue(options());
	return outcome;
}

const both = async (source: string, world: () => object, args: unknown[] = []) => {
	const hot = await run(loadMain(source, world()), args);
	const stored = await storedEachTurn(loadMain(source, world()), args);
	return [hot, stored].map((o) => (o.status === 'completed' ? o.value : o));
};

test('a member of a module binding keeps its receiver', async () => {
	const world = () => ({
		api: {
			prefix: 'p',
			charges: {
				prefix: 'q',
				create: async function (this: { prefix: string }, x: number) {
					return this.prefix + x;
				},
			},
		},
	});
	const [hot, stored] = await both(
		`
		import { api } from 'world';
		export async function main() { "use durable"; return [await api.charges.create(1), await api.charges.create(2)]; }`,
		world,
	);
	expect(hot).toEqual(['q1', 'q2']);
	expect(stored).toEqual(hot);
});

test('a computed key of a module binding is evaluated once and saved', async () => {
	let evaluated = 0;
	const world = () => ({
		key: () => (evaluated++ === 0 ? 'a' : 'b'),
		api: {
			name: 'api',
			async a(this: { name: string }) {
				return `${this.name}.a`;
			},
			async b() {
				return 'b';
			},
		},
	});
	const source = `
		import { api, key } from 'world';
		export async function main() { "use durable"; return await api[key()](1); }`;
	expect(await both(source, () => ((evaluated = 0), world()))).toEqual(['api.a', 'api.a']);
});

test('a saved receiver is a copy, and its member is read from it', async () => {
	class Cart {
		items: string[];
		constructor(items: string[]) {
			this.items = items;
		}
		async count() {
			return this.items.length;
		}
	}
	serializable(Cart, undefined, { id: 'test/callees#Cart' });
	const world = () => ({ make: () => new Cart(['a', 'b']) });
	for (const call of ['cart.count()', "cart['count']()", 'cart[name]()']) {
		const source = `
			import { make } from 'world';
			export async function main() { "use durable"; const cart = make(); const name = 'count'; return await ${call}; }`;
		expect(await both(source, world), call).toEqual([2, 2]);
	}
});

test('a method that changes its saved receiver is reported by the name of the receiver', async () => {
	const world = () => ({ make: () => new Counter() });
	class Counter {
		n = 0;
		async up() {
			return ++this.n;
		}
	}
	serializable(Counter, undefined, { id: 'test/callees#Counter' });
	const source = `
		import { make } from 'world';
		export async function main() { "use durable"; const counter = make(); try { await counter.up(); } catch (e) { return e.path; } }`;
	expect(await both(source, world)).toEqual(['counter.n', 'counter.n']);
});

test('a local foreign function works while hot, and names itself when bytes are asked for', async () => {
	const source = `
		import { pick } from 'world';
		export async function main() { "use durable"; const f = pick(); try { return await f(1); } catch (e) { return e.code; } }`;
	const world = () => ({ pick: () => async (x: number) => x + 1 });
	const outcome = await storedEachTurn(loadMain(source, world()));
	expect(outcome).toMatchObject({
		status: 'failed',
		error: { code: 'PD3010', path: 'f', point: expect.stringMatching(/^subject\.ts:3:\d+$/) },
	});
});

test('a callee that is replaced by a handler is not called', async () => {
	const { replace } = await import('@perdure/runtime');
	const eff = async () => 'real';
	const main = loadMain(
		`import { eff } from 'world'; export async function main() { "use durable"; return await eff(); }`,
		{ eff },
	);
	expect(await run(main, [], { handlers: [replace(eff, async () => 'fake')] })).toMatchObject({ value: 'fake' });
});

test('an effect that throws synchronously rejects at its await', async () => {
	const main = loadMain(
		`import { eff } from 'world'; export async function main() { "use durable"; try { await eff(); } catch (e) { return e.message; } }`,
		{
			eff: () => {
				throw new Error('sync');
			},
		},
	);
	expect(await run(main, [])).toMatchObject({ value: 'sync' });
});

test('inside an effect everything is plain JavaScript, durable functions too', async () => {
	const source = `
		import { sleep } from '@perdure/runtime';
		import { each } from 'world';
		export async function inner(x) { "use durable"; await sleep(1); return x * 2; }
		export async function main() { "use durable"; return await each([1, 2, 3], inner); }`;
	const world = { each: (list: number[], f: (x: number) => Promise<number>) => Promise.all(list.map((x) => f(x))) };
	expect(await run(loadMain(source, world), [])).toMatchObject({ value: [2, 4, 6] });
});

test('currentEffect tells the key, the attempt, the run, also behind its own awaits', async () => {
	const { currentEffect } = await import('@perdure/runtime');
	const main = loadMain(
		`import { eff } from 'world'; export async function main() { "use durable"; return await eff(); }`,
		{
			eff: async () => {
				await new Promise((r) => setTimeout(r));
				const { key, attempt, runId, signal } = currentEffect();
				return { key, attempt, runId, aborted: signal.aborted };
			},
		},
	);
	const outcome = await run(main, [], { id: 'mine' });
	expect(outcome).toMatchObject({
		value: { attempt: 1, runId: 'mine', aborted: false, key: expect.stringMatching(/^[a-z2-7]{26}-1$/) },
	});
	expect(() => currentEffect()).toThrow(/needs an effect/);
	const durable = loadMain(
		`import { currentEffect } from '@perdure/runtime'; export async function main() { "use durable"; const { key } = currentEffect(); return key; }`,
	);
	expect(await run(durable, [])).toMatchObject({
		status: 'failed',
		error: { help: expect.stringContaining('awaits') },
	});
});

test('what asks something of the turn is asked in it, however its answer is returned or awaited', async () => {
	const source = `
		import { currentRun, setProgress, sleep } from '@perdure/runtime';
		const id = () => currentRun().id;
		async function text() { "use durable"; return currentRun().startedAt.toISOString(); }
		export async function main() { "use durable";
			await setProgress('begun');
			const run = await currentRun();
			await sleep(1);
			return [run.id, await currentRun().functionId, await id.call(null).length, await text(), await finish()];
		}
		async function finish() { "use durable"; return setProgress('over'); }`;
	for (const value of await both(source, () => ({}))) {
		const [id, functionId, length, text, over] = value as [string, string, number, string, undefined];
		expect(functionId).toMatch(/#main$/);
		expect([length, over]).toEqual([id.length, undefined]);
		expect(new Date(text).toISOString()).toBe(text);
	}
});

test('`call` and `apply` hand an effect on: its own name, receiver and stand-in; of what is declared, its own policy', async () => {
	let failed = 0;
	const world = () => {
		failed = 0;
		return {
			async add(this: { n: number }, x: number) {
				return this.n + x;
			},
			async busy(x: number) {
				if (failed++ === 0) throw new Error('busy');
				return x;
			},
		};
	};
	const source = `
		import { effect } from '@perdure/runtime';
		import { add, busy } from 'world';
		const flaky = effect(busy, { retry: { attempts: 2, delay: 1 } });
		async function durable(x) { "use durable"; return this.n + await add.call(this, x); }
		export async function main() { "use durable";
			const later = add.call({ n: 1 }, 1);
			const all = await Promise.all([add.apply({ n: 2 }, [2]), durable.call({ n: 3 }, 3)]);
			return [await add.call({ n: 5 }, 5), ...all, await flaky.call(undefined, 12), await later];
		}`;
	expect(await both(source, world)).toEqual([
		[10, 4, 9, 12, 2],
		[10, 4, 9, 12, 2],
	]);
	const { add, ...rest } = world();
	const standIn = async () => 0;
	const outcome = await run(loadMain(source, { add, ...rest }), [], {
		handlers: [replace(add as () => Promise<number>, standIn)],
	});
	expect(outcome).toMatchObject({ status: 'completed', value: [0, 0, 3, 12, 0] });
	expect(outcome.log.map(({ name }) => name)).toEqual(['add.call', 'add.apply', 'add.call', 'add.call', 'flaky']);
});

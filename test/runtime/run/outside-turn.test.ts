/** A closure of a run is entered in its turns, and inside the effect that it was handed to; at no other time (language.md). */
import { EventEmitter } from 'node:events';
import { Continuation, createEngine, type Outcome, OutsideTurnError, run } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { afterEach, expect, test } from 'vitest';
import { load } from './program.ts';

const bus = new EventEmitter();
/** Foreign code that keeps what it is given. */
const kept: ((...args: unknown[]) => unknown)[] = [];
let release = () => {};

const functions = load(
	`import { suspend, sleep } from '@perdure/runtime'; import { bus, each, keep, hold, slow, twice } from 'world';
	export async function listens() { "use durable";
		let n = 0;
		const count = (by = 1) => { n += by; return n; };
		bus.on('tick', count);
		await suspend();
		bus.emit('tick', 10);
		return n;
	}
	export async function keeps() { "use durable";
		let n = 0;
		const o = { get size() { return n; }, add(by) { n += by; return this; } };
		keep(function named() { return ++n; }, () => ++n, async () => ++n, async function later() { await sleep(1); return ++n; }, o.add, function* () { yield n; });
		await suspend();
		return [n, o.size];
	}
	export async function during() { "use durable";
		const seen = [];
		await each([1, 2], (x) => { seen.push(x); });
		await each([3], async (x) => { seen.push(await twice(x)); });
		const p = hold((x) => seen.push(x));
		await suspend();
		await p;
		return seen;
	}
	export async function resolves() { "use durable";
		const seen = [];
		const value = await new Promise((resolve) => setTimeout(() => resolve(1), 1));
		const other = new Promise((resolve) => setTimeout(() => { seen.push('called'); resolve(2); }, 1));
		return [value, await other, seen];
	}
	export async function made(f) { "use durable";
		const make = () => (x) => x + 1;
		return await slow(make());
	}`,
	{
		bus,
		keep: (...all: typeof kept) => void kept.push(...all),
		each: async (list: unknown[], f: (x: unknown) => unknown) => {
			for (const x of list) {
				await new Promise((resolve) => setTimeout(resolve, 1));
				await f(x);
			}
		},
		twice: async (x: number) => 2 * x,
		hold: async (f: (x: unknown) => void) => {
			f('at once');
			await new Promise<void>((resolve) => (release = resolve));
			f('later');
		},
		slow: async (f: (x: number) => number) => f(1),
	},
) as Record<string, (...args: unknown[]) => Promise<unknown>>;

type Suspended = Extract<Outcome<unknown>, { status: 'suspended' }>;

async function suspended(name: string): Promise<Suspended> {
	const outcome = await run(functions[name]!, []);
	if (outcome.status !== 'suspended') throw outcome;
	return outcome;
}

function thrownBy(call: () => unknown): OutsideTurnError {
	try {
		call();
	} catch (error) {
		if (OutsideTurnError.is(error)) return error;
		throw error;
	}
	throw new Error('nothing was thrown');
}

afterEach(() => {
	bus.removeAllListeners();
	kept.length = 0;
});

test('by an emitter between the turns: an error that names it and its place; in a turn it is a function', async () => {
	const { continuation } = await suspended('listens');
	const error = thrownBy(() => bus.emit('tick'));
	expect(error).toMatchObject({ code: 'PD10005', functionName: 'count', help: expect.stringContaining('send') });
	expect(error.message).toMatch(/^'count' \(.*:4:\d+\) belongs to run '\w+' and/);
	expect(error.runId).toBe(continuation.runId);
	bus.removeAllListeners();
	expect(await continuation.resume()).toMatchObject({ status: 'completed', value: 0 });
});

test('of every kind of function; nothing of the run has changed', async () => {
	const { continuation } = await suspended('keeps');
	const [named, arrow, asyncArrow, later, method, generator] = kept;
	for (const sync of [named, arrow, method, generator]) expect(thrownBy(sync!).code).toBe('PD10005');
	for (const async of [asyncArrow, later]) await expect(async!()).rejects.toMatchObject({ code: 'PD10005' });
	expect(thrownBy(arrow!).message).toMatch(/^the closure \(.*\) belongs to run '\w+' and/);
	expect(await continuation.resume()).toMatchObject({ status: 'completed', value: [0, 0] });
	expect(thrownBy(arrow!).code).toBe('PD10005');
});

test('inside the effect that it was handed to, as long as that goes on', async () => {
	const outcome = run(functions['during']!, []);
	await expect.poll(() => release.name).toBe('');
	await new Promise((resolve) => setTimeout(resolve, 20));
	release();
	const { continuation } = (await outcome) as Suspended;
	expect(await continuation.resume()).toMatchObject({ status: 'completed', value: [1, 2, 6, 'at once', 'later'] });
	expect(await run(functions['made']!, [])).toMatchObject({ value: 2 });
});

test('of a run in which foreign code has a resolver, that code may enter it', async () => {
	expect(await run(functions['resolves']!, [])).toMatchObject({ value: [1, 2, ['called']] });
});

test('in another run of the process it is as foreign as anywhere', async () => {
	const first = await suspended('listens');
	const second = await run(functions['listens']!, []);
	if (second.status !== 'suspended') throw second;
	const error = await second.continuation.resume();
	expect(error).toMatchObject({ status: 'failed', error: { code: 'PD10005' } });
	expect(first.status).toBe('suspended');
});

test('outside any run a durable function and its closures are plain', async () => {
	await functions['during']!.call(undefined).catch(() => {});
	void functions['keeps']!().catch(() => {});
	const [named] = kept;
	expect(named!()).toBe(1);
});

test('in an engine, after a restore too', async () => {
	const engine = createEngine({ store: memory() });
	const handle = await engine.start(functions['listens']!, []);
	await handle.next();
	expect(thrownBy(() => bus.emit('tick')).functionName).toBe('count');
	bus.removeAllListeners();
	await engine.close();
	const c = Continuation.fromBytes(((await suspended('keeps')) as Suspended).continuation.toBytes());
	expect(await c.resume()).toMatchObject({ value: [0, 0] });
});

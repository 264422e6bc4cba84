/** Questions and messages with schemas: what is not valid never enters a run (Q1 of registry/topics.ts). */
import {
	Continuation,
	createEngine,
	defineMessage,
	defineQuestion,
	type Engine,
	type Question,
	run,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { testRun } from '@perdure/testing';
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile } from '../support/compile.ts';

const age = defineQuestion<string, number>('age', { answer: z.number().int() });
/** Its answers are text and become numbers. */
const amount = defineQuestion('amount', { answer: z.string().transform(Number) });
/** Another library, with a validator that takes its time. */
const nickname = defineQuestion('nickname', {
	answer: v.pipeAsync(
		v.string(),
		v.checkAsync(async (name) => name !== 'taken', 'is taken'),
	),
});
const free = defineQuestion<{ ask: string }, string>('free');
const price = defineMessage('price', { payload: v.object({ cents: v.number() }) });
const stop = defineMessage<undefined>('stop');

const { asks, two, shop, all, kept } = compile(
	`import { receive, receiveAll, suspend } from '@perdure/runtime';
	import { age, amount, nickname, free, price, stop } from '#topics';
	export async function asks() { "use durable";
		return [await suspend(age, 'how old?'), await suspend(amount, 0), await suspend(nickname), await suspend(free, { ask: 'x' })];
	}
	export async function two() { "use durable"; return await Promise.all([suspend(age, 'a'), suspend(amount, 'b')]); }
	export async function shop(patience) { "use durable";
		const { cents } = await receive(price);
		return [cents, await receive(stop), await receive(price, { timeout: patience, otherwise: 'none' })];
	}
	export async function all(n) { "use durable";
		const out = [];
		for await (const { cents } of receiveAll(price)) { out.push(cents); if (out.length === n) break; }
		return [...out, (await receive('price')).cents];
	}
	export async function kept(question, message) { "use durable";
		const before = await suspend('before');
		return [before, await suspend(question, 1), await receive(message)];
	}`,
	{ '#topics': { age, amount, nickname, free, price, stop } },
).exports as Record<string, (...args: any[]) => Promise<unknown>>;

const engines: Engine[] = [];
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())));

async function inEngine(fn: unknown, ...args: unknown[]) {
	const engine = createEngine({ store: memory() });
	engines.push(engine);
	return engine.start(fn as () => Promise<unknown>, args as []);
}

describe('an engine', () => {
	it('takes what the schema gives, and refuses what it refuses before it enters the run', async () => {
		const handle = await inEngine(asks);
		const asked = await handle.next();
		expect(asked).toMatchObject({ status: 'suspended', value: 'how old?' });
		if (asked.status !== 'suspended') return;
		expect(asked.continuation.suspensions).toMatchObject([{ id: asked.id, question: 'age' }]);
		expect((await handle.describe()).waitingFor).toMatchObject([{ kind: 'suspend', name: 'age' }]);
		const refused = handle.resume(age, 'old' as never);
		await expect(refused).rejects.toMatchObject({ code: 'PD10012', message: expect.stringContaining("'age'") });
		await expect(handle.resume(age, 1.5)).rejects.toThrow(/int/);
		expect(await handle.next()).toMatchObject({ id: asked.id });
		await handle.resume(age, 42);
		await handle.next();
		await handle.resume(amount, '17');
		await handle.next();
		await expect(handle.resume(nickname, 'taken')).rejects.toThrow(/is taken/);
		await handle.resume(nickname, 'you');
		expect(await handle.next()).toMatchObject({ value: { ask: 'x' } });
		await handle.resume(free, 'anything');
		expect(await handle.result()).toEqual([42, 17, 'you', 'anything']);
	});

	it('looks at an answer without its question too, by the question that is open', async () => {
		const handle = await inEngine(asks);
		const first = await handle.next();
		await expect(handle.resume('old')).rejects.toThrow(/'age'/);
		if (first.status === 'suspended') {
			await expect(handle.resume('old', { suspension: first.id })).rejects.toThrow(/'age'/);
		}
		await handle.resume(1);
		await handle.next();
		await handle.resume('2');
		await handle.next();
		await expect(handle.resume('taken')).rejects.toThrow(/is taken/);
		expect(await handle.log()).toMatchObject([
			{ outcome: { value: 1 } },
			{ outcome: { value: 2 } },
			{ state: 'started', outcome: null },
		]);
	});

	it('names the part of an answer that cannot be saved', async () => {
		const handle = await inEngine(two);
		await handle.next();
		for (const [path, refused] of [
			['answer.then', handle.resume(free, { then: new WeakMap() } as never, { suspension: 'any' })],
			['error.cause', handle.throw(new Error('no', { cause: new WeakMap() }))],
		] as const) {
			await expect(refused).rejects.toMatchObject({ name: 'NotSerializableError', path });
		}
	});

	it('finds the suspension by its question', async () => {
		const handle = await inEngine(two);
		await handle.next();
		await expect(handle.resume(free, 'x')).rejects.toMatchObject({ code: 'PD10008' });
		await handle.resume(amount, '5');
		// Whether that answer was taken in or not: one suspension is left.
		await expect(handle.resume('old')).rejects.toThrow(/'age'/);
		await handle.resume(6);
		expect(await handle.result()).toEqual([6, 5]);
	});

	it('refuses an answer to another question than it names, and acknowledges the same answer again', async () => {
		const handle = await inEngine(asks);
		const asked = await handle.next();
		if (asked.status !== 'suspended') throw new Error(asked.status);
		const { id: suspension } = asked;
		await expect(handle.resume(free, 'x', { suspension })).rejects.toThrow(/asks the question 'age'/);
		await handle.resume(age, 3, { suspension });
		await handle.resume(age, 3, { suspension });
		await expect(handle.resume(age, 4, { suspension })).rejects.toMatchObject({ code: 'PD10009' });
	});

	it('knows the same answer again by what was given, also when the run has gone on since', async () => {
		let calls = 0;
		const stamped = defineQuestion('stamped', {
			answer: z.map(z.string(), z.number()).transform((m) => [...m.keys(), ++calls]),
		});
		const files = defineQuestion('files', { answer: z.instanceof(WeakMap).transform(() => 'read') });
		const handle = await inEngine(kept, stamped as unknown, stop);
		await handle.next();
		await handle.resume('go');
		const asked = await handle.next();
		if (asked.status !== 'suspended') throw new Error(asked.status);
		const { id: suspension } = asked;
		const given = () => new Map([['a', 1]]);
		await Promise.all([handle.resume(given(), { suspension }), handle.resume(stamped, given(), { suspension })]);
		await handle.send(stop, undefined);
		expect(await handle.result()).toEqual(['go', ['a', expect.any(Number)], undefined]);
		await handle.resume(given(), { suspension });
		await handle.resume(stamped, given(), { suspension });
		await expect(handle.resume(new Map([['b', 1]]), { suspension })).rejects.toMatchObject({ code: 'PD10009' });
		// What only its schema makes something of that can be saved.
		const other = await inEngine(kept, files as unknown, stop);
		await other.next();
		await other.resume('go');
		await other.next();
		await other.resume(files, new WeakMap());
		await other.send(stop, undefined);
		expect(await other.result()).toEqual(['go', 'read', undefined]);
	});

	it('takes messages as their schema gives them, sent by definition or by name', async () => {
		const handle = await inEngine(shop, 1);
		await expect(handle.send(price, { cents: 'many' } as never)).rejects.toMatchObject({ code: 'PD10012' });
		await expect(handle.send('price', { cents: 'many' })).rejects.toThrow(/cents/);
		await handle.send(price, { cents: 5, more: 'is left out' } as { cents: number });
		await handle.send(stop, undefined);
		expect(await handle.result()).toEqual([5, undefined, 'none']);
		expect((await handle.log())[0]).toMatchObject({ outcome: { value: { cents: 5 } } });
	});

	it('refuses by a shared name only what all its definitions refuse', async () => {
		const words = defineQuestion('shared', { answer: z.string() });
		const numbers = defineQuestion('shared', { answer: z.number() });
		const handle = await inEngine(kept, words as unknown, stop);
		await handle.next();
		await handle.resume('go');
		await handle.next();
		await expect(handle.resume(true)).rejects.toMatchObject({ code: 'PD10012' });
		await expect(handle.resume(words, 1 as never)).rejects.toMatchObject({ code: 'PD10012' });
		await handle.resume(numbers, 1);
		await handle.send(stop, undefined);
		expect(await handle.result()).toEqual(['go', 1, undefined]);
	});

	it('gives all messages of a name in a loop that may be left', async () => {
		const handle = await inEngine(all, 2);
		for (const cents of [1, 2, 3]) await handle.send(price, { cents });
		expect(await handle.result()).toEqual([1, 2, 3]);
	});
});

describe('a continuation', () => {
	it('checks answers before anything goes on', async () => {
		const outcome = await run(asks!, []);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		const { continuation } = outcome;
		expect(continuation.suspensions).toMatchObject([{ question: 'age' }]);
		await expect(continuation.resume(age, 'old' as never)).rejects.toMatchObject({ code: 'PD10012' });
		await expect(continuation.resume('old')).rejects.toMatchObject({ code: 'PD10012' });
		await expect(continuation.resume(amount, '3')).rejects.toMatchObject({ code: 'PD10008' });
		const next = await continuation.resume(age, 3);
		if (next.status !== 'suspended') throw new Error(next.status);
		expect(await next.continuation.resume('4')).toMatchObject({
			status: 'suspended',
			log: [{}, { outcome: { value: 4 } }, {}],
		});
	});

	it('checks messages', async () => {
		const outcome = await run(shop!, ['1 day']);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		await expect(outcome.continuation.send('price', 1)).rejects.toMatchObject({ code: 'PD10012' });
		const next = await outcome.continuation.send(price, { cents: 1 });
		if (next.status !== 'suspended') throw new Error(next.status);
		expect(await next.continuation.send(stop, undefined)).toMatchObject({ status: 'suspended' });
	});

	it('keeps questions and messages that variables hold by their names', async () => {
		const outcome = await run(kept!, [age, price]);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		const restored = Continuation.fromBytes<unknown>(outcome.continuation.toBytes());
		const asked = await restored.resume('x');
		if (asked.status !== 'suspended') throw new Error(asked.status);
		expect(asked.continuation.suspensions).toMatchObject([{ question: 'age' }]);
		const sent = await asked.continuation.resume(age, 2);
		if (sent.status !== 'suspended') throw new Error(sent.status);
		expect(await sent.continuation.send(price, { cents: 9 })).toMatchObject({ value: ['x', 2, { cents: 9 }] });
	});

	it('goes on with a loop over messages after each restore', async () => {
		let outcome = await run(all!, [3]);
		for (const cents of [1, 2, 3, 4]) {
			if (outcome.status !== 'suspended') throw new Error(outcome.status);
			outcome = await Continuation.fromBytes<unknown>(outcome.continuation.toBytes()).send(price, { cents });
		}
		expect(outcome).toMatchObject({ status: 'completed', value: [1, 2, 3, 4] });
	});
});

it('needs a name', () => {
	expect(() => defineQuestion('')).toThrow(TypeError);
	expect(() => defineMessage(undefined as unknown as string)).toThrow(TypeError);
	expect((defineQuestion('named') as Question).name).toBe('named');
	expect(defineQuestion('named', { answer: undefined } as never).schema).toBe(undefined);
});

it.each([
	[z.string(), "there is no option '~standard'"],
	[{ schema: z.string() }, "there is no option 'schema'"],
	[{ answer: (value: unknown) => typeof value === 'string' }, "'answer' is no schema"],
	[{ answer: null }, "'answer' is no schema"],
])('refuses a schema that it would not ask (%#)', (o, message) => {
	expect(() => defineQuestion('misspelt', o as never)).toThrow(`the question 'misspelt': ${message}`);
	const payload = Object.fromEntries(
		Object.entries(o).map(([key, value]) => [key === 'answer' ? 'payload' : key, value]),
	);
	expect(() => defineMessage('misspelt', ('~standard' in o ? o : payload) as never)).toThrow(TypeError);
});

it('is checked in tests of users too', async () => {
	const test = testRun(asks!, []);
	await test.next();
	await expect(test.resume(age, 'old' as never)).rejects.toMatchObject({ code: 'PD10012' });
	await expect(test.resume('old')).rejects.toMatchObject({ code: 'PD10012' });
	await test.resume(age, 1);
	await expect(test.resume(free, 'x')).rejects.toMatchObject({ code: 'PD10008' });
	expect(await test.resume('2')).toMatchObject({ status: 'suspended', log: [{}, { outcome: { value: 2 } }, {}] });
	const messages = testRun(shop!, [1]);
	await messages.next();
	await expect(messages.send(price, { cents: '' } as never)).rejects.toMatchObject({ code: 'PD10012' });
	await messages.send('price', { cents: 1 });
	expect(await messages.send(stop, undefined)).toMatchObject({ log: [{ outcome: { value: { cents: 1 } } }, {}, {}] });
});

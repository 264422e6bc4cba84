/** Running a function against a log (runtime.md, "The effect log"). */
import {
	Continuation,
	DivergenceError,
	decodeLog,
	effect,
	encodeLog,
	type LogEntry,
	type LogOptions,
	LogPrunedError,
	type Outcome,
	replay,
	run,
	secret,
	serializable,
} from '@perdure/runtime';
import { describe, expect, test, vi } from 'vitest';
import { loadMain } from './program.ts';

const IMPORTS = `import { emit, mark, receive, sleep, suspend } from '@perdure/runtime'; import { a, b, fail, live } from 'world';\n`;

class Session {}

function program(body: string, before = '') {
	const world = {
		a: vi.fn(async (x: unknown) => x),
		b: vi.fn(async (x: number) => ({ n: x + 1 })),
		fail: vi.fn(async (what: string) => {
			throw new RangeError(what);
		}),
		live: vi.fn(async () => new Session()),
	};
	const source = `${IMPORTS}${before} export async function main(id) { "use durable"; ${body} }`;
	const main = loadMain(source, world);
	const calls = () => Object.values(world).reduce((sum, fn) => sum + fn.mock.calls.length, 0);
	const forget = () => {
		for (const fn of Object.values(world)) fn.mockClear();
	};
	return { main, world, calls, forget };
}

/** A run with all of its log, driven with these answers; the log as it is after a journey as bytes. */
async function logged(main: ReturnType<typeof loadMain>, answers: readonly unknown[] = [], log: LogOptions = 'all') {
	let outcome: Outcome<unknown> = await run(main, ['x'], { log });
	for (const answer of answers) {
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		outcome = await outcome.continuation.resume(answer, { log });
	}
	return { outcome, log: decodeLog(encodeLog(outcome.log)) };
}

const essence = (log: readonly LogEntry[]) =>
	log.map(({ seq, kind, name, args, state, outcome, settledSeq }) => ({
		seq,
		kind,
		name,
		args,
		state,
		outcome,
		settledSeq,
	}));

const CHECKOUT = `
	const first = await b(1);
	try { await fail('no'); } catch (e) { await emit({ failed: e.message }); }
	await sleep('3 days');
	const [x, y] = await Promise.all([branch(1), branch(2)]);
	const answer = await suspend({ confirm: first.n });
	for (const i of [1, 2]) await a(i);
	return [first.n, x, y, answer, id];`;
const BRANCH = 'async function branch(n) { "use durable"; const { n: m } = await b(n * 10); await a(m); return m; }';

describe('from the beginning', () => {
	test('gives what the run gave, does nothing again, and leaves the same log', async () => {
		const { main, calls, forget } = program(CHECKOUT.replace("'3 days'", '1'), BRANCH);
		const { outcome, log } = await logged(main, ['yes']);
		expect(outcome).toMatchObject({ status: 'completed', value: [2, 11, 21, 'yes', 'x'] });
		forget();
		const again = await replay(main, ['x'], log, { log: 'all', strict: true });
		expect(again).toMatchObject({ status: 'completed', value: [2, 11, 21, 'yes', 'x'], emitted: [] });
		expect(calls()).toBe(0);
		expect(essence(again.log)).toEqual(essence(log));
	});

	test('a log that ends in an open suspension is suspended there, with that id, and goes on', async () => {
		const { main, calls, forget } = program(CHECKOUT.replace("'3 days'", '1'), BRANCH);
		const { outcome, log } = await logged(main);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		forget();
		const again = await replay(main, ['x'], log);
		if (again.status !== 'suspended') throw new Error(again.status);
		expect(again).toMatchObject({ id: outcome.id, value: { confirm: 2 } });
		expect(calls()).toBe(0);
		const done = await Continuation.fromBytes(again.continuation.toBytes()).resume('live');
		expect(done).toMatchObject({ status: 'completed', value: [2, 11, 21, 'live', 'x'] });
		expect(calls()).toBe(2);
	});

	test('at every prefix: what is in it is not done again, what is not is done', async () => {
		const { main, calls, forget } = program(CHECKOUT.replace("'3 days'", '1'), BRANCH);
		const { log } = await logged(main, ['yes']);
		for (let length = 0; length <= log.length; length++) {
			forget();
			const prefix = log.slice(0, length);
			let again: Outcome<unknown> = await replay(main, ['x'], prefix);
			if (again.status === 'suspended') again = await again.continuation.resume('yes');
			expect(again, `the first ${length}`).toMatchObject({ status: 'completed', value: [2, 11, 21, 'yes', 'x'] });
			const done = prefix.filter(({ kind, state }) => kind === 'effect' && state === 'executed').length;
			expect(calls(), `the first ${length}`).toBe(8 - done);
		}
	});

	test('what has only started is done, with its key and as another attempt', async () => {
		const main = loadMain(
			`import { eff } from 'world'; export async function main() { "use durable"; return eff(); }`,
			{
				eff: async () => {
					const { currentEffect } = await import('@perdure/runtime');
					const { key, attempt } = currentEffect();
					return { key, attempt };
				},
			},
		);
		const parked = await run(main, [], { park: AbortSignal.abort() });
		expect(parked.log).toMatchObject([{ state: 'started' }]);
		const started = parked.log.map((entry) => ({ ...entry, attempt: 1 }));
		const again = await replay(main, [], started);
		expect(again).toMatchObject({ status: 'completed', value: { key: parked.log[0]!.key, attempt: 2 } });
	});

	test('failures are thrown again, or done afresh', async () => {
		const { main, world, calls, forget } = program("await a(1); await fail('no'); return 5;");
		const { outcome, log } = await logged(main);
		expect(outcome).toMatchObject({ status: 'failed', error: { message: 'no' } });
		forget();
		expect(await replay(main, [], log)).toMatchObject({
			status: 'failed',
			error: { name: 'RangeError', message: 'no' },
		});
		expect(calls()).toBe(0);
		world.fail.mockImplementation((async () => 'mended') as never);
		expect(await replay(main, [], log, { failed: 'again' })).toMatchObject({ status: 'completed', value: 5 });
		expect(calls()).toBe(1);
	});

	test('races, messages, time-outs and the order of outcomes', async () => {
		const { main, calls, forget } = program(
			`
			const slow = sleep(150).then(() => 'slow');
			const first = await Promise.race([slow, branch(0)]);
			const none = await receive('m', { timeout: 1, otherwise: null });
			let late; try { await suspend('?', { timeout: 2 }); } catch (e) { late = e.name; }
			return [first, none, late, await slow];`,
			'async function branch(n) { "use durable"; return (await b(n)).n; }',
		);
		let { outcome } = await logged(main);
		while (outcome.status === 'suspended') {
			await new Promise((resolve) => setTimeout(resolve, 5));
			outcome = await outcome.continuation.continue({ log: 'all' });
		}
		const { log } = outcome;
		forget();
		const again = await replay(main, [], log, { log: 'all' });
		expect(again).toMatchObject({ status: 'completed', value: [1, null, 'TimeoutError', 'slow'] });
		expect(calls()).toBe(0);
		expect(essence(again.log)).toEqual(essence(log));
	});

	test('a cancellation, and what cleaned up after it', async () => {
		const { main, calls, forget } = program('try { await a(1); await suspend(); } finally { await b(2); }');
		const { outcome } = await logged(main);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		const cancelled = await outcome.continuation.cancel('enough', { log: 'all' });
		expect(cancelled).toMatchObject({ status: 'cancelled', reason: 'enough' });
		forget();
		const again = await replay(main, [], cancelled.log, { log: 'all' });
		expect(again).toMatchObject({ status: 'cancelled', reason: 'enough' });
		expect(calls()).toBe(0);
		expect(essence(again.log)).toEqual(essence(cancelled.log));
	});
});

describe('code that does something else', () => {
	const log = async () => (await logged(program('await a(1); await b(2); await a(3);').main)).log;

	test('an error names entry, expected and found', async () => {
		const { main, calls } = program('await a(1); await fail("x"); await a(3);');
		const error = await replay(main, [], await log()).catch((e: unknown) => e);
		expect(error).toBeInstanceOf(DivergenceError);
		expect(error).toMatchObject({
			entry: 2,
			expected: expect.stringContaining('b ('),
			found: expect.stringContaining('fail ('),
		});
		expect(calls()).toBe(0);
	});

	test('a run that ends before its log does', async () => {
		const { main } = program('await a(1);');
		await expect(replay(main, [], await log())).rejects.toMatchObject({
			entry: 2,
			found: expect.stringContaining('end'),
		});
	});

	test('or it goes on live from there', async () => {
		const { main, world } = program('await a(1); await fail("x").catch(() => {}); return await a(3);');
		expect(await replay(main, [], await log(), { onDivergence: 'continue' })).toMatchObject({
			status: 'completed',
			value: 3,
		});
		expect(world.fail).toHaveBeenCalledTimes(1);
		expect(world.a.mock.calls).toEqual([[3]]);
	});

	test('what was discarded is done afresh only if asked for', async () => {
		let calls = 0;
		const slow = effect(
			async () => {
				calls++;
				await new Promise(() => {});
			},
			{ cancelGrace: 1 },
		);
		const main = loadMain(
			`import { slow } from 'world'; async function branch() { "use durable"; await slow(); } export async function main() { "use durable"; branch(); return 1; }`,
			{ slow },
		);
		const { log } = await run(main, [], { log: 'all' });
		expect(log.find(({ name }) => name === 'slow')).toMatchObject({ state: 'discarded', outcome: null });
		expect(calls).toBe(1);
		expect(await replay(main, [], log)).toMatchObject({ status: 'completed', value: 1 });
		expect(calls).toBe(1);
		expect(await replay(main, [], log, { failed: 'again' })).toMatchObject({ status: 'completed', value: 1 });
		expect(calls).toBe(2);
	});

	test('a function of the run is no other argument', async () => {
		const { main, calls, forget } = program('return await b({ f: () => id }, async () => {});');
		const { outcome, log } = await logged(main);
		forget();
		for (const each of [log, outcome.log]) {
			expect(await replay(main, ['x'], each, { strict: true })).toMatchObject({ status: 'completed' });
		}
		expect(calls()).toBe(0);
	});

	test('an option that there is not performs nothing', async () => {
		const { main, calls, forget } = program('await a(1); await b(2);');
		const { log } = await logged(main);
		forget();
		for (const o of [{ onDivergence: 'ignore' }, { failed: 'retry' }, { onDivergence: true }]) {
			await expect(replay(main, [], log.slice(0, 1), o as never)).rejects.toThrow(TypeError);
		}
		expect(calls()).toBe(0);
	});

	test('other arguments are another call only if asked for', async () => {
		const { main, calls, forget } = program('await a(id); return 7;');
		const { log } = await logged(main);
		forget();
		expect(await replay(main, ['y'], log)).toMatchObject({ status: 'completed', value: 7 });
		expect(await replay(main, ['x'], log, { strict: true })).toMatchObject({ status: 'completed' });
		await expect(replay(main, ['y'], log, { strict: true })).rejects.toMatchObject({ entry: 1 });
		expect(calls()).toBe(0);
	});

	class Account {
		readonly #balance: string;
		constructor(balance: string) {
			this.#balance = balance;
		}
		static balance(account: Account) {
			return account.#balance;
		}
	}
	serializable(
		Account,
		{ serialize: Account.balance, deserialize: (balance) => new Account(balance as string) },
		{ id: 'replay#Account' },
	);

	test.each<[string, (x: string) => unknown]>([
		['a class with private members and hooks', (x) => new Account(x)],
		['a secret', (x) => secret(x)],
		['URLSearchParams', (x) => new URLSearchParams({ x })],
		['a URL', (x) => new URL(`http://host/${x}`)],
		['Headers', (x) => new Headers({ x })],
	])('what %s keeps where no property shows it is part of an argument', async (_, make) => {
		const main = loadMain(`${IMPORTS} export async function main(x) { "use durable"; await a({ list: [make(x)] }); }
			import { make } from 'world';`, { a: async () => {}, make }); // biome-ignore format: a program
		const { log } = await logged(main);
		expect(await replay(main, ['x'], log, { strict: true })).toMatchObject({ status: 'completed' });
		await expect(replay(main, ['y'], log, { strict: true })).rejects.toMatchObject({ entry: 1 });
	});
});

describe('what is not in the log', () => {
	test.each<[string, LogOptions]>([
		['pruned', 'iteration'],
		['excluded', { keep: 'all', exclude: 'a' }],
		['redacted', { keep: 'all', redact: 'a' }],
	])('%s: refused in every mode', async (_, options) => {
		const { main, calls, forget } = program('for (const i of [1, 2, 3]) await a(i);');
		const { log } = await logged(main, [], options);
		forget();
		for (const o of [{}, { failed: 'again' }, { onDivergence: 'continue' }, { strict: true }] as const) {
			await expect(replay(main, [], log, o)).rejects.toSatisfy(LogPrunedError.is);
		}
		expect(calls()).toBe(0);
	});

	test('an outcome that could not be saved', async () => {
		const { main, calls, forget } = program('const s = await live(); return typeof s;');
		const { log } = await logged(main);
		forget();
		await expect(replay(main, [], log)).rejects.toThrow('could not be saved');
		expect(calls()).toBe(0);
		expect(await replay(main, [], log, { failed: 'again' })).toMatchObject({ status: 'completed', value: 'object' });
	});
});

describe('from a mark', () => {
	const CHAT =
		'const seen = []; for (let i = 0; i < 9; i++) { await mark("turn"); const x = await suspend(i); seen.push((await b(x)).n); } return seen;';

	test('the latest of its label, though what was before is pruned', async () => {
		const { main, forget } = program(CHAT);
		const { outcome, log } = await logged(main, [1, 2, 3], 'iteration');
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		expect(log.filter(({ kind }) => kind !== 'pruned').map(({ kind }) => kind)).toEqual(['mark', 'suspend']);
		forget();
		await expect(replay(main, [], log)).rejects.toSatisfy(LogPrunedError.is);
		const again = await replay(main, [], log, { from: 'turn' });
		if (again.status !== 'suspended') throw new Error(again.status);
		expect(again).toMatchObject({ id: outcome.id, value: 3 });
		expect(essence(again.log)).toEqual(essence(log));
		let rest: Outcome<unknown> = again;
		while (rest.status === 'suspended') rest = await rest.continuation.resume(0);
		expect(rest).toMatchObject({ status: 'completed', value: [2, 3, 4, 1, 1, 1, 1, 1, 1] });
	});

	test('with what was done since', async () => {
		const { main, calls, forget } = program(
			'await a(1); await mark("m"); const x = await b(2); await suspend(x); return x;',
		);
		const { log } = await logged(main);
		forget();
		expect(await replay(main, [], log, { from: 'm' })).toMatchObject({ status: 'suspended', value: { n: 3 } });
		expect(calls()).toBe(0);
		await expect(replay(main, [], log, { from: 'other' })).rejects.toThrow("mark 'other'");
	});

	test('what was under way at it is answered; where its entry is not kept, it is not done again', async () => {
		const { main, calls, forget } = program(
			'const p = (async () => { await suspend(1); await b(2); })(); await suspend(2); await mark("m"); await p; return await a(3);',
		);
		const logs = [];
		for (const keep of ['all', 'iteration'] as const) {
			let outcome: Outcome<unknown> = await run(main, [], { log: keep });
			for (const nth of [1, 0]) {
				if (outcome.status !== 'suspended') throw new Error(outcome.status);
				const suspension = outcome.continuation.suspensions[nth]!.id;
				outcome = await outcome.continuation.resume('x', { suspension, log: keep });
			}
			logs.push(outcome.log);
		}
		forget();
		expect(await replay(main, [], logs[0]!, { from: 'm' })).toMatchObject({ status: 'completed', value: 3 });
		await expect(replay(main, [], logs[1]!, { from: 'm' })).rejects.toThrow('log entry 1 (suspend');
		expect(calls()).toBe(0);
	});
});

test('a message that was there at a mark, and was taken since, is not there once more', async () => {
	const { main, calls, forget } = program(`
		await suspend('first');
		await mark('here');
		const taken = await receive('m');
		await a(taken);
		await suspend('second');
		return [taken, await receive('m', { timeout: 1, otherwise: 'none' }), await receive('n', { timeout: 1, otherwise: 'none' })];`);
	let outcome: Outcome<unknown> = await run(main, [], { log: 'all' });
	const on = () => (outcome as Extract<typeof outcome, { status: 'suspended' }>).continuation;
	outcome = await on().send('m', 'early', { log: 'all' });
	outcome = await on().send('n', 'other', { log: 'all' });
	outcome = await on().resume(1, { log: 'all' });
	expect(outcome).toMatchObject({ status: 'suspended', value: 'second' });
	forget();
	outcome = await replay(main, [], outcome.log, { from: 'here' });
	expect(outcome).toMatchObject({ status: 'suspended', value: 'second' });
	const nap = () => new Promise((resolve) => setTimeout(resolve, 5));
	for (outcome = await on().resume(2); outcome.status === 'suspended'; outcome = await on().continue()) await nap();
	expect(outcome).toMatchObject({ status: 'completed', value: ['early', 'none', 'other'] });
	expect(calls()).toBe(0);
});

test('an effect that is declared is not called, wherever it is started', async () => {
	const pay = vi.fn(async (x: number) => x);
	const main = loadMain(
		`import { effect } from '@perdure/runtime'; import { pay as call } from 'world';
		const pay = effect(call);
		export async function main() { "use durable"; const p = pay(1); const q = [2, 3].map((x) => pay(x)); return [await p, ...(await Promise.all(q))]; }`,
		{ pay },
	);
	const { log } = await run(main, [], { log: 'all' });
	pay.mockClear();
	expect(await replay(main, [], decodeLog(encodeLog(log)))).toMatchObject({ status: 'completed', value: [1, 2, 3] });
	expect(pay).not.toHaveBeenCalled();
});

test('a run that fails in a replay is tried again with the effect that failed, as if it had just been performed', async () => {
	const { main, world, calls, forget } = program("await a(1); await emit('e'); await fail('no'); return 5;");
	const { log } = await logged(main);
	const again = await replay(main, [], log, { log: 'all' });
	if (again.status !== 'failed') throw new Error(again.status);
	world.fail.mockImplementation((async () => 'mended') as never);
	forget();
	const stored = Continuation.fromBytes<unknown>(again.continuation.toBytes({ log: true }));
	for (const continuation of [again.continuation, stored]) {
		const outcome = await continuation.retry({ log: 'all' });
		expect(outcome).toMatchObject({ status: 'completed', value: 5 });
		expect(outcome.log.at(-1)).toMatchObject({ name: 'fail', key: log.at(-1)!.key, attempt: 2 });
	}
	expect(calls()).toBe(2);
});

test('a run that fails in a replay by what it was given, not by a rejection, fails by that when it is tried again', async () => {
	const { main, calls, forget } = program("const { n } = await b(1); if (n === 2) throw new Error('two'); return n;");
	const { log } = await logged(main);
	forget();
	const again = await replay(main, [], log);
	if (again.status !== 'failed') throw new Error(again.status);
	const stored = Continuation.fromBytes<unknown>(again.continuation.toBytes());
	for (const continuation of [again.continuation, stored]) {
		expect(await continuation.retry()).toMatchObject({ status: 'failed', error: { message: 'two' } });
	}
	expect(calls()).toBe(0);
});

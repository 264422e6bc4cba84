/** Effect policies: how attempts of an effect are repeated, timed, named and keyed (api.md, "Effects"). */
import {
	type CancelledError,
	Continuation,
	currentEffect,
	EffectInterruptedError,
	type EffectPolicy,
	effect,
	InvalidDurationError,
	InvalidPolicyError,
	NonRetryableError,
	type Outcome,
	replace,
	run,
	serializable,
	sleep,
	TimeoutError,
} from '@perdure/runtime';
import { testRun } from '@perdure/testing';
import { describe, expect, expectTypeOf, it, test, vi } from 'vitest';
import { performEffect } from '../../../packages/runtime/src/driver/effects.ts';
import { retryDelay } from '../../../packages/runtime/src/machine/retry.ts';
import type { Clock } from '../../../packages/runtime/src/ports/clock.ts';
import { policyOf } from '../../../packages/runtime/src/registry/effects.ts';
import { load, loadMain } from './program.ts';

const START = new Date('2030-01-01T00:00:00Z');
const ONE = `import { act } from 'world'; export async function main(...args) { "use durable"; return await act(...args); }`;
const CAUGHT = `import { act } from 'world';
	export async function main() { "use durable"; try { return await act(); } catch (error) { return [error.name, error.message]; } }`;

/** A main that awaits one effect of that policy. */
const one = (fn: (...args: any[]) => Promise<unknown>, policy?: EffectPolicy, source = ONE) =>
	loadMain(source, { act: effect(fn, policy) });

/** An effect that fails `times` times; `seen`: what each attempt was told of itself. */
function flaky(times: number, error: () => unknown = () => new Error('down')) {
	const seen: { key: string; attempt: number }[] = [];
	const fn = async (...args: unknown[]) => {
		const { key, attempt } = currentEffect();
		seen.push({ key, attempt });
		if (seen.length <= times) throw error();
		return args[0] ?? 'up';
	};
	return { fn, seen, attempts: () => seen.map(({ attempt }) => attempt) };
}

const WAYS = ['every-await', 'never'] as const;

describe.each(WAYS)('a retry, restart: %s', (restart) => {
	it('waits by durable timers that grow, and gives the result of the attempt that succeeds', async () => {
		const { fn, seen } = flaky(3);
		const main = one(fn, { retry: { attempts: 4, delay: '1 minute', factor: 3, maxDelay: '5 minutes' } });
		const t = testRun(main, ['given'], { now: START, restart });
		const until: string[] = [];
		for (const time of ['1 minute', '3 minutes', '5 minutes'] as const) {
			const standing = await t.next();
			if (standing.status !== 'sleeping') throw new Error(standing.status);
			until.push(standing.until.toISOString().slice(11, 16));
			await t.advance(time);
		}
		expect(await t.result()).toBe('given');
		expect(until).toEqual(['00:01', '00:04', '00:09']);
		expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
		expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
		expect(t.log).toMatchObject([{ kind: 'effect', state: 'executed', attempt: 4, outcome: { value: 'given' } }]);
	});

	it('ends with what the last attempt threw, unwrapped', async () => {
		let n = 0;
		const { fn, attempts } = flaky(9, () => new RangeError(`down ${++n}`));
		const t = testRun(one(fn, { retry: { attempts: 3, delay: 10 } }, CAUGHT), [], { restart });
		await t.advance('1 hour');
		expect(await t.result()).toEqual(['RangeError', 'down 3']);
		expect(attempts()).toEqual([1, 2, 3]);
	});

	it('without a delay follows at once', async () => {
		const { fn, attempts } = flaky(2);
		const t = testRun(one(fn, { retry: { attempts: 3, delay: 0 } }), [], { restart });
		expect(await t.result()).toBe('up');
		expect(attempts()).toEqual([1, 2, 3]);
	});

	it('is for errors that its policy says it is for', async () => {
		const asked: unknown[] = [];
		const when = (error: unknown) => {
			asked.push((error as Error).name);
			return error instanceof RangeError;
		};
		let n = 0;
		const { fn, attempts } = flaky(9, () => (++n < 3 ? new RangeError('again') : new TypeError('for good')));
		const t = testRun(one(fn, { retry: { attempts: 9, delay: 0, when } }, CAUGHT), [], { restart });
		expect(await t.result()).toEqual(['TypeError', 'for good']);
		expect(asked).toEqual(['RangeError', 'RangeError', 'TypeError']);
		expect(attempts()).toEqual([1, 2, 3]);
	});

	it('a policy whose own function fails ends the effect with that', async () => {
		const { fn } = flaky(9);
		const when = () => {
			throw new SyntaxError('in when');
		};
		const t = testRun(one(fn, { retry: { attempts: 9, when } }, CAUGHT), [], { restart });
		expect(await t.result()).toEqual(['SyntaxError', 'in when']);
		const promised = (async () => false) as never;
		const other = testRun(one(fn, { retry: { attempts: 9, when: promised } }, CAUGHT), [], { restart });
		expect(await other.result()).toEqual(['InvalidPolicyError', expect.stringContaining('retry.when gave a promise')]);
	});

	it('never follows NonRetryableError, nor a changed argument', async () => {
		const final = flaky(9, () => new NonRetryableError('card stolen'));
		const when = vi.fn(() => true);
		const t = testRun(one(final.fn, { retry: { attempts: 5, delay: 0, when } }, CAUGHT), [], { restart });
		expect(await t.result()).toEqual(['NonRetryableError', 'card stolen']);
		expect(final.attempts()).toEqual([1]);
		expect(when).not.toHaveBeenCalled();
		let calls = 0;
		const mutating = async (list: number[]) => void list.push(++calls);
		await expect(
			testRun(one(mutating, { retry: { attempts: 5, delay: 0 } }), [[0]], { restart }).result(),
		).rejects.toThrow(/changed 'arguments\[0\]/);
		expect(calls).toBe(1);
	});

	it('each attempt gets the arguments as they were', async () => {
		const got: unknown[] = [];
		const fn = async (list: number[]) => {
			got.push(structuredClone(list));
			list.push(9);
			if (got.length < 3) throw new Error('again');
			list.pop();
			return list;
		};
		expect(await testRun(one(fn, { retry: { attempts: 3, delay: 0 } }), [[1]], { restart }).result()).toEqual([1]);
		expect(got).toEqual([[1], [1], [1]]);
	});

	it('an attempt that takes too long has its signal aborted, and is repeated like one that failed', async () => {
		const signals: AbortSignal[] = [];
		const fn = async () => {
			const { signal, attempt } = currentEffect();
			signals.push(signal);
			if (attempt < 3) await sleep('1 hour');
			return attempt;
		};
		const policy = { timeout: '10 s', retry: { attempts: 3, delay: '1 s', factor: 1 } } as const;
		const t = testRun(one(fn, policy), [], { restart, now: START });
		expect(await t.next()).toMatchObject({ status: 'sleeping', until: new Date('2030-01-01T00:00:10Z') });
		expect(signals[0]!.aborted).toBe(false);
		await t.advance('22 s');
		expect(await t.result()).toBe(3);
		expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
		expect(signals[0]!.reason).toSatisfy(TimeoutError.is);
	});

	it('the last time-out is thrown', async () => {
		const policy = { name: 'slow one', timeout: '10 s' } as const;
		const t = testRun(
			one(() => sleep('1 hour'), policy, CAUGHT),
			[],
			{ restart },
		);
		await t.advance('10 s');
		expect(await t.result()).toEqual([
			'TimeoutError',
			expect.stringMatching(/^the effect 'slow one' \(subject\.ts:2:\d+\) took longer than 10 s\.$/),
		]);
	});

	it('branches are repeated each for itself, with keys of their own', async () => {
		const seen = new Map<string, Set<string>>();
		const fn = async (name: string) => {
			const { key, attempt } = currentEffect();
			seen.set(name, (seen.get(name) ?? new Set()).add(key));
			if (attempt <= name.length) throw new Error(name);
			return name + attempt;
		};
		const source = `import { act } from 'world';
			export async function main() { "use durable"; return await Promise.all([act('a'), act('bb'), ['ccc'].map((x) => act(x))[0]]); }`;
		const t = testRun(one(fn, { retry: { attempts: 4, delay: '1 s', jitter: true } }, source), [], { restart });
		await t.advance('1 minute');
		expect(await t.result()).toEqual(['a2', 'bb3', 'ccc4']);
		expect([...seen.values()].map(({ size }) => size)).toEqual([1, 1, 1]);
		expect(new Set([...seen.values()].flatMap((keys) => [...keys])).size).toBe(3);
	});
});

test('jitter takes up to a half off each delay, of each effect and attempt another part, and the same each time', () => {
	const fn = effect(async () => {}, { retry: { attempts: 9, delay: 1000, factor: 2, maxDelay: 4000, jitter: true } });
	const delayOf = (key: string, failures: number) =>
		retryDelay(policyOf(fn), { key, name: 'fn', failures, error: new Error('down') })!;
	for (const [failures, full] of [1000, 2000, 4000, 4000].entries()) {
		const delays = Array.from({ length: 400 }, (_, i) => delayOf(`key-${i}`, failures));
		expect(Math.min(...delays)).toBeGreaterThanOrEqual(full / 2);
		expect(Math.min(...delays)).toBeLessThan(full * 0.52);
		expect(Math.max(...delays)).toBeLessThanOrEqual(full);
		expect(Math.max(...delays)).toBeGreaterThan(full * 0.98);
		expect(new Set(delays).size).toBeGreaterThan(200);
	}
	expect(delayOf('key', 2) / 4000).not.toBe(delayOf('key', 3) / 4000);
	expect(delayOf('key', 2)).toBe(delayOf('key', 2));
});

test.each(['gives', 'throws'])('the time-out of an attempt that %s holds the process no longer', async (way) => {
	const timers = new Set<number>();
	const clock: Clock = {
		now: () => 0,
		timer(at) {
			timers.add(at);
			return () => timers.delete(at);
		},
	};
	const fn = effect(async () => {}, { timeout: 5000 });
	const call = {
		key: 'k', effectKey: 'k', attempt: 1, failures: 0, name: 'fn', at: '', runId: 'r',
		transaction: () => null,
		policy: () => policyOf(fn),
		invoke: async () => {
			expect([...timers]).toEqual([]);
			await null;
			expect([...timers]).toEqual([5000]);
			if (way === 'throws') throw new Error('down');
		},
	}; // biome-ignore format: facts
	expect(await performEffect(call, new AbortController().signal, { own: clock })).toMatchObject({
		ok: way === 'gives',
	});
	expect([...timers]).toEqual([]);
});

describe('a retry delay', () => {
	const program = (fn: (...args: any[]) => Promise<unknown>, delay: EffectPolicy['timeout'] = '1 minute') =>
		one(fn, { retry: { attempts: 3, delay: delay! } });

	it('is carried by the bytes of a parked run, and goes on where it stood', async () => {
		const { fn, attempts } = flaky(1);
		const park = new AbortController();
		const main = program(fn, 200);
		const checkpoints: Continuation<unknown>[] = [];
		const outcome = await run(main, [], {
			park: park.signal,
			onCheckpoint: (c) => {
				checkpoints.push(c);
				if (checkpoints.length === 2) park.abort();
			},
		});
		if (outcome.status !== 'parked') throw new Error(outcome.status);
		expect(outcome.continuation.wakeAt).toBeInstanceOf(Date);
		expect(outcome.continuation.inspect().pending).toMatchObject([
			{ kind: 'effect', name: 'act', until: outcome.continuation.wakeAt },
		]);
		const until = outcome.continuation.wakeAt!.getTime();
		const restored = Continuation.fromBytes(outcome.continuation.toBytes());
		expect(await restored.continue()).toMatchObject({ status: 'completed', value: 'up' });
		expect(Date.now()).toBeGreaterThanOrEqual(until);
		expect(attempts()).toEqual([1, 2]);
	});

	it('ends with a cancellation, which is told what the attempt failed with', async () => {
		for (const restart of WAYS) {
			const { fn, attempts } = flaky(9, () => new RangeError('declined'));
			const caught: CancelledError[] = [];
			const main = loadMain(
				`import { act, note } from 'world'; export async function main() { "use durable"; try { await act(); } catch (error) { note(error); throw error; } }`,
				{
					act: effect(fn, { name: 'charge', key: () => 'order-1', retry: { attempts: 3, delay: '1 minute' } }),
					note: (error: CancelledError) => void caught.push(error),
				},
			);
			const t = testRun(main, [], { restart });
			await t.advance('59 s');
			expect(await t.cancel('enough')).toMatchObject({ status: 'cancelled', reason: 'enough' });
			expect(caught[0]).toMatchObject({
				reason: 'enough',
				effect: { name: 'charge', key: 'order-1', outcome: { error: { message: 'declined' } } },
			});
			expect(attempts()).toEqual([1]);
			expect(t.log[0]).toMatchObject({ name: 'charge', state: 'executed', attempt: 1, outcome: { error: {} } });
			expect(t.pending).toEqual([]);
		}
	});

	it('of an effect that clean-up awaits goes on', async () => {
		const { fn, attempts } = flaky(2);
		const main = loadMain(
			`import { sleep } from '@perdure/runtime'; import { act, note } from 'world';
			export async function main() { "use durable"; try { await sleep('1 day'); } finally { note(await act()); } }`,
			{ act: effect(fn, { retry: { attempts: 3, delay: '1 minute' } }), note: (up: unknown) => expect(up).toBe('up') },
		);
		const t = testRun(main, []);
		await t.next();
		expect(await t.cancel()).toMatchObject({ status: 'sleeping' });
		await t.cancel('again');
		expect(await t.advance('3 minutes')).toMatchObject({ status: 'cancelled', reason: undefined });
		expect(attempts()).toEqual([1, 2, 3]);
	});

	it('of what nobody waits for is over with the run', async () => {
		const { fn, attempts } = flaky(9);
		const main = loadMain(
			`import { sleep } from '@perdure/runtime'; import { act } from 'world';
			export async function main() { "use durable"; const left = act(); await sleep('30 s'); return 'done'; }`,
			{ act: effect(fn, { retry: { attempts: 3, delay: '1 minute' } }) },
		);
		const t = testRun(main, []);
		await t.advance('1 hour');
		expect(await t.result()).toBe('done');
		expect(attempts()).toEqual([1]);
	});
});

describe('a cancelled effect', () => {
	it('is waited for as long as its policy says', async () => {
		for (const [cancelGrace, wait] of [
			['1 s', 1000],
			[undefined, 10_000],
		] as const) {
			const main = one(() => sleep('1 hour'), { cancelGrace });
			const t = testRun(main, [], { now: START });
			await t.next();
			expect(await t.cancel()).toMatchObject({ status: 'sleeping', until: new Date(START.getTime() + wait) });
			expect(await t.advance(wait)).toMatchObject({ status: 'cancelled' });
		}
	});

	it('is not repeated when it then fails', async () => {
		const seen: number[] = [];
		const fn = async () => {
			seen.push(currentEffect().attempt);
			await sleep('5 s');
			throw new Error('late');
		};
		const main = loadMain(
			`import { act } from 'world'; export async function main() { "use durable"; try { await act(); } catch (e) { return e.effect.outcome.error.message; } }`,
			{ act: effect(fn, { retry: { attempts: 3, delay: 0 } }) },
		);
		const t = testRun(main, []);
		await t.next();
		await t.cancel();
		await t.advance('5 s');
		expect(await t.result()).toBe('late');
		expect(seen).toEqual([1]);
	});
});

describe("interrupted: 'throw'", () => {
	const checkpointed = async (policy: EffectPolicy, calls: number[]): Promise<Continuation<unknown>[]> => {
		const fn = async () => {
			calls.push(currentEffect().attempt);
			if (calls.length === 1) throw new Error('the first fails');
			return 'done';
		};
		const main = loadMain(
			`import { act } from 'world'; export async function main() { "use durable"; try { return await act(); } catch (error) { return [error.name, error.effect, error.key, error.attempt]; } }`,
			{ act: effect(fn, { ...policy, name: 'charge', key: () => 'k', retry: { attempts: 2, delay: 1 } }) },
		);
		const kept: Continuation<unknown>[] = [];
		expect(
			await run(main, [], { onCheckpoint: (c) => void kept.push(Continuation.fromBytes(c.toBytes())) }),
		).toMatchObject({
			status: 'completed',
			value: 'done',
		});
		calls.length = 0;
		return kept;
	};

	it('an effect that may have begun is not performed again', async () => {
		const calls: number[] = [];
		// Issued; failed once and waiting; issued again.
		const [issued, waiting, again] = await checkpointed({ interrupted: 'throw' }, calls);
		const interrupted = (attempt: number) => ({ value: ['EffectInterruptedError', 'charge', 'k', attempt] });
		expect(await issued!.continue()).toMatchObject(interrupted(1));
		expect(await again!.continue()).toMatchObject(interrupted(2));
		expect(calls).toEqual([]);
		// Between two attempts none is in flight.
		calls.push(0);
		expect(await waiting!.continue()).toMatchObject({ value: 'done' });
		expect(calls).toEqual([0, 2]);
	});

	it('a fork is another effect, none of which has begun', async () => {
		const calls = [0];
		const [issued] = await checkpointed({ interrupted: 'throw' }, calls);
		calls.push(0);
		expect(await issued!.fork().continue()).toMatchObject({ value: 'done' });
		expect(calls).toEqual([0, 1]);
	});

	it('without it another attempt is made', async () => {
		const calls: number[] = [];
		const [issued, , again] = await checkpointed({}, calls);
		calls.push(0);
		expect(await issued!.continue()).toMatchObject({ value: 'done' });
		expect(await again!.continue()).toMatchObject({ value: 'done' });
		expect(calls).toEqual([0, 2, 3]);
	});

	it('a run that was parked has not begun what it was to issue', async () => {
		const { fn, attempts } = flaky(0);
		const park = new AbortController();
		park.abort();
		const outcome = await run(one(fn, { interrupted: 'throw' }), [], { park: park.signal });
		if (outcome.status !== 'parked') throw new Error(outcome.status);
		expect(await Continuation.fromBytes(outcome.continuation.toBytes()).continue()).toMatchObject({ value: 'up' });
		expect(attempts()).toEqual([1]);
	});
});

describe('key and name', () => {
	it('are those of the policy', async () => {
		const { fn, seen } = flaky(1);
		const key = vi.fn((order: { id: number }, ...rest: unknown[]) => `order-${order.id}-${rest.length}`);
		const t = testRun(one(fn, { key, name: 'charge card', retry: { attempts: 2, delay: 0 } }), [{ id: 7 }, 1, 2]);
		await t.result();
		expect(seen).toEqual([
			{ key: 'order-7-2', attempt: 1 },
			{ key: 'order-7-2', attempt: 2 },
		]);
		expect(key).toHaveBeenCalledTimes(1);
		expect(t.log[0]!.name).toBe('charge card');
	});

	it('two effects under one key are two effects', async () => {
		const { fn } = flaky(0);
		const source = `import { act } from 'world'; export async function main() { "use durable"; return await Promise.all([act(1), act(2)]); }`;
		expect(await testRun(one(fn, { key: () => 'same' }, source), []).result()).toEqual([1, 2]);
	});

	it.each([
		['', 'an empty text'],
		[undefined, 'a value of type undefined'],
	])('a key that is none (%j) is thrown at the await', async (key, given) => {
		const { fn, seen } = flaky(0);
		const main = one(fn, { key: (() => key) as () => string });
		const error = await testRun(main, [])
			.result()
			.catch((e) => e);
		expect(InvalidPolicyError.is(error)).toBe(true);
		expect((error as Error).message).toBe(
			`the policy of the effect 'act' cannot be followed: its key gave ${given} where a text is due.`,
		);
		expect(seen).toEqual([]);
	});
});

describe('where an effect is called', () => {
	const world = () => {
		const calls: string[] = [];
		const tried = async (name: string) => {
			const { attempt } = currentEffect();
			calls.push(`${name}${attempt}`);
			if (attempt < 3) throw new Error('again');
			return name.toUpperCase();
		};
		const act = effect(tried, { retry: { attempts: 3, delay: '1 s', factor: 1 } });
		class Till {
			declare act: typeof act;
		}
		Till.prototype.act = act;
		serializable(Till, undefined, { id: 'test#Till' });
		return { calls, act, Till, api: { act, deep: { act } }, twice: (name: string) => [act(name), act(`${name}2`)] };
	};
	const CALLS = {
		'without await': `const p = act('a'); note('issued'); return await p;`,
		'as a method of a module binding': `const p = api.deep.act('a'); note('issued'); return await p;`,
		'as a method of a saved value': `const till = new Till(); const p = till.act('a'); note('issued'); return await p;`,
		'by a computed key of a saved value': `const k = 'act'; const till = new Till(); const p = till[k]('a'); note('issued'); return await p;`,
		'as the root of a chain': `note('issued'); return await act('a').then((x) => x).finally(() => {});`,
		'in a closure that foreign code calls': `const ps = ['a'].map((x) => act(x)); note('issued'); return (await Promise.all(ps))[0];`,
		optionally: `const p = act?.('a'); note('issued'); return await p;`,
		'with a spread': `const p = act(...['a']); note('issued'); return await p;`,
		'in Promise.race': `note('issued'); return await Promise.race([act('a'), new Promise(() => {})]);`,
		assigned: `let p = null; p ??= act('a'); note('issued'); return await p;`,
	};
	it.each(Object.entries(CALLS))('%s it is dispatched after the turn, by its policy', async (_, body) => {
		for (const restart of WAYS) {
			const { calls, ...imports } = world();
			const note = (text: string) => void calls.push(text);
			const main = loadMain(
				`import { act, api, note, Till } from 'world'; export async function main() { "use durable"; ${body} }`,
				{ ...imports, note },
			);
			const t = testRun(main, [], { restart });
			await t.advance('2 s');
			expect(await t.result()).toBe('A');
			expect(calls).toEqual(['issued', 'a1', 'a2', 'a3']);
			expect(t.log).toMatchObject([{ kind: 'effect', state: 'executed', outcome: { value: 'A' } }]);
			expect(t.log[0]!.args.at(-1)).toBe('a');
		}
	});

	it('inside what foreign code does in the turn it works while hot, and is refused where its callee could not be found again', async () => {
		const { calls, ...imports } = world();
		const source = `import { twice } from 'world'; export async function main() { "use durable"; const both = twice('a'); return await Promise.all(both); }`;
		expect(
			await testRun(loadMain(source, imports), [], { restart: 'never' })
				.result()
				.catch((e) => e.code),
		).toBe('PD3010');
		expect(calls).toEqual([]);
	});

	it('inside another effect, and outside any run, it is a plain call', async () => {
		const inner = vi.fn(async (x: number) => x + 1);
		const act = effect(inner, { timeout: 1, retry: { attempts: 5 } });
		expect(await act(1)).toBe(2);
		inner.mockRejectedValueOnce(new Error('once'));
		await expect(act(1)).rejects.toThrow('once');
		const outer = async (x: number) => [await act(x)];
		const main = loadMain(
			`import { outer } from 'world'; export async function main(x) { "use durable"; return await outer(x); }`,
			{ outer },
		);
		const t = testRun(main, [4]);
		expect(await t.result()).toEqual([5]);
		expect(t.log.map(({ name }) => name)).toEqual(['outer']);
		expect(await main(4)).toEqual([5]);
	});

	it('a durable function that is declared to be one is performed as a whole', async () => {
		const { work } = load(
			`import { act } from 'world'; export async function work(x) { "use durable"; return [await act(x), await act(x)]; }`,
			{ act: async (x: number) => x },
		);
		const t = testRun(one(work as never), [3]);
		expect(await t.result()).toEqual([3, 3]);
		expect(t.log).toHaveLength(1);
	});
});

describe('replace', () => {
	const real = vi.fn(async (x: number): Promise<string> => `real ${x}`);
	const act = effect(real, { retry: { attempts: 3, delay: 0 } });

	it.each([
		['the effect', act],
		['the function it was declared of', real],
	])('matches %s; the policy holds for the stand-in', async (_, fn) => {
		const keys: string[] = [];
		const by = async (x: number) => {
			keys.push(currentEffect().key);
			if (keys.length < 3) throw new Error('again');
			return `by ${x}`;
		};
		const main = loadMain(ONE, { act });
		expect(await testRun(main, [1], { handlers: [replace(fn, by)] }).result()).toBe('by 1');
		expect(new Set(keys).size).toBe(1);
		const outcome: Outcome<unknown> = await run(main, [1], { handlers: [replace(fn, () => 'plain')] });
		expect(outcome).toMatchObject({ status: 'completed', value: 'plain' });
		expect(real).not.toHaveBeenCalled();
	});

	it('prefers what is said of the effect to what is said of its function, and of two the later', async () => {
		const main = loadMain(ONE, { act });
		const ofEffect = replace(act, () => 'effect');
		const ofFunction = replace(real, () => 'function');
		for (const handlers of [
			[ofEffect, ofFunction],
			[ofFunction, ofEffect],
			[replace(act, () => 'former'), ofEffect],
		]) {
			expect(await run(main, [1], { handlers })).toMatchObject({ value: 'effect' });
		}
	});

	it('matches a call that was not awaited', async () => {
		const main = loadMain(
			`import { act } from 'world'; export async function main() { "use durable"; const p = act(1); return await p; }`,
			{ act },
		);
		expect(await testRun(main, [], { handlers: [replace(act, () => 'by')] }).result()).toBe('by');
	});

	it('matches the first call of a chain, whether the stand-in gives a promise or not', async () => {
		const get = async (_: string): Promise<{ json(): Promise<unknown> }> => {
			throw new Error('no network');
		};
		const source = `import { get } from 'world'; export async function main() { "use durable"; return await get('u').then((r) => r.json()); }`;
		const response = { json: async () => ({ ok: true }) };
		for (const by of [() => response, async () => response]) {
			const t = testRun(loadMain(source, { get }), [], { handlers: [replace(get, by)] });
			expect(await t.result()).toEqual({ ok: true });
			expect(t.log).toHaveLength(1);
		}
	});

	it('matches a method that a chain ends with', async () => {
		class Query {
			readonly parts: string[];
			constructor(...parts: string[]) {
				this.parts = parts;
			}
			where(part: string) {
				return new Query(...this.parts, part);
			}
			async run(limit: number): Promise<string[]> {
				throw new Error(`no database ${limit}`);
			}
		}
		const db = { table: (name: string) => new Query(name), query: new Query('q') };
		const source = `import { db } from 'world'; export async function main() { "use durable"; return [await db.table('t').where('x').run(2), await db.query.run(3)]; }`;
		function by(this: Query, limit: number) {
			return [...this.parts, `${limit}`];
		}
		const t = testRun(loadMain(source, { db }), [], { handlers: [replace(Query.prototype.run, by as never)] });
		expect(await t.result()).toEqual([
			['t', 'x', '2'],
			['q', '3'],
		]);
		const tables = [replace(db.table, (name) => new Query('other', name)), replace(Query.prototype.run, by as never)];
		expect(await testRun(loadMain(source, { db }), [], { handlers: tables }).result()).toEqual([
			['other', 't', 'x', '2'],
			['q', '3'],
		]);
	});
});

describe('a definition', () => {
	it('keeps the type, name, length and properties of the function', () => {
		const named = async (_a: number, _b: string): Promise<Date> => new Date();
		const fn = Object.assign(named, { version: 3 });
		const act = effect(fn, { key: (a, b) => `${a.toFixed()}${b.trim()}` });
		expectTypeOf(act).toEqualTypeOf(fn);
		expect([act.name, act.length, act.version]).toEqual(['named', 2, 3]);
		expect(act).not.toBe(fn);
	});

	it('of an effect says again what it says', async () => {
		const { fn, seen } = flaky(2);
		const base = effect(fn, { name: 'base', retry: { attempts: 3, delay: 0 } });
		const t = testRun(loadMain(ONE, { act: effect(base, { name: 'special' }) }), []);
		expect(await t.result()).toBe('up');
		expect(seen).toHaveLength(3);
		expect(t.log[0]!.name).toBe('special');
	});

	it.each([
		[{ retry: { attempts: 0 } }, 'retry.attempts is to be a whole number from 1, or Infinity'],
		[{ retry: { attempts: 1.5 } }, 'retry.attempts'],
		[{ retry: {} }, 'retry.attempts'],
		[{ retry: 3 }, 'retry is to be an object'],
		[{ retry: { attempts: 2, factor: 0.5 } }, 'retry.factor is to be a number from 1'],
		[{ retry: { attempts: 2, factor: Number.NaN } }, 'retry.factor'],
		[{ retry: { attempts: 2, jitter: 1 } }, 'retry.jitter'],
		[{ retry: { attempts: 2, when: 'always' } }, 'retry.when'],
		[{ retry: { attempts: 2, backoff: 2 } }, "it has no 'retry.backoff'"],
		[{ retries: 3 }, "it has no 'retries'"],
		[{ name: '' }, 'name is to be a text that is not empty'],
		[{ key: 'k' }, 'key is to be a function'],
		[{ interrupted: 'ignore' }, "interrupted is to be 'reissue' or 'throw'"],
	])('%j is refused', (policy, problem) => {
		const charge = async () => {};
		const define = () => effect(charge, policy as unknown as EffectPolicy);
		expect(define).toThrow(problem);
		expect(define).toThrow(/^the policy of the effect 'charge' cannot be followed: /);
	});

	it.each([
		{ timeout: 'soon' },
		{ timeout: -1 },
		{ cancelGrace: Number.NaN },
		{ retry: { attempts: 2, delay: '1 fortnight' } },
		{ retry: { attempts: 2, maxDelay: '' } },
	])('%j is no duration', (policy) => {
		expect(() => effect(async () => {}, policy as EffectPolicy)).toThrow(InvalidDurationError);
	});

	test('of what is no function', () => {
		expect(() => effect(3 as never)).toThrow(TypeError);
	});
});

test('EffectInterruptedError is known by its brand', () => {
	expect(EffectInterruptedError.is(new EffectInterruptedError({ effect: 'a', key: 'k', attempt: 1 }))).toBe(true);
});

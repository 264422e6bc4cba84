/** @perdure/testing, as its users see it. The project's own tests use it too: way 'restored' of support/execute.ts. */
import {
	AmbiguousResumeError,
	CancelledError,
	currentEffect,
	NotSerializableError,
	NotSuspendedError,
	replace,
	resource,
	sleep,
} from '@perdure/runtime';
import { NotSettledError, testRun } from '@perdure/testing';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { load, loadMain } from './runtime/run/program.ts';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const perdure = `import { currentRun, receive, setProgress, sleep, suspend } from '@perdure/runtime';`;
const START = new Date('2030-01-01T00:00:00Z');

/** An order that is reminded twice, may be called off, and is paid by effects. */
const shop = { charge: async (amount: number): Promise<string> => `charged ${amount}` };
const loadOrder = () =>
	loadMain(
		`${perdure} import { charge } from 'world';
	export async function main(total) { "use durable";
		const seen = [];
		for (let day = 1; day <= 2; day++) { await sleep('1 day'); seen.push('reminded ' + day); }
		const answer = await suspend({ pay: total }, { timeout: '1 week' });
		if (!answer) return { seen, paid: null };
		const paid = await Promise.all([charge(total), charge(answer.tip)]);
		return { seen, paid };
	}`,
		{ charge: (amount: number) => shop.charge(amount) },
	);

describe('the driver', () => {
	test('moves a run from sleep to answer to result without real time', async () => {
		const t = testRun(loadOrder(), [40], { now: START });
		expect(t.status).toBe('ready');
		expect(await t.next()).toMatchObject({ status: 'sleeping', until: new Date('2030-01-02T00:00:00Z') });
		expect(await t.advance('3 days')).toMatchObject({ status: 'suspended', value: { pay: 40 } });
		expect(t.now).toEqual(new Date('2030-01-04T00:00:00Z'));
		expect(t.suspensions).toMatchObject([{ value: { pay: 40 }, since: new Date('2030-01-03T00:00:00Z') }]);
		expect(await t.resume({ tip: 2 })).toMatchObject({ status: 'completed' });
		expect(await t.result()).toEqual({ seen: ['reminded 1', 'reminded 2'], paid: ['charged 40', 'charged 2'] });
		expect(t.log.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
			'sleep sleep',
			'sleep sleep',
			'suspend suspend',
			'effect charge',
			'effect charge',
		]);
	});

	test('takes calls one after the other, awaited or not', async () => {
		const t = testRun(loadOrder(), [40]);
		t.advance('2 days');
		t.resume({ tip: 2 });
		expect(await t.result()).toMatchObject({ paid: ['charged 40', 'charged 2'] });
	});

	test('next tells the same until something moves it', async () => {
		const t = testRun(loadOrder(), [40], { now: START });
		const first = await t.next();
		expect({ ...(await t.next()), continuation: null }).toEqual({ ...first, continuation: null });
		expect(t.status).toBe('sleeping');
	});

	test('types come from the function', () => {
		const f = async (_id: string, _count: number): Promise<{ ok: boolean }> => ({ ok: true });
		const check = () => testRun(f, ['a', 1]);
		expectTypeOf(check).returns.toHaveProperty('result').returns.resolves.toEqualTypeOf<{ ok: boolean }>();
		// @ts-expect-error an argument of the wrong type
		const wrong = () => testRun(f, ['a', 'b']);
		expect(wrong).toThrow(/^'f' .*is not a durable function/);
	});

	test('a function without the directive, or not compiled, is refused at once', () => {
		expect(() => testRun(async () => 1, [])).toThrow(/is not a durable function/);
		const plain = async () => {
			'use durable';
		};
		expect(() => testRun(plain, [])).toThrow(/was not compiled/);
	});

	test('errors and cancellation of the run come out of result', async () => {
		const main = loadMain(`${perdure}
			export async function main() { "use durable";
				try { await suspend('a'); } finally { setProgress('cleaned up'); await sleep('1 minute'); }
			}`);
		const failing = testRun(main, []);
		await failing.throw(new RangeError('no'));
		expect(failing.progress).toBe('cleaned up');
		expect(await failing.advance('1 minute')).toMatchObject({ status: 'failed' });
		await expect(failing.result()).rejects.toThrow(RangeError);

		const cancelled = testRun(main, []);
		expect(await cancelled.cancel('changed my mind')).toMatchObject({ status: 'sleeping' });
		expect(await cancelled.advance('1 minute')).toMatchObject({ status: 'cancelled', reason: 'changed my mind' });
		await expect(cancelled.result()).rejects.toSatisfy(CancelledError.is);
		expect(await cancelled.cancel('again')).toMatchObject({ reason: 'changed my mind' });
	});

	test('messages are kept until they are asked for', async () => {
		const main = loadMain(`${perdure}
			export async function main() { "use durable"; const a = await suspend(); return [a, await receive('paid'), await receive('paid')]; }`);
		const t = testRun(main, []);
		await t.send('paid', { by: 'ada' });
		expect(await t.resume('a')).toMatchObject({ status: 'suspended', value: undefined });
		await t.send('paid', 2);
		expect(await t.result()).toEqual(['a', { by: 'ada' }, 2]);
	});

	test('what a standing hands out goes on by itself', async () => {
		const t = testRun(loadOrder(), [40], { now: START });
		const standing = await t.advance('2 days');
		await t.resume({ tip: 1 });
		if (standing.status !== 'suspended') throw new Error(standing.status);
		expect(await standing.continuation.resume(null)).toMatchObject({ status: 'completed', value: { paid: null } });
	});
});

describe('when it is not where the test takes it to be', () => {
	test('result says what the run waits for', async () => {
		const t = testRun(loadOrder(), [40], { now: START });
		const sleeping = (await t.result().catch((error) => error)) as NotSettledError;
		expect(NotSettledError.is(sleeping)).toBe(true);
		expect(sleeping.message).toMatch(
			/^run 'test' has not ended: it sleeps until 2030-01-02T00:00:00.000Z \(.+:4:\d+\)\.$/,
		);
		expect(sleeping.code).toBe('PD10018');
		await t.advance('2 days');
		await expect(t.result()).rejects.toThrow(/it waits for an answer to { pay: 40 } \(.+\), until 2030-01-10T/);
	});

	test('resume says what the run waits for instead', async () => {
		const t = testRun(loadOrder(), [40], { now: START });
		const error = await t.resume({ tip: 1 }).catch((e) => e);
		expect(NotSuspendedError.is(error)).toBe(true);
		expect(error.message).toMatch(/^run 'test' waits for no answer: it sleeps until 2030-01-02/);
		await t.advance('2 days');
		await t.resume(null);
		await expect(t.resume(1)).rejects.toThrow(/waits for no answer: it has completed with { seen: /);
		await expect(t.resume(1, { suspension: 'x' })).rejects.toThrow(/does not wait at the suspension 'x'/);
	});

	test.each(['too bad', 'too bad.'])('what a failed run failed with is the cause: %s', async (message) => {
		const main = loadMain(`export async function main() { "use durable"; throw new TypeError('${message}'); }`);
		const error = (await testRun(main, [])
			.resume()
			.catch((e) => e)) as NotSuspendedError;
		expect(error.message).toMatch(/it has failed with TypeError: too bad\.$/);
		expect(error.cause).toBeInstanceOf(TypeError);
	});

	test('a message, an effect, several answers', async () => {
		const main = loadMain(
			`${perdure} import { hang } from 'world';
			export async function main() { "use durable"; return await Promise.all([receive('paid'), suspend(1), suspend(2), hang()]); }`,
			{
				hang: () => new Promise(() => {}),
			},
		);
		const t = testRun(main, [], { patience: 10 });
		await expect(t.result()).rejects.toThrow(/the message 'paid' .*an answer to 1 .*an answer to 2 .*the effect hang/);
		await expect(t.resume(1)).rejects.toSatisfy(AmbiguousResumeError.is);
		const [, one, two] = t.suspensions;
		await t.resume('one', { suspension: one!.id });
		await t.resume('two', { suspension: two!.id });
		expect(await t.send('paid', 3)).toMatchObject({ status: 'running', effects: [{ kind: 'effect', name: 'hang' }] });
		expect(t.pending[0]!.at).toMatch(/^subject\.ts:\d+:\d+$/);
	});

	test('an answer that cannot be saved is refused, and the run waits on', async () => {
		const t = testRun(loadOrder(), [40]);
		await t.advance('2 days');
		await expect(t.resume({ tip: () => 1 })).rejects.toSatisfy(NotSerializableError.is);
		expect(t.status).toBe('suspended');
	});
});

describe('restart at every await', () => {
	const program = () =>
		load(
			`${perdure} import { eff } from 'world';
		let loaded = 0;
		export async function kept() { "use durable"; const shared = { n: 0 }; const both = [shared, shared];
			const add = () => { shared.n++; }; await eff(1); add(); await eff(2); add(); return [both[0] === both[1], both[1].n]; }
		export async function held() { "use durable"; const socket = eff; await sleep('1 minute'); return typeof socket; }
		export async function native() { "use durable"; const p = [eff(1)].map((x) => x)[0]; const q = globalThis.held; return await q; }`,
			{ eff: async (n: number) => n },
		);

	test('the run is dropped and restored after each turn', async () => {
		const dropped = vi.fn();
		const t = testRun(program()['kept']!, [], { onRestart: dropped });
		expect(await t.result()).toEqual([true, 2]);
		// Three turns; the last one ends it.
		expect(t.restarts).toBe(2);
		expect(dropped).toHaveBeenCalledTimes(2);
		const never = testRun(program()['kept']!, [], { restart: 'never' });
		expect(await never.result()).toEqual([true, 2]);
		expect(never.restarts).toBe(0);
		const second = testRun(program()['kept']!, [], { restart: (turn) => turn === 2 });
		await second.result();
		expect(second.restarts).toBe(1);
	});

	test('what cannot be saved fails where it is held', async () => {
		await expect(testRun(program()['held']!, []).result()).rejects.toThrow(/'socket' is captured across an await/);
	});

	test('a native promise is only for runs that stay in memory', async () => {
		(globalThis as { held?: unknown }).held = Promise.resolve('there');
		await expect(testRun(program()['native']!, []).result()).rejects.toSatisfy(NotSerializableError.is);
		expect(await testRun(program()['native']!, [], { restart: 'never' }).result()).toBe('there');
		delete (globalThis as { held?: unknown }).held;
	});

	test('so is what foreign code resolves', async () => {
		const main = loadMain(`export async function main() { "use durable";
			const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms, 'rang')); return await wait(5); }`);
		await expect(testRun(main, []).result()).rejects.toSatisfy(NotSerializableError.is);
		expect(await testRun(main, [], { restart: 'never' }).result()).toBe('rang');
	});

	test('an effect in flight is performed once, and its outcome reaches the restored run', async () => {
		const calls: string[] = [];
		const main = loadMain(
			`${perdure} import { eff } from 'world';
			const branch = async (name) => { "use durable"; const a = await eff(name + 1); return a + await eff(name + 2); };
			export async function main() { "use durable"; return await Promise.all([branch('a'), branch('b'), branch('c')]); }`,
			{
				eff: async (name: string) => {
					calls.push(`${name} ${currentEffect().attempt}`);
					await pause(name.startsWith('b') ? 20 : 1);
					return name;
				},
			},
		);
		expect(await testRun(main, []).result()).toEqual(['a1a2', 'b1b2', 'c1c2']);
		expect(calls.sort()).toEqual(['a1 1', 'a2 1', 'b1 1', 'b2 1', 'c1 1', 'c2 1']);
	});

	test('a closure of the run lent to an effect shares its variables until the effect ends', async () => {
		const main = loadMain(
			`${perdure} import { each } from 'world';
			export async function main() { "use durable"; let sum = 0; const other = sleep('1 minute');
				await each([1, 2, 3], (n) => { sum += n; }); await other; return sum; }`,
			{
				each: async (list: number[], f: (n: number) => void) => {
					for (const n of list) {
						await null;
						f(n);
					}
				},
			},
		);
		const t = testRun(main, []);
		await t.advance('1 minute');
		expect(await t.result()).toBe(6);
	});
});

describe('time', () => {
	test('each thing happens at its time', async () => {
		const times: string[] = [];
		const note = () => void times.push('noted');
		const main = loadMain(
			`${perdure} import { note } from 'world';
			export async function main() { "use durable"; const begun = currentRun().startedAt;
				for (let i = 0; i < 3; i++) { await sleep('1 hour'); await note(); }
				return begun; }`,
			{ note },
		);
		const t = testRun(main, [], { now: START });
		await t.advance('90 minutes');
		expect(times).toHaveLength(1);
		await t.advance(new Date('2030-01-01T12:00:00Z'));
		expect(await t.result()).toEqual(START);
		const sleeps = t.log.filter(({ kind }) => kind === 'sleep');
		expect(sleeps.map(({ endedAt }) => endedAt!.getUTCHours())).toEqual([1, 2, 3]);
		expect(t.now).toEqual(new Date('2030-01-01T12:00:00Z'));
	});

	test('waits time out by it', async () => {
		const main = loadMain(`${perdure}
			export async function main() { "use durable";
				const late = await receive('news', { timeout: '1 day', otherwise: 'none' });
				try { await suspend('?', { timeout: '1 year' in {} ? 0 : '52 weeks' }); } catch (error) { return [late, error.name]; }
			}`);
		const t = testRun(main, []);
		expect(await t.next()).toMatchObject({ status: 'suspended' });
		await t.advance('1 day');
		await t.advance('52 weeks');
		expect(await t.result()).toEqual(['none', 'TimeoutError']);
	});

	test('an effect may take virtual time', async () => {
		const slow = async (_: string) => 'real';
		const main = loadMain(
			`${perdure} import { slow } from 'world';
			export async function main() { "use durable";
				return await Promise.race([slow('x'), sleep('1 minute').then(() => 'too late')]); }`,
			{ slow },
		);
		const taking = (time: '2 minutes' | '59 seconds') => [
			replace(slow, async () => {
				await sleep(time);
				return 'in time';
			}),
		];
		const late = testRun(main, [], { handlers: taking('2 minutes'), now: START });
		expect(await late.next()).toMatchObject({ status: 'sleeping', until: new Date('2030-01-01T00:01:00Z') });
		await late.advance('1 minute');
		expect(await late.result()).toBe('too late');
		const early = testRun(main, [], { handlers: taking('59 seconds'), now: START });
		await early.advance('1 minute');
		expect(await early.result()).toBe('in time');
	});

	test('an effect that never ends is given up on after the patience, once', async () => {
		const main = loadMain(
			`${perdure} import { hang } from 'world';
			export async function main() { "use durable"; return await Promise.race([hang(), sleep('1 hour').then(() => 'gave up')]); }`,
			{ hang: () => new Promise(() => {}) },
		);
		const t = testRun(main, [], { patience: 20 });
		expect(await t.next()).toMatchObject({ status: 'sleeping' });
		await t.advance('1 hour');
		expect(await t.result()).toBe('gave up');
	});

	test('a framework that fakes timers does not stop it', async () => {
		vi.useFakeTimers();
		try {
			const t = testRun(loadOrder(), [1]);
			await t.advance('2 days');
			await t.resume({ tip: 1 });
			expect(await t.result()).toMatchObject({ paid: ['charged 1', 'charged 1'] });
		} finally {
			vi.useRealTimers();
		}
	});
});

describe('seed', () => {
	const load = () =>
		loadMain(
			`import { eff } from 'world';
		export async function main() { "use durable"; const seen = []; await Promise.all(['a', 'b', 'c'].map(async (name) => { for (let i = 1; i <= 3; i++) seen.push(await eff(name + i)); })); return seen.join(' '); }`,
			{ eff: async (name: string) => name },
		);
	const outcome = (o: { seed?: number }) => testRun(load(), [], o).result();

	test('without one effects come in the order in which they end', async () => {
		expect(await outcome({})).toBe('a1 b1 c1 a2 b2 c2 a3 b3 c3');
	});

	test('the same seed draws the same order, others draw others', async () => {
		const orders = new Set<unknown>();
		for (let seed = 0; seed < 20; seed++) {
			const one = await outcome({ seed });
			expect(await outcome({ seed })).toBe(one);
			orders.add(one);
		}
		expect(orders.size).toBeGreaterThan(15);
	});
});

test('keys of effects are the same each time', async () => {
	const keys: string[] = [];
	const main = loadMain(
		`import { eff } from 'world'; export async function main() { "use durable"; await eff(); await eff(); }`,
		{
			eff: async () => void keys.push(currentEffect().key),
		},
	);
	await testRun(main, []).result();
	await testRun(main, []).result();
	expect(keys.slice(0, 2)).toEqual(keys.slice(2));
});

test('a resource is closed when the run is dropped, and opened again for the one that goes on', async () => {
	const events: string[] = [];
	class Log {
		readonly path: string;
		constructor(path: string) {
			this.path = path;
			events.push(`open ${path}`);
		}
		write(line: string) {
			events.push(line);
		}
	}
	resource(Log, {
		marshal: ({ path }) => path,
		unmarshal: (path: string) => new Log(path),
		close: ({ path }) => void events.push(`close ${path}`),
	});
	const main = loadMain(
		`${perdure} import { Log } from 'world';
		export async function main() { "use durable"; const log = new Log('a.txt'); log.write('one'); await sleep('1 hour'); log.write('two'); await sleep('1 hour'); return log.path; }`,
		{ Log },
	);
	const t = testRun(main, []);
	await t.advance('2 hours');
	expect(await t.result()).toBe('a.txt');
	const reopened = ['close a.txt', 'open a.txt'];
	expect(events).toEqual(['open a.txt', 'one', ...reopened, 'two', ...reopened, 'close a.txt']);
});

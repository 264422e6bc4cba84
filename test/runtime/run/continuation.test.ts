/** Continuations: immutable, resumed any number of times, each an independent copy (api.md). */
import { Continuation, run } from '@perdure/runtime';
import { expect, test, vi } from 'vitest';
import { load, loadMain } from './program.ts';

const ASK = `
	import { suspend, receive } from '@perdure/runtime';
	import { eff } from 'world';
	export async function main(x) { "use durable";
		const seen = [x];
		seen.push(await suspend({ q: 1 }));
		seen.push(await eff(seen.length));
		seen.push(await suspend({ q: 2 }));
		return seen;
	}`;

async function asked(world: object = { eff: async (n: number) => n }) {
	const outcome = await run(loadMain(ASK, world), ['x'], { id: 'r' });
	if (outcome.status !== 'suspended') throw new Error(outcome.status);
	return outcome.continuation;
}

async function suspended(pending: Promise<Awaited<ReturnType<typeof run>>>) {
	const outcome = await pending;
	if (outcome.status !== 'suspended') throw new Error(outcome.status);
	return outcome;
}

test('what it tells: ids, suspensions, value, no time', async () => {
	const c = await asked();
	expect(c).toMatchObject({ functionId: 'perdure/subject#main', runId: 'r', wakeAt: null });
	expect(c.suspensions).toMatchObject([{ id: expect.any(String), value: { q: 1 }, since: expect.any(Date) }]);
	const again = await suspended(c.resume('a') as never);
	expect(again.id).toBe(again.continuation.suspensions[0]!.id);
	expect(again.value).toEqual({ q: 2 });
	expect(again.id).not.toBe(c.suspensions[0]!.id);
});

test('resumed twice, in turn or at once, the copies share nothing', async () => {
	const c = await asked();
	const [a, b] = await Promise.all([suspended(c.resume('a') as never), suspended(c.resume('b') as never)]);
	expect(await a.continuation.resume('end')).toMatchObject({ value: ['x', 'a', 2, 'end'] });
	expect(await b.continuation.resume('end')).toMatchObject({ value: ['x', 'b', 2, 'end'] });
	expect(await suspended(c.resume('c') as never)).toMatchObject({ value: { q: 2 } });
	expect(c.suspensions[0]!.value).toEqual({ q: 1 });
});

test('nobody can change it through what it hands out or was made of', async () => {
	const c = await asked();
	const bytes = c.toBytes();
	const same = Buffer.from(bytes);
	const restored = Continuation.fromBytes(same);
	bytes.fill(0);
	same.fill(0);
	(c.suspensions[0]!.value as { q: number }).q = 99;
	(c.inspect().fibers[0]!.frames[0]!.locals as { seen: unknown[] }).seen.push('x');
	for (const each of [c, restored]) {
		expect(each.suspensions[0]!.value).toEqual({ q: 1 });
		const next = await suspended(each.resume('a') as never);
		expect(await next.continuation.resume('b')).toMatchObject({ value: ['x', 'a', 2, 'b'] });
	}
});

test('bytes are the same for the same state, and after a round trip', async () => {
	const c = await asked();
	expect(c.toBytes()).toEqual(c.toBytes());
	expect(Continuation.fromBytes(c.toBytes()).toBytes()).toEqual(c.toBytes());
});

test('keys: the same answer twice leads to the same, another to others; continue and fork', async () => {
	const { currentEffect } = await import('@perdure/runtime');
	const keys: string[] = [];
	const c = await asked({ eff: async () => void keys.push(currentEffect().key) });
	const key = async (go: () => Promise<unknown>) => {
		keys.length = 0;
		await go();
		return keys[0]!;
	};
	const a = await key(() => c.resume({ answer: 'a' }));
	expect(await key(() => c.resume({ answer: 'a' }))).toBe(a);
	expect(await key(() => Continuation.fromBytes(c.toBytes()).resume({ answer: 'a' }))).toBe(a);
	const others = [
		await key(() => c.resume({ answer: 'b' })),
		await key(() => c.resume()),
		await key(() => c.fork().resume({ answer: 'a' })),
		await key(() => c.fork({ id: 'other' }).resume({ answer: 'a' })),
		await key(async () =>
			((await c.send('m', 1)) as { continuation: Continuation<unknown> }).continuation.resume({ answer: 'a' }),
		),
	];
	expect(new Set([a, ...others]).size).toBe(6);
});

test('a fork has ids of its own and the same state', async () => {
	const c = await asked();
	const fork = c.fork({ id: 'forked' });
	expect(fork.runId).toBe('forked');
	expect(fork.suspensions[0]!.id).not.toBe(c.suspensions[0]!.id);
	await expect(fork.resume('a', { suspension: c.suspensions[0]!.id })).rejects.toMatchObject({ code: 'PD10008' });
	expect(await suspended(fork.resume('a', { suspension: fork.suspensions[0]!.id }) as never)).toMatchObject({
		value: { q: 2 },
	});
});

test('resume by id; an id that is not open; nothing open', async () => {
	const c = await asked();
	const { id } = c.suspensions[0]!;
	await expect(c.resume('a', { suspension: 'no such' })).rejects.toMatchObject({
		code: 'PD10008',
		suspension: 'no such',
	});
	const next = await suspended(c.resume('a', { suspension: id }) as never);
	await expect(next.continuation.resume('b', { suspension: id })).rejects.toMatchObject({ code: 'PD10008' });
	const receiving = loadMain(`
		import { receive } from '@perdure/runtime';
		export async function main() { "use durable"; return await receive('m'); }`);
	const waiting = await suspended(run(receiving, []) as never);
	await expect(waiting.continuation.resume('b')).rejects.toMatchObject({ code: 'PD10008' });
	await expect(waiting.continuation.throw(new Error())).rejects.toMatchObject({ code: 'PD10008' });
	expect(await waiting.continuation.send('m', { x: 1 })).toMatchObject({ status: 'completed', value: { x: 1 } });
});

test('throw: the error arrives at the suspension as a copy', async () => {
	const main = loadMain(`
		import { suspend } from '@perdure/runtime';
		export async function main() { "use durable"; try { await suspend(); } catch (e) { return e; } }`);
	const { continuation } = await suspended(run(main, []) as never);
	const error = new RangeError('refused', { cause: { why: 1 } });
	const outcome = (await continuation.throw(error)) as { value: RangeError };
	expect(outcome.value).toBeInstanceOf(RangeError);
	expect(outcome.value).not.toBe(error);
	expect(outcome.value).toMatchObject({ message: 'refused', cause: { why: 1 } });
});

test('send: buffered while the run waits for something else', async () => {
	const main = loadMain(`
		import { suspend, receive } from '@perdure/runtime';
		export async function main() { "use durable"; await suspend('q'); return [await receive('m'), await receive('m')]; }`);
	const first = await suspended(run(main, []) as never);
	const second = await suspended(first.continuation.send('m', 1) as never);
	expect(second).toMatchObject({ id: first.id, value: 'q' });
	const third = await suspended(second.continuation.send('m', 2) as never);
	expect(await third.continuation.resume()).toMatchObject({ value: [1, 2] });
	const again = await suspended(first.continuation.resume() as never);
	expect(again.value).toBe(undefined);
});

test('cancel: clean-up runs here, and a second one changes nothing', async () => {
	const clean = vi.fn(async () => {});
	const main = loadMain(
		`
		import { suspend } from '@perdure/runtime';
		import { clean } from 'world';
		export async function main() { "use durable"; try { await suspend(); } finally { await clean(); await suspend('sure?'); } }`,
		{ clean },
	);
	const { continuation } = await suspended(run(main, []) as never);
	const second = await suspended(continuation.cancel({ why: 'x' }) as never);
	expect(second.value).toBe('sure?');
	expect(clean).toHaveBeenCalledTimes(1);
	const third = await suspended(second.continuation.cancel('again') as never);
	expect(await third.continuation.resume()).toMatchObject({ status: 'cancelled', reason: { why: 'x' } });
});

test.each(['in memory', 'from bytes'])(
	'cancel of a run that failed: it is given up as it stood before (%s)',
	async (way) => {
		const done: string[] = [];
		const act = async (label: string) => {
			done.push(label);
			if (label === 'fails') throw new RangeError('no');
			return label;
		};
		const main = loadMain(
			`
		import { suspend } from '@perdure/runtime';
		import { act } from 'world';
		async function beside() { "use durable"; try { await suspend(); } finally { await act('clean beside'); } }
		export async function main(label) { "use durable";
			const other = beside();
			if (label === 'at once') throw new RangeError('no');
			try { throw new RangeError(await act(label)); }
			catch (e) {
				if (e.name === 'CancelledError') await act('clean ' + (e.effect.outcome.value ?? e.effect.outcome.error.message));
				throw e;
			}
		}`,
			{ act },
		);
		const failed = async (pending: ReturnType<typeof run>) => {
			const outcome = await pending;
			if (outcome.status !== 'failed') throw new Error(outcome.status);
			return way === 'in memory'
				? outcome.continuation
				: Continuation.fromBytes(outcome.continuation.toBytes({ log: true }));
		};
		for (const [label, told] of [
			['fails', 'no'],
			['works', 'works'],
		] as const) {
			const outcome = await (await failed(run(main, [label]))).cancel('given up');
			expect(outcome).toMatchObject({ status: 'cancelled', reason: 'given up' });
			expect(done.splice(0).sort()).toEqual(['clean beside', `clean ${told}`, label].sort());
			const entry = outcome.log.find(({ args }) => args[0] === label);
			expect(entry).toMatchObject({ state: 'executed', attempt: 1 });
		}
		if (way === 'in memory') {
			expect(await (await failed(run(main, ['at once']))).cancel(1)).toMatchObject({ status: 'cancelled', reason: 1 });
			expect(done).toEqual([]);
		}
	},
);

test('cancel of a run that failed as it was cleaning up changes nothing', async () => {
	const clean = vi.fn(async () => {
		throw new RangeError('no');
	});
	const main = loadMain(
		`
		import { suspend } from '@perdure/runtime';
		import { clean } from 'world';
		export async function main() { "use durable"; try { await suspend(); } finally { await clean(); } }`,
		{ clean },
	);
	const { continuation } = await suspended(run(main, []) as never);
	const outcome = await continuation.cancel('first');
	if (outcome.status !== 'failed') throw new Error(outcome.status);
	expect(await outcome.continuation.cancel('second')).toMatchObject({ status: 'failed', error: { message: 'no' } });
	expect(clean).toHaveBeenCalledTimes(1);
	expect(await outcome.continuation.retry()).toMatchObject({ status: 'failed' });
	expect(clean).toHaveBeenCalledTimes(2);
});

test('cancelling or sending to a checkpoint with an effect outstanding', async () => {
	const eff = vi.fn(async () => 'ran');
	const main = loadMain(
		`
		import { receive } from '@perdure/runtime';
		import { eff } from 'world';
		export async function main() { "use durable";
			try { await eff(); } catch (e) { return [e.name, e.effect.outcome]; }
			return await receive('m');
		}`,
		{ eff },
	);
	const parked = await run(main, [], { park: AbortSignal.abort() });
	if (parked.status !== 'parked') throw new Error(parked.status);
	const { continuation } = parked;
	// It was never dispatched, or by a process that is gone: its outcome is unknown, and nobody waits for it.
	expect(await continuation.cancel()).toMatchObject({ status: 'completed', value: ['CancelledError', 'unknown'] });
	expect(eff).not.toHaveBeenCalled();
	expect(await continuation.send('m', 5)).toMatchObject({ status: 'completed', value: 5 });
	expect(eff).toHaveBeenCalledTimes(1);
	await expect(continuation.resume()).rejects.toMatchObject({ code: 'PD10008' });
});

test('continue answers nothing, and fires limits that have passed', async () => {
	const main = loadMain(`
		import { suspend } from '@perdure/runtime';
		export async function main() { "use durable"; try { return await suspend('q', { timeout: 400 }); } catch (e) { return e.name; } }`);
	const { continuation } = await suspended(run(main, []) as never);
	expect(continuation.wakeAt).toBeInstanceOf(Date);
	const still = await suspended(continuation.continue() as never);
	expect(still.id).toBe(continuation.suspensions[0]!.id);
	await new Promise((r) => setTimeout(r, 410));
	expect(await continuation.continue()).toMatchObject({ status: 'completed', value: 'TimeoutError' });
});

test('fromBytes with the function checks that it is that function’s', async () => {
	const c = await asked();
	const { main } = load(ASK, { eff: async () => {} });
	expect(Continuation.fromBytes(c.toBytes(), main as never).runId).toBe('r');
	const { other } = load(`export async function other() { "use durable"; }`);
	expect(() => Continuation.fromBytes(c.toBytes(), other as never)).toThrow(/not of 'perdure\/subject#other'/);
	const uncompiled = new Function('return async function raw() { "use durable"; }')();
	expect(() => Continuation.fromBytes(c.toBytes(), uncompiled)).toThrow(expect.objectContaining({ code: 'PD5004' }));
	await expect(run(uncompiled, [])).rejects.toMatchObject({ code: 'PD5004' });
	await expect(run((async () => {}) as never, [])).rejects.toMatchObject({ code: 'PD5004' });
});

test('a failure: the error itself, and a continuation that stands before it', async () => {
	let attempts = 0;
	const main = loadMain(
		`import { eff } from 'world'; export async function main() { "use durable"; return await eff(); }`,
		{
			eff: async () => {
				if (attempts++ === 0) throw new Error('down');
				return 'up';
			},
		},
	);
	const outcome = await run(main, [], { onCheckpoint() {} });
	expect(outcome).toMatchObject({ status: 'failed', error: { message: 'down' } });
	if (outcome.status !== 'failed') return;
	expect(await outcome.continuation.continue()).toMatchObject({ status: 'completed', value: 'up' });
});

test('a failure of the first turn has no state before it, and says so', async () => {
	const main = loadMain(`export async function main() { "use durable"; throw new Error('at once'); }`);
	const outcome = await run(main, [], { onCheckpoint() {} });
	if (outcome.status !== 'failed') throw new Error(outcome.status);
	const { continuation } = outcome;
	expect(continuation.inspect().status).toBe('failed');
	expect(() => continuation.toBytes()).toThrow(expect.objectContaining({ code: 'PD9002' }));
	await expect(continuation.continue()).rejects.toMatchObject({ code: 'PD9002' });
	await expect(continuation.resume()).rejects.toMatchObject({ code: 'PD10008' });
});

test('several suspensions open: an answer without an address is refused, with one it goes there', async () => {
	const main = loadMain(`
		import { suspend } from '@perdure/runtime';
		async function ask(q) { "use durable"; return [q, await suspend(q)]; }
		export async function main() { "use durable"; return await Promise.all([ask('a'), ask('b')]); }`);
	const first = await suspended(run(main, []) as never);
	const [a, b] = first.continuation.suspensions.map(({ id }) => id) as [string, string];
	expect(first).toMatchObject({ id: a, value: 'a' });
	await expect(first.continuation.resume('x')).rejects.toMatchObject({ code: 'PD10010', suspensions: [a, b] });
	await expect(first.continuation.throw(new Error())).rejects.toMatchObject({ code: 'PD10010' });
	const second = await suspended(first.continuation.resume('to b', { suspension: b }) as never);
	expect(second.id).toBe(a);
	expect(await second.continuation.resume('to a')).toMatchObject({
		value: [
			['a', 'to a'],
			['b', 'to b'],
		],
	});
});

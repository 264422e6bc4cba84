/** Trying a failed run again (runtime.md, "Retry of a failed run"). */
import { Continuation, currentEffect, type LogEntry, NotFailedError, type Outcome, run } from '@perdure/runtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadMain } from './program.ts';

const SOURCE = `
	import { emit, suspend } from '@perdure/runtime'; import { a, charge, live } from 'world';
	async function pay(n) { "use durable"; try { return await charge(n); } finally { await emit('paid?'); } }
	export async function main(kind) { "use durable";
		const x = await a(1);
		if (kind === 'throws') { if (await a(2) === 2) throw new Error('own'); }
		if (kind === 'live') { const s = { s: await live() }; await a(3); return s; }
		if (kind === 'asks') { const n = await suspend('n'); if (n < 0) throw new Error('negative'); }
		const [id] = await Promise.all([pay(x), a(5)]);
		return id;
	}`;

class Session {}

function world(charges: (attempt: number) => unknown) {
	const seen: { name: string; key: string; attempt: number }[] = [];
	const note = (name: string) => {
		const { key, attempt } = currentEffect();
		seen.push({ name, key, attempt });
	};
	let attempts = 0;
	return {
		seen,
		names: () => seen.splice(0).map(({ name }) => name),
		a: async (n: number) => (note(`a${n}`), n),
		live: async () => (note('live'), new Session()),
		charge: async () => {
			note('charge');
			const result = charges(++attempts);
			if (result instanceof Error) throw result;
			return result;
		},
	};
}

const failing = (outcome: Outcome<unknown>) => {
	if (outcome.status !== 'failed') throw new Error(`it has ${outcome.status}`);
	return outcome.continuation;
};

afterEach(() => void vi.unstubAllEnvs());

describe.each(['development', 'production'])('in %s', (mode) => {
	test.each(['in memory', 'from bytes'])(
		'a rejection: that effect again, with its key, and nothing else: %s',
		async (way) => {
			vi.stubEnv('NODE_ENV', mode);
			const w = world((attempt) => (attempt < 3 ? new RangeError(`declined ${attempt}`) : 'ch_1'));
			let outcome = await run(loadMain(SOURCE, w), ['pays']);
			expect(outcome).toMatchObject({ status: 'failed', error: { message: 'declined 1' } });
			const keys = new Set(w.seen.filter(({ name }) => name === 'charge').map(({ key }) => key));
			w.names();
			for (const [i, message] of ['declined 2', null].entries()) {
				let failed = failing(outcome);
				if (way === 'from bytes') failed = Continuation.fromBytes(failed.toBytes({ log: true }));
				outcome = await failed.retry({ log: 'all' });
				const charges = w.seen.filter(({ name }) => name === 'charge');
				expect(charges).toMatchObject([{ attempt: i + 2 }]);
				keys.add(charges[0]!.key);
				expect(w.names()).not.toContain('a1');
				if (message !== null) expect(outcome).toMatchObject({ status: 'failed', error: { message } });
			}
			expect(outcome).toMatchObject({ status: 'completed', value: 'ch_1' });
			expect(keys.size).toBe(1);
			expect(outcome.log.find(({ name }) => name === 'charge')).toMatchObject({
				state: 'executed',
				attempt: 3,
				outcome: { value: 'ch_1' },
			});
			expect(outcome.emitted).toEqual(['paid?']);
		},
	);

	test('while it is tried again, its entry shows that, and nothing of the failure', async () => {
		vi.stubEnv('NODE_ENV', mode);
		const SLOW = `import { a, charge } from 'world';
			export async function main() { "use durable"; await Promise.all([a(5), charge(1)]); }`;
		const w = world((attempt) => (attempt < 2 ? new Error('no') : 'ch'));
		const slow = {
			...w,
			// Settles first when it is issued again: what is seen then is the entry while it has only started.
			charge: async () => (await new Promise((resolve) => setTimeout(resolve, w.seen.length > 2 ? 20 : 0)), w.charge()),
			a: async (n: number) => (
				await new Promise((resolve) => setTimeout(resolve, w.seen.length === 0 ? 20 : 0)), w.a(n)
			),
		};
		const failed = failing(await run(loadMain(SLOW, slow), []));
		const charge = ({ log }: { log: readonly LogEntry[] }) => log.find(({ name }) => name === 'charge')!;
		expect(charge(failed)).toMatchObject({ state: 'executed', attempt: 1, outcome: { error: { message: 'no' } } });
		const seen: LogEntry[] = [];
		for (const newKeys of [false, true]) {
			const outcome = await failed.retry({ newKeys, onCheckpoint: (c) => void seen.push(charge(c)) });
			const { key } = w.seen.findLast(({ name }) => name === 'charge')!;
			const [first] = seen.splice(0);
			expect(first).toMatchObject({
				state: 'started',
				attempt: 2,
				outcome: null,
				endedAt: null,
				settledSeq: null,
				key,
			});
			expect(charge(outcome)).toMatchObject({ state: 'executed', attempt: 2, outcome: { value: 'ch' }, key });
		}
	});

	test('under a key of its own, if asked for', async () => {
		vi.stubEnv('NODE_ENV', mode);
		const w = world((attempt) => (attempt < 2 ? new Error('no') : 'ch_2'));
		const failed = failing(await run(loadMain(SOURCE, w), ['pays']));
		expect(await failed.retry({ newKeys: true })).toMatchObject({ status: 'completed' });
		const [first, second] = w.seen.filter(({ name }) => name === 'charge');
		expect(second!.key).not.toBe(first!.key);
	});
});

test('an answer is delivered again; a retry fails as often as the turn does', async () => {
	const w = world(() => 'ch_3');
	const asked = await run(loadMain(SOURCE, w), ['asks']);
	if (asked.status !== 'suspended') throw new Error(asked.status);
	let outcome = await asked.continuation.resume(-1);
	for (let i = 0; i < 3; i++) {
		expect(outcome).toMatchObject({ status: 'failed', error: { message: 'negative' } });
		outcome = await Continuation.fromBytes(failing(outcome).toBytes()).retry();
	}
	expect(w.names()).toEqual(['a1']);
	expect(await asked.continuation.resume(1)).toMatchObject({ status: 'completed' });
});

describe.each(['development', 'production'])('what the program itself throws after a result, in %s', (mode) => {
	beforeEach(() => void vi.stubEnv('NODE_ENV', mode));

	test.each([{}, { onCheckpoint() {} }])('that result is not asked for again: %o', async (o) => {
		const w = world(() => 'ch_4');
		const failed = failing(await run(loadMain(SOURCE, w), ['throws'], o));
		expect(w.names()).toEqual(['a1', 'a2']);
		const again = await failed.retry();
		expect(again).toMatchObject({ status: 'failed', error: { message: 'own' } });
		expect(w.names()).toEqual([]);
		expect(await failing(again).retry()).toMatchObject({ status: 'failed', error: { message: 'own' } });
		expect(w.names()).toEqual([]);
	});

	test('saved, and tried again by the mended program, it goes on from there', async () => {
		const w = world(() => 'ch_4');
		const bytes = failing(await run(loadMain(SOURCE, w), ['throws'])).toBytes();
		w.names();
		loadMain(SOURCE.replace("throw new Error('own')", "await emit('mended')"), w);
		const outcome = await Continuation.fromBytes(bytes).retry();
		expect(outcome).toMatchObject({ status: 'completed', value: 'ch_4', emitted: ['mended', 'paid?'] });
		expect(w.names()).toEqual(['charge', 'a5']);
	});

	const LARGE = `import { a, fail } from 'world';
		export async function main(size, kind) { "use durable";
			const text = 'x'.repeat(size);
			await a(1); await a(2);
			if (kind === 'rejected') await fail(); else { const n = await a(3); if (n === 3) throw new Error('own'); }
			return text.length;
		}`;
	const larger = () => {
		const w = world(() => null);
		const fail = async () => {
			throw new Error('rejected');
		};
		return Object.assign(loadMain(LARGE, { ...w, fail }), { w });
	};

	test('a state of 16 KiB is kept; one of more has nothing to be tried again from, and says what keeps it', async () => {
		const main = larger();
		const small = failing(await run(main, [15_000, 'own']));
		expect(await small.retry()).toMatchObject({ status: 'failed', error: { message: 'own' } });
		const large = failing(await run(main, [20_000, 'own']));
		await expect(large.retry()).rejects.toThrow(/nothing is left of it to try again from/);
		await expect(large.retry()).rejects.toMatchObject({ help: expect.stringContaining('onCheckpoint') });
		expect(() => large.toBytes()).toThrow(/was not kept/);
		main.w.names();
		const kept = failing(await run(main, [20_000, 'own'], { onCheckpoint() {} }));
		expect(await kept.retry()).toMatchObject({ status: 'failed', error: { message: 'own' } });
		expect(main.w.names()).toEqual(['a1', 'a2', 'a3']);
	});

	test('of a rejection it is kept whatever its size', async () => {
		const large = failing(await run(larger(), [200_000, 'rejected']));
		expect(await large.retry()).toMatchObject({ status: 'failed', error: { message: 'rejected' } });
	});
});

test('in production a state that cannot be saved stops nothing', async () => {
	vi.stubEnv('NODE_ENV', 'production');
	const main = loadMain(
		`import { a, live } from 'world'; export async function main() { "use durable"; const s = await live(); for (let i = 0; i < 200; i++) await a(i); return s.name; }`,
		{ a: async () => {}, live: async () => Object.assign(new Session(), { name: 'live' }) },
	);
	expect(await run(main, [])).toMatchObject({ status: 'completed', value: 'live' });
});

test('a first turn that fails begins anew', async () => {
	let times = 0;
	const main = loadMain(
		'import { once, a } from "world"; export async function main(list) { "use durable"; list.push(1); once(); await a(list.length); return list; }',
		{
			once() {
				if (++times < 3) throw new Error('not yet');
			},
			a: async () => {},
		},
	);
	const failed = failing(await run(main, [[]]));
	const again = failing(await failed.retry());
	expect(await again.retry()).toMatchObject({ status: 'completed', value: [1] });
});

test('a result that cannot be kept counts as done, and is asked for again only if that is wanted', async () => {
	const w = world(() => 'ch_5');
	const failed = failing(await run(loadMain(SOURCE, w), ['live'], { onCheckpoint() {} }));
	expect(w.names()).toEqual(['a1', 'live']);
	expect(await Continuation.fromBytes(failed.toBytes()).retry()).toMatchObject({
		status: 'failed',
		error: { name: 'NotSerializableError' },
	});
	expect(w.names()).toEqual([]);
	expect(await failed.retry({ reissue: true })).toMatchObject({ status: 'failed' });
	expect(w.names()).toEqual(['live']);
});

test('what has not failed is not tried again', async () => {
	const asked = await run(
		loadMain(
			SOURCE,
			world(() => 1),
		),
		['asks'],
	);
	if (asked.status !== 'suspended') throw new Error(asked.status);
	await expect(asked.continuation.retry()).rejects.toSatisfy(NotFailedError.is);
});

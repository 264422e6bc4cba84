/** The effect log: a list that a person can read (runtime.md, "The effect log"). */
import { Continuation, run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { loadMain } from './program.ts';

const CHECKOUT = `
	import { receive, sleep, suspend } from '@perdure/runtime';
	import { stripe, fail } from 'world';
	export async function main(id) { "use durable";
		const charge = await stripe.charges.create({ id, amount: 5 });
		try { await fail('x'); } catch {}
		await sleep(1);
		const ok = await suspend({ confirm: charge.id });
		const note = await receive('note', { timeout: 500, otherwise: null });
		return [ok, note];
	}`;

const world = () => ({
	stripe: { charges: { create: async ({ id }: { id: string }) => ({ id: `ch_${id}` }) } },
	fail: async (what: string) => {
		throw new TypeError(`no ${what}`);
	},
});

async function checkout() {
	const first = await run(loadMain(CHECKOUT, world()), ['o1'], { id: 'run-1' });
	if (first.status !== 'suspended') throw new Error(first.status);
	return first;
}

test('entries: sequence, kind, site, name, arguments, state, outcome, times', async () => {
	const { log } = await checkout();
	expect(log.map(({ seq, kind, name, state }) => [seq, kind, name, state])).toEqual([
		[1, 'effect', 'stripe.charges.create', 'executed'],
		[2, 'effect', 'fail', 'executed'],
		[3, 'sleep', 'sleep', 'executed'],
		[4, 'suspend', 'suspend', 'started'],
	]);
	expect(log[0]).toMatchObject({
		args: [{ id: 'o1', amount: 5 }],
		outcome: { value: { id: 'ch_o1' } },
		attempt: 1,
		settledSeq: 1,
		fiber: 0,
		mark: null,
		site: { id: expect.stringMatching(/^[a-z2-7]{26}$/), at: 'subject.ts:5:18' },
	});
	expect(log[1]!.outcome).toMatchObject({ error: { name: 'TypeError', message: 'no x' } });
	expect(log[3]).toMatchObject({ args: [{ confirm: 'ch_o1' }], outcome: null, settledSeq: null, endedAt: null });
	expect(log[2]!.endedAt!.getTime()).toBeGreaterThanOrEqual(log[2]!.startedAt.getTime());
});

test('it goes on over resume, and a wait that timed out is executed', async () => {
	const { continuation } = await checkout();
	const waiting = await continuation.resume('yes');
	if (waiting.status !== 'suspended') throw new Error(waiting.status);
	expect(waiting.log.at(-1)).toMatchObject({ kind: 'receive', args: ['note'], state: 'started' });
	await new Promise((r) => setTimeout(r, 550));
	const done = await waiting.continuation.continue();
	expect(done).toMatchObject({ status: 'completed', value: ['yes', null] });
	expect(done.log.slice(3).map(({ kind, state, outcome }) => [kind, state, outcome])).toEqual([
		['suspend', 'executed', { value: 'yes' }],
		['receive', 'executed', { value: null }],
	]);
});

test('bytes carry it only on request', async () => {
	const { continuation, log } = await checkout();
	expect(Continuation.fromBytes(continuation.toBytes()).log).toEqual([]);
	const kept = Continuation.fromBytes(continuation.toBytes({ log: true }));
	expect(kept.log).toEqual(log);
	expect(Continuation.fromBytes(kept.toBytes()).log).toEqual([]);
	expect(kept.toBytes()).toEqual(continuation.toBytes());
	expect((await kept.resume('x')).log).toHaveLength(5);
});

test('what a reader does to it changes nothing', async () => {
	const { continuation } = await checkout();
	const entry = continuation.log[0]!;
	(entry.args[0] as { amount: number }).amount = 1e9;
	entry.startedAt.setTime(0);
	expect(continuation.log[0]!.args).toEqual([{ id: 'o1', amount: 5 }]);
	expect(continuation.log[0]!.startedAt.getTime()).toBeGreaterThan(0);
});

test('attempts count what may have begun: again after a crash, not after parking', async () => {
	const main = loadMain(
		`import { eff } from 'world'; export async function main() { "use durable"; return await eff(); }`,
		{
			eff: async () => (await import('@perdure/runtime')).currentEffect().attempt,
		},
	);
	let bytes!: Uint8Array;
	const whole = await run(main, [], { onCheckpoint: (c) => void (bytes ??= c.toBytes()) });
	expect(whole).toMatchObject({ value: 1, log: [{ attempt: 1 }] });
	const again = await Continuation.fromBytes(bytes).continue();
	expect(again).toMatchObject({ value: 2, log: [{ attempt: 2, state: 'executed' }] });

	const parked = await run(main, [], { park: AbortSignal.abort() });
	if (parked.status !== 'parked') throw new Error(parked.status);
	expect(parked.log).toMatchObject([{ state: 'started' }]);
	const fromBytes = await Continuation.fromBytes(parked.continuation.toBytes()).continue();
	expect(fromBytes).toMatchObject({ value: 1 });
});

test('a cancelled wait is discarded, an effect of a failed turn keeps its outcome', async () => {
	const { continuation } = await checkout();
	const cancelled = await continuation.cancel('no');
	expect(cancelled.log.slice(-2)).toMatchObject([
		{ kind: 'suspend', state: 'discarded' },
		{ kind: 'cancel', args: ['no'], state: 'executed' },
	]);
	const failed = await continuation.throw(new Error('bad'));
	expect(failed).toMatchObject({ status: 'failed', error: { message: 'bad' } });
	expect(failed.log.at(-1)).toMatchObject({
		kind: 'suspend',
		state: 'executed',
		outcome: { error: { message: 'bad' } },
	});
});

test('what receiveAll receives is shown where the loop waits for it', async () => {
	const main = loadMain(`import { receiveAll } from '@perdure/runtime';
export async function main() { "use durable";
	const all = receiveAll('m');
	for await (const m of all) if (m === 'end') return m;
}`);
	let outcome = await run(main, [], { log: 'all' });
	for (const message of ['one', 'end']) {
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		expect(outcome.continuation.inspect().pending).toMatchObject([{ at: 'subject.ts:4:2' }]);
		outcome = await Continuation.fromBytes<unknown>(outcome.continuation.toBytes({ log: true })).send('m', message, {
			log: 'all',
		});
	}
	expect(outcome.status).toBe('completed');
	expect(outcome.log.map(({ site }) => site)).toEqual([
		{ id: 'receiveAll.receive', at: 'subject.ts:4:2' },
		{ id: 'receiveAll.receive', at: 'subject.ts:4:2' },
	]);
});

/**
 * Runs of an engine that are cancelled while, before and after they do something, and whose process dies at any
 * write: clean-up is done by whoever is there, and nothing else begins once the cancellation is acknowledged.
 */
import { createEngine, currentEffect, type Engine, effect, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import { FaultyStore } from './faulty-store.ts';

interface Performed {
	readonly label: string;
	readonly key: string;
}

const performed: Performed[] = [];
/** While set, effects of these names do not end until they are aborted. */
let held: Set<string>;

async function act(label: string): Promise<string> {
	const { key, signal } = currentEffect();
	performed.push({ label, key });
	if (label === 'rejects') throw new Error('no');
	if (held.has(label)) await new Promise((resolve) => signal.addEventListener('abort', resolve));
	return label;
}

const { exports } = compile(
	`import { sleep, suspend } from '@perdure/runtime'; import { act, fail, retried } from 'world';
	async function reserve(x) { "use durable";
		try { await act('plain ' + x); await retried(); for (;;) { await sleep(2); await act('plain poll ' + x); } }
		finally { await act('clean ' + x); await sleep(2); await act('clean again ' + x); }
	}
	export async function main() { "use durable";
		try { await Promise.all([reserve('a'), reserve('b'), suspend('on?')]); }
		catch (error) { await act('clean up after ' + error.name); throw error; }
		finally { await act('clean all'); }
	}
	async function beside() { "use durable"; try { await sleep('1 day'); } finally { await act('clean beside'); } }
	export async function gives(way) { "use durable";
		if (way === 'at once') throw new Error('at once');
		if (way === 'plainly') await act('rejects');
		if (way === 'has cleaned') try { throw new Error('no'); } finally { await act('clean'); }
		if (way === 'cleans badly') try { await suspend(); } finally { await fail(); }
		if (way === 'gives up badly') try { await act('plain'); throw new Error('gives up'); } catch (error) {
			if (error.name === 'CancelledError') await fail();
			throw error;
		}
		const other = beside();
		try {
			if (way === 'rejects') await fail();
			await act('plain');
			throw new Error('no');
		} catch (error) {
			if (error.name !== 'CancelledError') throw error;
			const { value, error: cause } = error.effect.outcome;
			await act('clean up after ' + (value ?? cause.message));
			throw error;
		}
	}
	export async function both() { "use durable"; return await Promise.all([suspend(1), suspend(2)]); }
	export async function brief() { "use durable"; return await act('plain'); }
	export async function kept() { "use durable"; try { await act('plain'); } catch (error) { return error.effect; } }`,
	{
		world: {
			act,
			fail: async () => {
				await act('plain');
				throw new Error('no');
			},
			retried: effect(
				async () => {
					if (currentEffect().attempt === 1) throw new Error('again');
				},
				{ retry: { attempts: 3, delay: 3 } },
			),
		},
	},
);
const { main, both, brief, kept } = exports as Record<'main' | 'both' | 'brief' | 'kept', () => Promise<unknown>>;
const { gives } = exports as { gives: (way: string) => Promise<unknown> };
const CLEANED = ['clean a', 'clean again a', 'clean again b', 'clean all', 'clean b', 'clean up after CancelledError'];

const engines: Engine[] = [];
function engineOn(store: Store, worker = true): Engine {
	const engine = createEngine({ store, worker });
	engines.push(engine);
	return engine;
}
beforeEach(() => {
	performed.length = 0;
	held = new Set();
});
afterEach(async () => {
	await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const begun = async (label: string) => {
	while (!performed.some((one) => one.label === label)) await pause(1);
};

/** A method of a session, which has private fields. */
function bound(session: object, name: string): unknown {
	const found: unknown = Reflect.get(session, name);
	return typeof found === 'function' ? found.bind(session) : found;
}

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('on %s', (_, make) => {
	it('cancel resolves once it is committed, settled waits for the clean-up', async () => {
		held = new Set(['plain a']);
		const handle = await engineOn(make()).start(main, []);
		await begun('plain a');
		await handle.cancel('enough');
		expect(performed.filter(({ label }) => label === 'clean all')).toEqual([]);
		expect(await handle.settled(SOON)).toMatchObject({ status: 'cancelled', reason: 'enough' });
		expect(
			[...new Set(performed.map(({ label }) => label))].filter((label) => label.startsWith('clean')).sort(),
		).toEqual(CLEANED);
		await expect(handle.result()).rejects.toMatchObject({ name: 'CancelledError', reason: 'enough' });
	});

	it('of several cancellations the first counts, during the clean-up and after it', async () => {
		held = new Set(['plain a', 'clean all']);
		const handle = await engineOn(make()).start(main, []);
		await begun('plain a');
		await Promise.all([handle.cancel('first'), handle.cancel('second')]);
		await begun('clean all');
		held.clear();
		await handle.cancel('third');
		// What clean-up has in flight is not disturbed: it is held until the engine closes.
		expect(await handle.status()).toBe('running');
		expect((await handle.describe()).outcome).toBe(null);
	});

	it('a run that is over stays as it is', async () => {
		const handle = await engineOn(make()).start(brief, []);
		expect(await handle.result(SOON)).toBe('plain');
		await handle.cancel('late');
		expect(await handle.settled()).toMatchObject({ status: 'completed', value: 'plain' });
	});

	it('before the first turn nothing of the run is done', async () => {
		const store = make();
		const client = engineOn(store, false);
		const handle = await client.start(brief, []);
		await handle.send('early', 1);
		await handle.cancel('never mind');
		engineOn(store);
		expect(await handle.settled(SOON)).toMatchObject({ status: 'cancelled', reason: 'never mind' });
		expect(performed).toEqual([]);
		expect(await handle.log()).toMatchObject([
			{ kind: 'cancel', args: ['never mind'] },
			{ kind: 'receive', name: 'early', args: [1], state: 'discarded' },
		]);
	});

	it('what comes behind it and finds nobody is in the log, left over', async () => {
		const store = make();
		const first = engineOn(store);
		const { id } = await first.start(both, []);
		const asked = await first.get(id).next(SOON);
		if (asked.status !== 'suspended') throw new Error(asked.status);
		const [one, two] = asked.continuation.suspensions;
		await first.close();
		const handle = engineOn(store, false).get(id);
		await handle.cancel('enough');
		await handle.resume('late', { suspension: one!.id });
		await handle.throw(new RangeError('later'), { suspension: two!.id });
		await handle.send('m', { n: 1 });
		engineOn(store);
		expect(await handle.settled(SOON)).toMatchObject({ status: 'cancelled', reason: 'enough' });
		expect((await handle.log()).slice(2)).toMatchObject([
			{ kind: 'cancel' },
			{ kind: 'suspend', name: 'resume', key: one!.id, args: ['late'], state: 'discarded' },
			{ kind: 'suspend', name: 'throw', key: two!.id, args: [{ message: 'later' }], state: 'discarded' },
			{ kind: 'receive', name: 'm', args: [{ n: 1 }], state: 'discarded' },
		]);
	});

	it('before its time has come it does not wait for that', async () => {
		const engine = engineOn(make());
		const handle = await engine.start(brief, [], { startAt: '1 hour' });
		await handle.cancel('not today');
		expect(await handle.settled(SOON)).toMatchObject({ status: 'cancelled', reason: 'not today' });
		expect(performed).toEqual([]);
	});

	it('the outcome of the effect that was in flight is told and logged', async () => {
		held = new Set(['plain']);
		const handle = await engineOn(make()).start(kept, []);
		await begun('plain');
		await handle.cancel();
		const [{ key }] = performed as [Performed];
		expect(await handle.result(SOON)).toEqual({ name: 'act', key, outcome: { value: 'plain' } });
		expect(await handle.log()).toMatchObject([
			{ name: 'act', state: 'executed', outcome: { value: 'plain' } },
			{ kind: 'cancel' },
		]);
	});

	it('a run that failed is given up: what was open is cleaned up, and the effect that failed it is told of', async () => {
		const engine = engineOn(make());
		for (const [way, outcome] of [
			['rejects', 'no'],
			['throws', 'plain'],
		] as const) {
			performed.length = 0;
			const handle = await engine.start(gives, [way]);
			expect(await handle.settled(SOON)).toMatchObject({ status: 'failed' });
			expect(performed.map(({ label }) => label)).toEqual(['plain']);
			await Promise.all([handle.cancel('given up'), handle.cancel('given up')]);
			expect(await handle.settled(SOON)).toMatchObject({ status: 'cancelled', reason: 'given up' });
			expect(performed.map(({ label }) => label).sort()).toEqual([
				'clean beside',
				`clean up after ${outcome}`,
				'plain',
			]);
			await handle.cancel('again');
			expect(await handle.settled()).toMatchObject({ status: 'cancelled', reason: 'given up' });
			await expect(handle.retry()).rejects.toMatchObject({ name: 'NotFailedError' });
		}
	});

	it('a run that failed in its first turn, or in its clean-up, has nothing to clean up any more', async () => {
		const engine = engineOn(make());
		const first = await engine.start(gives, ['at once']);
		expect(await first.settled(SOON)).toMatchObject({ status: 'failed' });
		await first.cancel('given up');
		expect(await first.settled(SOON)).toMatchObject({ status: 'cancelled', reason: 'given up' });
		expect(performed).toEqual([]);
		// Cancelled while it lived, and after it had failed.
		for (const way of ['cleans badly', 'gives up badly']) {
			const second = await engine.start(gives, [way]);
			if (way === 'cleans badly') await second.next(SOON);
			else await second.settled(SOON);
			await second.cancel('first');
			expect(await second.settled(SOON)).toMatchObject({ status: 'failed', error: { message: 'no' } });
			const begun = performed.splice(0).length;
			await Promise.all([second.cancel('second'), second.cancel('third')]);
			await pause(20);
			expect(await second.settled(SOON)).toMatchObject({ status: 'failed', error: { message: 'no' } });
			expect(performed).toEqual([]);
			await second.retry();
			expect(await second.settled(SOON)).toMatchObject({ status: 'failed' });
			expect([begun, performed.splice(0).length]).toEqual([way === 'cleans badly' ? 1 : 2, 1]);
		}
	});

	it('a run that failed is given up before whatever is sent to it afterwards', async () => {
		const store = make();
		const first = engineOn(store);
		await first.start(gives, ['plainly'], { id: 'r' });
		await first.get('r').settled({ timeout: 5000 });
		await first.close();
		const handle = engineOn(store, false).get('r');
		await handle.cancel('given up');
		// Who has claimed it does not know of what comes by now.
		const late = async () => {
			await handle.cancel('once more');
			await handle.send('m');
		};
		engineOn({
			async open(listener) {
				const session = await store.open(listener);
				const claim: typeof session.claim = async (o) => {
					const claimed = await session.claim(o);
					if (claimed.runs.length > 0) await late();
					return claimed;
				};
				return new Proxy(session, {
					get: (_, name: keyof typeof session) => (name === 'claim' ? claim : bound(session, name)),
				});
			},
		});
		expect(await handle.settled({ timeout: 5000 })).toMatchObject({ status: 'cancelled', reason: 'given up' });
		expect(performed.map(({ label }) => label)).toEqual(['rejects']);
		expect(await handle.log()).toMatchObject([
			{ state: 'executed', attempt: 1 },
			{ kind: 'cancel' },
			{ kind: 'receive' },
		]);
	});

	it('a run that failed behind its clean-up is not cleaned up again, however often it is given up', async () => {
		const engine = engineOn(make());
		const handle = await engine.start(gives, ['has cleaned']);
		for (let times = 0; times < 3; times++) {
			expect(await handle.settled({ timeout: 5000 })).toMatchObject({ status: 'failed', error: { message: 'no' } });
			expect(performed.map(({ label }) => label)).toEqual(['clean']);
			await handle.cancel('given up');
			await pause(20);
		}
		await handle.retry();
		expect(await handle.settled({ timeout: 5000 })).toMatchObject({ status: 'failed', error: { message: 'no' } });
		expect(performed).toHaveLength(1);
	});

	it('with a death of the process after each write, and the cancellation behind it', async () => {
		for (let at = 1; at < 24; at++) {
			performed.length = 0;
			const inner = make();
			const store = new FaultyStore(inner, 'crash after', at);
			const crashed = new Promise<void>((resolve) => (store.onCrash = resolve));
			await Promise.race([engineOn(store).start(main, [], { id: 'run' }), crashed]);
			await crashed;
			const handle = await engineOn(inner, false).start(main, [], { id: 'run' });
			await handle.cancel('stop');
			const before = performed.length;
			const second = new FaultyStore(inner, 'crash after', 3 + (at % 7));
			const again = new Promise<void>((resolve) => (second.onCrash = resolve));
			engineOn(second);
			await Promise.race([again, handle.settled(SOON)]);
			engineOn(inner);
			expect(await handle.settled(SOON), `write ${at}`).toMatchObject({
				status: 'cancelled',
				reason: 'stop',
			});
			const labels = performed.slice(before).map(({ label }) => label);
			expect(
				labels.filter((label) => label.startsWith('plain')),
				`write ${at}`,
			).toEqual([]);
			const keys = Map.groupBy(performed, ({ label }) => label);
			for (const [label, attempts] of keys) {
				if (!label.startsWith('clean')) continue;
				expect(new Set(attempts.map(({ key }) => key)).size, `write ${at}: ${label}`).toBe(1);
			}
			const cleaned = [...keys.keys()].filter((label) => label.startsWith('clean')).sort();
			// Branches that had not begun have nothing to clean up.
			expect(CLEANED, `write ${at}`).toEqual(expect.arrayContaining(cleaned));
			if (performed.slice(0, before).length > 0) expect(cleaned, `write ${at}`).toEqual(CLEANED);
			await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
		}
	});
});

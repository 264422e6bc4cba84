/** `handle.retry` (runtime.md, "Retry of a failed run"), and the stored log of a run that does not end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, currentEffect, type Engine, NotFailedError, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoreSession, TurnCommit } from '../../packages/runtime/src/ports/store.ts';
import { load } from '../runtime/run/program.ts';
import { SOON } from '../support/soon.ts';

class Session {}

const seen: { name: string; key: string; attempt: number }[] = [];
let charge: (attempt: number) => unknown = () => 'ch_1';

const note = (name: string) => {
	const { key, attempt } = currentEffect();
	seen.push({ name, key, attempt });
	return attempt;
};

const { order, chat } = load(
	`
	import { emit, mark, receive, suspend } from '@perdure/runtime'; import { a, charge, live } from 'world';
	export async function order(kind) { "use durable";
		if (kind === 'at once') throw new Error('at once');
		const x = await a(1);
		const other = suspend('other');
		if (kind === 'live') { const s = { s: await live() }; await a(3); return s; }
		if (kind === 'asks') { const n = await suspend('n'); if (n < 0) throw new Error('negative'); }
		const id = await charge(x);
		await emit('paid');
		return [id, await other];
	}
	export async function chat(turns) { "use durable";
		const last = [];
		for (let i = 0; i < turns; i++) {
			await mark('turn');
			last.push(await a(await receive('say')));
			if (last.length > 3) last.shift();
		}
		return last;
	}`,
	{
		a: async (n: number) => (note(`a${n}`), n),
		live: async () => (note('live'), new Session()),
		charge: async () => {
			const result = charge(note('charge'));
			if (result instanceof Error) throw result;
			return result;
		},
	},
) as Record<string, (...args: unknown[]) => Promise<unknown>>;

const folder = mkdtempSync(join(tmpdir(), 'perdure-retry-'));
let files = 0;
let engine: Engine;
let store: Store;

const stores: Record<string, () => Store> = {
	memory: () => memory(),
	sqlite: () => sqlite(join(folder, `${files++}.db`)),
};

afterEach(async () => {
	await engine?.close({ grace: 0 });
	seen.length = 0;
});

process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.keys(stores))('on %s', (name) => {
	beforeEach(() => {
		store = stores[name]!();
		engine = createEngine({ store, functions: [{ order, chat }] });
	});

	test('the first turn, as often as asked; forked, it begins', async () => {
		const run = await engine.start(order!, ['at once']);
		for (let i = 0; i < 3; i++) {
			await expect(run.result(SOON)).rejects.toThrow('at once');
			expect(await run.status()).toBe('failed');
			await run.retry();
		}
		await run.settled(SOON);
		expect((await run.inspect()).fibers).toHaveLength(1);
		const fork = await run.fork();
		await expect(fork.result(SOON)).rejects.toThrow('at once');
	});

	test('a rejection: that effect again, with its key and another attempt, as often as asked; then all goes on', async () => {
		charge = (attempt) => (attempt < 3 ? new RangeError(`declined ${attempt}`) : 'ch_1');
		const handle = await engine.start(order!, ['pays'], { id: 'r' });
		await expect(handle.result()).rejects.toThrow('declined 1');
		expect(await handle.status()).toBe('failed');
		await handle.retry();
		await expect(handle.result()).rejects.toThrow('declined 2');
		await engine.close();
		engine = createEngine({ store, functions: [{ order, chat }] });
		const again = engine.get('r');
		await again.retry();
		const waiting = await again.next();
		expect(waiting).toMatchObject({ status: 'suspended', value: 'other' });
		await again.resume('yes');
		expect(await again.result()).toEqual(['ch_1', 'yes']);
		const charges = seen.filter(({ name }) => name === 'charge');
		expect(charges.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
		expect(new Set(charges.map(({ key }) => key)).size).toBe(1);
		expect(seen.filter(({ name }) => name === 'a1')).toHaveLength(1);
		expect((await again.log()).find(({ name }) => name === 'charge')).toMatchObject({ state: 'executed', attempt: 3 });
	});

	test('whoever waits for the end as it is tried again goes on waiting', async () => {
		charge = (attempt) => (attempt === 1 ? new Error('no') : 'ch_2');
		const handle = await engine.start(order!, ['pays'], { id: 'r' });
		await expect(handle.result()).rejects.toThrow('no');
		let failed = true;
		const late: Store = {
			async open(listener) {
				const session = await store.open(listener);
				const { read } = session;
				session.read = async (id, o) => {
					if (o?.state && failed) {
						failed = false;
						await handle.retry();
						await handle.next();
						await handle.resume('o');
					}
					return read.call(session, id, o);
				};
				return session;
			},
		};
		const client = createEngine({ store: late, worker: false });
		const ended = client.get('r').settled(SOON);
		expect(await ended).toMatchObject({ status: 'completed' });
		expect(failed).toBe(false);
		await client.close();
	});

	test('under a key of its own; and what is open can be answered meanwhile', async () => {
		charge = (attempt) => (attempt === 1 ? new Error('no') : 'ch_2');
		const handle = await engine.start(order!, ['pays']);
		await expect(handle.result()).rejects.toThrow('no');
		await handle.retry({ newKeys: true });
		await handle.next();
		await handle.resume('o');
		expect(await handle.result()).toEqual(['ch_2', 'o']);
		const keys = seen.filter(({ name }) => name === 'charge').map(({ key }) => key);
		expect(keys[0]).not.toBe(keys[1]);
	});

	test('while it is tried again, its entry shows that, under the key that it has now', async () => {
		charge = (attempt) => (attempt === 1 ? new Error('no') : new Promise(() => {}));
		const handle = await engine.start(order!, ['pays'], { id: 'shown' });
		await expect(handle.result()).rejects.toThrow('no');
		const entry = async () => (await engine.get('shown').log()).find(({ name }) => name === 'charge');
		expect(await entry()).toMatchObject({ state: 'executed', attempt: 1, outcome: { error: { message: 'no' } } });
		await handle.retry({ newKeys: true });
		await expect.poll(() => seen.filter(({ name }) => name === 'charge').length).toBe(2);
		const { key } = seen.at(-1)!;
		expect(key).not.toBe(seen.find(({ name }) => name === 'charge')!.key);
		const shown = { state: 'started', outcome: null, endedAt: null, settledSeq: null, key };
		expect(await entry()).toMatchObject({ ...shown, attempt: 2 });
		// Cut off by the end of its worker: the next attempt is another.
		await engine.close({ grace: 0 });
		charge = () => 'ch_4';
		engine = createEngine({ store, functions: [{ order, chat }], worker: false });
		expect(await entry()).toMatchObject({ ...shown, attempt: 3 });
		await engine.close();
		engine = createEngine({ store, functions: [{ order, chat }] });
		await expect.poll(async () => (await entry())!.state).toBe('executed');
		const { attempt } = seen.at(-1)!;
		expect(attempt).toBeGreaterThan(2);
		expect(await entry()).toMatchObject({ attempt, outcome: { value: 'ch_4' }, key });
	});

	test('an answer is delivered again; a first turn begins again; a result that was not kept counts as done', async () => {
		const asks = await engine.start(order!, ['asks']);
		const open = await asks.next();
		if (open.status !== 'suspended') throw new Error(open.status);
		const ask = open.continuation.suspensions.find(({ value }) => value === 'n')!;
		await asks.resume(-1, { suspension: ask.id });
		await expect(asks.result()).rejects.toThrow('negative');
		await asks.retry();
		await expect(asks.result()).rejects.toThrow('negative');

		const first = await engine.start(order!, ['at once']);
		await expect(first.result()).rejects.toThrow('at once');
		await first.retry();
		await expect(first.result()).rejects.toThrow('at once');

		const live = await engine.start(order!, ['live']);
		await expect(live.result()).rejects.toMatchObject({ name: 'NotSerializableError' });
		await live.retry();
		await expect(live.result()).rejects.toMatchObject({ name: 'NotSerializableError' });
		expect(seen.filter(({ name }) => name === 'live')).toHaveLength(1);
		await live.retry({ reissue: true });
		await expect.poll(() => seen.filter(({ name }) => name === 'live').length).toBe(2);
		await expect(live.result()).rejects.toMatchObject({ name: 'NotSerializableError' });
	});

	test('what has not failed is refused', async () => {
		charge = () => 'ch_3';
		const handle = await engine.start(order!, ['pays']);
		await handle.next();
		await expect(handle.retry()).rejects.toSatisfy(NotFailedError.is);
	});

	test('a run goes on without its log', async () => {
		await engine.close();
		/** Keeps no log, and has none to give. */
		const forgetful: Store = {
			open: async (listener) => {
				const session = await store.open(listener);
				return new Proxy(session, {
					get(target, key: keyof StoreSession) {
						if (key === 'log') return () => Promise.reject(new Error('the log was read'));
						if (key === 'commit') return (turn: TurnCommit) => target.commit({ ...turn, log: null });
						const value: unknown = target[key];
						return typeof value === 'function' ? value.bind(target) : value;
					},
				});
			},
		};
		engine = createEngine({ store: forgetful, functions: [{ order, chat }] });
		await engine.start(chat!, [6], { id: 'c' });
		for (let i = 0; i < 6; i++) {
			const handle = engine.get('c');
			await expect.poll(async () => (await handle.status()) === 'waiting', { interval: 1 }).toBe(true);
			if (i % 2) {
				await engine.close();
				engine = createEngine({ store: forgetful, functions: [{ order, chat }] });
			}
			await engine.get('c').send('say', i);
		}
		expect(await engine.get('c').result()).toEqual([3, 4, 5]);
		await expect(engine.get('c').log()).rejects.toThrow('the log was read');
	});

	test('the log of a run that goes on and on stays as it is, and so does its state', async () => {
		await engine.close();
		const sizes: { log: number; state: number }[] = [];
		const stored = () => Promise.all([session.log('c'), session.read('c', { state: true })]);
		let session!: StoreSession;
		const watched: Store = {
			open: async (listener) => {
				session = await store.open(listener);
				return session;
			},
		};
		engine = createEngine({ store: watched, functions: [{ order, chat }] });
		const TURNS = 120;
		const handle = await engine.start(chat!, [TURNS], { id: 'c' });
		for (let i = 0; i < TURNS; i++) {
			await expect.poll(async () => (await handle.status()) === 'waiting', { interval: 1 }).toBe(true);
			const [log, row] = await stored();
			const bytes = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);
			sizes.push({ log: bytes(log), state: bytes(row!.state) });
			if (i > 3) {
				expect((await handle.log()).map(({ kind, count }) => (count === undefined ? kind : `${kind}`))).toEqual([
					'pruned',
					'pruned',
					'pruned',
					'mark',
					'receive',
				]);
			}
			await handle.send('say', i % 10);
		}
		expect(await handle.result()).toEqual([7, 8, 9]);
		expect(Math.max(...sizes.slice(10).map(({ log }) => log))).toBeLessThan(12_000);
		expect(Math.max(...sizes.slice(60).map(({ log }) => log))).toBeLessThanOrEqual(
			Math.max(...sizes.slice(0, 60).map(({ log }) => log)) + 64,
		);
		expect(Math.max(...sizes.slice(60).map(({ state }) => state))).toBeLessThanOrEqual(
			Math.max(...sizes.slice(10, 60).map(({ state }) => state)) + 8,
		);
	});
});

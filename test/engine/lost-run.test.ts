/** A worker that was taken for dead while it lives: what it still does for the run that is others' by now counts for nothing. */
import { createEngine, currentEffect, effect, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite, type Tx, transaction } from '@perdure/runtime/sqlite';
import { expect, it } from 'vitest';
import type { StoreListener, StoreSession, Transacted } from '../../packages/runtime/src/ports/store.ts';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';

type Mortal = StoreSession & { expire(): Promise<void> };

/** A store as the worker sees it that is to lose its runs. `before`: of each of its transactions. */
function losing(store: Store, before: (session: Mortal) => Promise<void> = async () => {}) {
	let session: Mortal;
	const wrapped = {
		async open(listener: StoreListener) {
			session = (await store.open(listener)) as Mortal;
			return new Proxy(session, {
				get(target, name: keyof StoreSession) {
					const found: unknown = target[name];
					if (typeof found !== 'function') return found;
					if (name !== 'transact') return found.bind(target);
					return async (o: Transacted<{ readonly ok: boolean }>) => {
						await before(session);
						return target.transact!(o);
					};
				},
			});
		},
	} as Store;
	return { store: wrapped, expire: () => session.expire() };
}

const program = (world: object) =>
	compile(`import { work } from 'world'; export async function main() { "use durable"; return await work(); }`, {
		world,
	}).exports['main'] as () => Promise<unknown>;

it.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('on %s its effects are told, and their outcome is dropped', async (_, make) => {
	const signals: AbortSignal[] = [];
	const settle: ((value: string) => void)[] = [];
	const work = effect(() => {
		signals.push(currentEffect().signal);
		return new Promise<string>((resolve) => settle.push(resolve));
	});
	const main = program({ work });
	const { store, expire } = losing(make());
	const engine = createEngine({ store });
	const handle = await engine.start(main, []);
	await expect.poll(() => signals.length).toBe(1);
	await expire();
	// The same worker has it again, as another claim.
	await expect.poll(() => signals.length).toBe(2);
	expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
	settle[0]!('of the former claim');
	settle[1]!('of this claim');
	expect(await handle.result()).toBe('of this claim');
	await engine.close();
});

it('its transactions leave nothing', async () => {
	let calls = 0;
	const work = transaction(async (tx: Tx) => {
		calls++;
		await tx.run('CREATE TABLE IF NOT EXISTS booked (call INTEGER)');
		await tx.run('INSERT INTO booked VALUES (?)', [calls]);
		return await tx.all<{ call: number }>('SELECT call FROM booked');
	});
	let lost = false;
	const { store } = losing(sqlite(':memory:'), async (session) => {
		if (!lost) await session.expire();
		lost = true;
	});
	const engine = createEngine({ store });
	const handle = await engine.start(program({ work }), []);
	expect(await handle.result()).toEqual([{ call: 2 }]);
	await engine.close();
});

it('hears of its second claim before that of its start, and keeps to the second', async () => {
	let inner: Mortal;
	let heard = () => {};
	const claimed = new Promise<void>((resolve) => (heard = resolve));
	const store: Store = {
		async open(listener) {
			inner = (await memory().open(listener)) as Mortal;
			return {
				...inner,
				async start(run) {
					const started = await inner.start(run);
					await inner.expire();
					await claimed;
					return started;
				},
				async claim(o) {
					const found = await inner.claim(o);
					if (found.runs.length > 0) setTimeout(heard);
					return found;
				},
			};
		},
	};
	const engine = createEngine({ store });
	// Another effect in flight keeps the run in the worker.
	const handle = await engine.start(
		program({ work: async () => new Promise((done) => setTimeout(done, 50, 'done')) }),
		[],
	);
	expect(await handle.result(SOON)).toBe('done');
	await engine.close();
});

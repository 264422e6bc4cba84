/**
 * Messages that come faster than a run commits hold nothing up: it ends, its times come, what it had begun is issued
 * again. Each that was acknowledged reaches it, or is in its log as left over: once, whatever write goes wrong.
 */
import { createEngine, type Engine, type LogEntry, type RunHandle, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite, type Tx, transaction } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encode } from '../../packages/runtime/src/machine/bytes.ts';
import type { StoreListener, StoreSession } from '../../packages/runtime/src/ports/store.ts';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import { FAULTS, type Fault, FaultyStore } from './faulty-store.ts';
import { persistence } from './persist.ts';
import { resetWorld, work, world } from './programs.ts';

const done = transaction(async (tx: Tx) => (await tx.get<{ one: number }>('SELECT 1 AS one'))!.one);

const programs = compile(
	`import { receive, sleep, suspend } from '@perdure/runtime';
	import { done, work } from 'world';
	export async function once() { "use durable"; return 1; }
	export async function acts() { "use durable"; return await work(1); }
	export async function naps() { "use durable"; await sleep(5); return 1; }
	export async function asks() { "use durable"; try { return await suspend('q', { timeout: 5 }); } catch { return 1; } }
	export async function races() { "use durable"; const first = await Promise.race([suspend('q'), work(1)]); await work(2); return first; }
	export async function fails() { "use durable"; await work(1); throw new RangeError('as it must'); }
	export async function books() { "use durable"; return await done(); }
	export async function hears() { "use durable";
		const heard = [];
		const hearing = (async () => { for (;;) heard.push(await receive('m')); })();
		await work(1);
		return heard;
	}
	export async function tidies() { "use durable"; try { await suspend('q'); } finally { await work(1); } }`,
	{ world: { done, work } },
).exports as Record<string, () => Promise<unknown>>;

interface Subject {
	readonly name: string;
	/** What a client does once it has begun. */
	step?: (handle: RunHandle<unknown>) => Promise<unknown>;
	readonly ends: object;
}

const completed = (value: unknown) => ({ status: 'completed', value });

const SUBJECTS: readonly Subject[] = [
	{ name: 'once', ends: completed(1) },
	{ name: 'acts', ends: completed(2) },
	{ name: 'naps', ends: completed(1) },
	{ name: 'asks', ends: completed(1) },
	{ name: 'races', ends: completed(2) },
	{ name: 'fails', ends: { status: 'failed', error: { message: 'as it must' } } },
	{ name: 'hears', ends: { status: 'completed' } },
	{ name: 'tidies', step: (handle) => handle.cancel('enough'), ends: { status: 'cancelled', reason: 'enough' } },
];

const id = 'run';

/** Before each turn is committed, two messages are. `sent`: what was acknowledged. */
function flooded(inner: Store): { readonly store: Store; readonly sent: number[] } {
	const sent: number[] = [];
	let next = 0;
	const flood = async (session: StoreSession) => {
		// Others get their turn as well.
		await new Promise((resolve) => setImmediate(resolve));
		for (let i = 0; i < 2; i++) {
			const n = next++;
			const { outcome } = await session.post({ runId: id, kind: 'message', name: 'm', id: null, payload: encode(n) });
			if (outcome === 'posted') sent.push(n);
		}
	};
	const open = async (listener: StoreListener) => {
		const session = await inner.open(listener);
		const commit = session.commit.bind(session);
		const transact = session.transact?.bind(session);
		session.commit = async (turn) => {
			await flood(session);
			return commit(turn);
		};
		if (transact) {
			session.transact = async (o) => {
				await flood(session);
				return transact(o);
			};
		}
		return session;
	};
	return { store: { open }, sent };
}

beforeEach(resetWorld);

/** Messages that came to nobody, in order. */
const leftOver = (log: readonly LogEntry[]) =>
	log.filter(({ kind, site }) => kind === 'receive' && site.id === '').flatMap(({ args }) => args);

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('on %s', (on, make) => {
	const engines: Engine[] = [];
	const engineOn = (store: Store) => {
		engines.push(createEngine({ store, log: 'all' }));
		return engines.at(-1)!;
	};
	afterEach(async () => {
		await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
	});

	describe.each(SUBJECTS)('$name', ({ name, step, ends }) => {
		/** False where it had fewer writes. */
		async function survives(fault: Fault, at: number): Promise<boolean> {
			const { store: inner, sent } = flooded(make());
			const faulty = new FaultyStore(inner, fault, at);
			const { persist, engine } = persistence(faulty, inner, engineOn);
			await persist(() => engine().start(programs[name]!, [], { id }));
			if (step) await persist(() => step(engine().get(id)));
			const ended = await persist(() => engine().get(id).settled(SOON));
			expect(ended, `write ${at}`).toMatchObject(ends);
			const got = name === 'hears' ? (ended as { value: number[] }).value : [];
			// Of a run that failed they are there for when it is tried again.
			const told = ended.status === 'failed' ? sent : [...got, ...leftOver(ended.log)];
			expect(told, `write ${at}`).toEqual(sent.sort((a, b) => a - b));
			return faulty.struck;
		}

		it.each(FAULTS)('ends, whichever write is %s', async (fault) => {
			for (let at = 1; ; at += 8) {
				const struck = await Promise.all(Array.from({ length: 8 }, (_, i) => survives(fault, at + i)));
				if (struck.includes(false)) return expect(at + struck.indexOf(false)).toBeGreaterThan(2);
			}
		});
	});

	it.runIf(on === 'sqlite')('ends with a transaction', async () => {
		const { store, sent } = flooded(make());
		const handle = await engineOn(store).start(programs.books!, [], { id });
		const ended = await handle.settled(SOON);
		expect(ended).toMatchObject(completed(1));
		expect(leftOver(ended.log)).toEqual(sent);
	});

	it('a run that failed hears of them when it is tried again', async () => {
		world.work = () => {
			if (world.performed.length === 1) throw new Error('not yet');
			return 1;
		};
		const { store, sent } = flooded(make());
		const handle = await engineOn(store).start(programs.acts!, [], { id });
		expect(await handle.settled(SOON)).toMatchObject({ status: 'failed' });
		expect(leftOver(await handle.log())).toEqual([]);
		await handle.retry();
		expect(await handle.result(SOON)).toBe(1);
		expect(leftOver(await handle.log())).toEqual(sent);
	});
});

it('a message to a run that has not begun does not keep it from ending in its first turn', async () => {
	const store = memory();
	const client = createEngine({ store, worker: false });
	const handle = await client.start(programs.once!, []);
	await handle.send('m', 'early');
	await using _worker = createEngine({ store });
	expect(await handle.settled(SOON)).toMatchObject({ status: 'completed', value: 1 });
	expect(leftOver(await handle.log())).toEqual(['early']);
	await client.close();
});

it('the log options say what is shown of them', async () => {
	const { store, sent } = flooded(memory());
	await using engine = createEngine({ store, log: { redact: 'receive' } });
	const handle = await engine.start(programs.once!, [], { id });
	const { log } = await handle.settled(SOON);
	expect(log).toMatchObject(sent.map(() => ({ kind: 'receive', state: 'discarded', args: [], redacted: true })));
	await using other = createEngine({ store, worker: false, log: { exclude: 'receive' } });
	expect(await other.get(id).log()).toMatchObject([{ kind: 'pruned', count: sent.length }]);
});

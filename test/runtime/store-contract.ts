/** What every store must do; the numbers are those of ports/store.ts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../packages/runtime/src/ports/clock.ts';
import type {
	NewRun,
	OutboxRow,
	RunRow,
	Store,
	StoreListener,
	StoreSession,
	TurnCommit,
} from '../../packages/runtime/src/ports/store.ts';

export interface Harness {
	/** A new, empty store over this clock. `open` may be called on either: the second is another process's, where there is such a thing. */
	make(clock: Clock): { readonly here: Store; readonly there: Store; readonly sealed?: boolean; dispose(): void };
}

type Mortal = StoreSession & { die(): void };

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: readonly Uint8Array[] | null) =>
	(data ?? []).map((part) => new TextDecoder().decode(part)).join('|');

const newRun = (id: string, more: Partial<NewRun> = {}): NewRun => ({
	id,
	functionId: 'f',
	hash: 'h',
	input: bytes('input'),
	tags: null,
	queue: 'default',
	priority: 0,
	startAt: null,
	claim: false,
	...more,
});

const turnOf = (run: RunRow, more: Partial<TurnCommit> = {}): TurnCommit => ({
	runId: run.id,
	epoch: run.epoch,
	after: run.turn,
	turn: run.turn + 1,
	status: 'running',
	wakeAt: null,
	state: { full: bytes(`state ${run.turn + 1}`) },
	log: bytes(`log ${run.turn + 1}`),
	...more,
});

const waitsFor = (...open: string[]) => ({ open, detail: bytes(open.join()) });

export function contract(name: string, harness: Harness): void {
	describe(`the ${name} store`, () => {
		let now = 1000;
		let made: ReturnType<Harness['make']>;
		const sessions: StoreSession[] = [];
		const heard: string[] = [];
		const clock: Clock = {
			now: () => now,
			timer: (at, fire) => {
				const handle = setTimeout(fire, Math.min(20, Math.max(0, at - now)));
				return () => clearTimeout(handle);
			},
		};
		const listener = (who: string): StoreListener => ({
			moved: (id) => heard.push(`${who} moved ${id}`),
			mail: (id) => heard.push(`${who} mail ${id}`),
			due: () => heard.push(`${who} due`),
			emitted: () => heard.push(`${who} emitted`),
		});
		const open = async (store = made.here, who = 'a'): Promise<Mortal> => {
			const session = (await store.open(listener(who))) as Mortal;
			sessions.push(session);
			return session;
		};
		const worker = async (o: { store?: Store; functions?: string[]; build?: string; who?: string } = {}) => {
			const session = await open(o.store, o.who);
			await session.know(o.functions ?? ['f'], o.build ?? 'build-1');
			return session;
		};
		const claimOne = async (session: StoreSession): Promise<RunRow> => {
			const { runs } = await session.claim({ limit: 10, queues: null, suspects: false });
			expect(runs).toHaveLength(1);
			return runs[0]!;
		};
		const eventually = async (what: () => unknown) => {
			for (let i = 0; i < 250; i++) {
				now += 10;
				if (await what()) return;
				await new Promise((resolve) => setTimeout(resolve, 10));
			}
			throw new Error('it never came');
		};

		beforeEach(() => {
			now = 1000;
			made = harness.make(clock);
		});
		afterEach(async () => {
			await Promise.all(sessions.splice(0).map((session) => session.close()));
			heard.length = 0;
			made.dispose();
		});

		describe('start', () => {
			it('keeps a run until it is read', async () => {
				const s = await open();
				const { outcome, claimed } = await s.start(newRun('r', { tags: { shop: 'north' } }));
				expect({ outcome, claimed }).toEqual({ outcome: 'created', claimed: false });
				const run = await s.read('r', { state: true });
				expect(run).toMatchObject({
					id: 'r',
					functionId: 'f',
					status: 'pending',
					turn: 0,
					startedAt: 1000,
					functions: ['f'],
				});
				expect(run).toMatchObject({ tags: { shop: 'north' }, open: [], outcome: null, endedAt: null, blocked: null });
				expect(text(run!.state)).toBe('input');
				expect((await s.read('r'))!.state).toEqual([]);
				expect(await s.read('other')).toBeNull();
			});

			it('begins a run as a copy of another one, where that one stands', async () => {
				const s = await worker({ functions: ['f', 'g'] });
				const midway = {
					turn: 3,
					state: [bytes('x'.repeat(9000)), bytes('delta 1'), bytes('delta 2')],
					functions: ['f', 'g'],
					waits: waitsFor('q'),
					progress: bytes('half'),
					log: bytes('log so far'),
				};
				expect(await s.start(newRun('copy', { midway }))).toMatchObject({ outcome: 'created', claimed: false });
				expect((await s.start(newRun('copy', { midway }))).outcome).toBe('exists');
				const row = (await s.read('copy', { state: true }))!;
				expect(row).toMatchObject({ status: 'pending', turn: 3, open: ['q'], functions: ['f', 'g'], sent: 0 });
				expect(text(row.state)).toBe(text(midway.state));
				expect(text([row.waits!, row.progress!, ...(await s.log('copy'))])).toBe('q|half|log so far');
				expect(text([(await s.input('copy'))!])).toBe('input');
				const answer = { runId: 'copy', kind: 'answer', suspension: null, hash: 'h', payload: bytes('a') } as const;
				expect(await s.post(answer)).toEqual({ outcome: 'posted' });
				const other = await worker({ store: made.there, who: 'b' });
				expect(await other.claim({ limit: 10, queues: null, suspects: false })).toMatchObject({ runs: [] });
				const claimed = await claimOne(s);
				expect(text(claimed.state)).toBe(text(midway.state));
				expect(await s.commit(turnOf(claimed))).toMatchObject({ outcome: 'committed' });
				const after = (await s.read('copy', { state: true }))!;
				expect(after).toMatchObject({ turn: 4 });
				expect(text(after.state)).toBe('state 4');
				expect(text(await s.log('copy')).replaceAll('|', '')).toBe('log so farlog 4');
			});

			it('gives the same run for the same start, and a conflict for another', async () => {
				const s = await open();
				await s.start(newRun('r'));
				expect((await s.start(newRun('r'))).outcome).toBe('exists');
				expect((await s.start(newRun('r', { hash: 'other' }))).outcome).toBe('conflict');
				expect((await s.start(newRun('r', { functionId: 'g' }))).outcome).toBe('conflict');
			});

			it('makes one run of many simultaneous starts (G2)', async () => {
				const a = await worker();
				const b = await worker({ store: made.there, who: 'b' });
				const all = await Promise.all([a, b, a, b, a, b].map((s) => s.start(newRun('r', { claim: true }))));
				expect(all.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
				expect(all.filter(({ claimed }) => claimed)).toHaveLength(1);
			});

			it('hands the run to the worker that starts it, but not before its time', async () => {
				const s = await worker();
				const first = await s.start(newRun('r', { claim: true }));
				expect(first).toMatchObject({ claimed: true, run: { epoch: 1, status: 'running' } });
				expect(text(first.run.state)).toBe('input');
				expect((await s.start(newRun('later', { claim: true, startAt: 5000 }))).claimed).toBe(false);
				expect(await s.claim({ limit: 10, queues: null, suspects: false })).toEqual({
					runs: [],
					next: 5000,
					suspects: false,
				});
				now = 5000;
				expect((await claimOne(s)).id).toBe('later');
			});
		});

		describe('claim and commit', () => {
			it('commits turn by turn, state and log with them', async () => {
				const s = await worker();
				await s.start(newRun('r'));
				const run = await claimOne(s);
				expect(run).toMatchObject({ epoch: 1, status: 'running' });
				expect(await s.commit(turnOf(run))).toEqual({ outcome: 'committed', sent: 0, held: true });
				await s.commit(turnOf({ ...run, turn: 1 }, { functions: ['f', 'g'], progress: bytes('half') }));
				const read = await s.read('r', { state: true });
				expect(read).toMatchObject({ turn: 2, status: 'running', functions: ['f', 'g'] });
				expect(text([read!.progress!])).toBe('half');
				expect(text(read!.state)).toBe('state 2');
				expect(text([Buffer.concat(await s.log('r'))])).toBe('log 1log 2');
			});

			it('keeps what a run began with, whatever becomes of it (G11)', async () => {
				const s = await worker();
				for (const id of ['good', 'bad', 'waiting']) await s.start(newRun(id, { input: bytes(`input of ${id}`) }));
				const { runs } = await s.claim({ limit: 9, suspects: false, queues: null });
				const [good, bad, waiting] = runs;
				expect(runs.map(({ state }) => text(state))).toEqual(['input of good', 'input of bad', 'input of waiting']);
				// Its first turn fails: it stands where it began.
				await s.commit(turnOf(bad!, { status: 'failed', state: null, outcome: bytes('e'), event: bytes('v') }));
				expect(text((await s.read('bad', { state: true }))!.state)).toBe('input of bad');
				await s.commit(turnOf(waiting!, { state: { full: bytes('x'.repeat(9000)) } }));
				await s.commit(turnOf({ ...waiting!, turn: 1 }, { state: { full: bytes('y') } }));
				expect(text((await s.read('waiting', { state: true }))!.state)).toBe('y');
				await s.commit(turnOf(good!, { status: 'completed', outcome: bytes('42'), state: null }));
				expect((await s.read('good', { state: true }))!.state).toEqual([]);
				for (const { id } of runs) expect(text([(await s.input(id))!])).toBe(`input of ${id}`);
				expect(await s.input('other')).toBeNull();
			});

			it('changes nothing under an old epoch, after another turn, or by another worker (G3)', async () => {
				const a = await worker();
				const b = await worker({ store: made.there, who: 'b' });
				await a.start(newRun('r'));
				const run = await claimOne(a);
				await a.commit(turnOf(run));
				for (const [session, turn] of [
					[a, turnOf(run)],
					[a, turnOf({ ...run, turn: 1, epoch: 0 })],
					[a, turnOf({ ...run, turn: 5 })],
					[b, turnOf({ ...run, turn: 1 })],
					[a, turnOf({ ...run, id: 'unknown' })],
				] as const) {
					expect(await session.commit(turn)).toEqual({ outcome: 'fenced' });
				}
				expect(await b.block('r', run.epoch, '{}')).toBe(false);
				expect(await a.read('r', { state: true })).toMatchObject({ turn: 1, status: 'running' });
				expect(text([Buffer.concat(await a.log('r'))])).toBe('log 1');
			});

			it('gives a run to one of many claimers', async () => {
				const a = await worker();
				const b = await worker({ store: made.there, who: 'b' });
				for (let i = 0; i < 20; i++) await a.start(newRun(`r${i}`));
				const claims = await Promise.all([a, b, a, b].map((s) => s.claim({ limit: 7, queues: null, suspects: false })));
				const ids = claims.flatMap(({ runs }) => runs.map(({ id }) => id));
				expect(new Set(ids).size).toBe(ids.length);
				expect(ids).toHaveLength(20);
			});

			it('parks a run until it is due', async () => {
				const s = await worker();
				await s.start(newRun('r'));
				const run = await claimOne(s);
				const parked = turnOf(run, { status: 'waiting', wakeAt: 2000, waits: waitsFor('q') });
				expect(await s.commit(parked)).toEqual({ outcome: 'committed', sent: 0, held: false });
				expect(await s.read('r')).toMatchObject({ status: 'waiting', wakeAt: 2000, open: ['q'] });
				expect(await s.claim({ limit: 10, queues: null, suspects: false })).toMatchObject({ runs: [], next: 2000 });
				now = 2000;
				expect(await claimOne(s)).toMatchObject({ id: 'r', epoch: 2, turn: 1 });
			});

			it('hands out runs of the queues that are asked for, the highest priority first, then the earliest', async () => {
				const s = await worker();
				const start = (id: string, queue: string, priority: number, startAt: number | null = null) =>
					s.start(newRun(id, { queue, priority, startAt }));
				const idsOf = ({ runs }: { runs: readonly RunRow[] }) => runs.map(({ id }) => id);
				await start('a0', 'a', 0);
				await start('later', 'a', 9, 5000);
				now = 1001;
				await start('b0', 'b', 0);
				await start('c7', 'c', 7);
				now = 1002;
				await start('a5', 'a', 5);
				await start('b-1', 'b', -1);
				await start('a0 too', 'a', 0);
				expect(await s.claim({ limit: 9, queues: [], suspects: false })).toMatchObject({ runs: [], next: null });
				expect(await s.claim({ limit: 9, queues: ['d'], suspects: false })).toMatchObject({ runs: [], next: null });
				expect(idsOf(await s.claim({ limit: 2, queues: ['a', 'b'], suspects: false }))).toEqual(['a5', 'a0']);
				expect(idsOf(await s.claim({ limit: 3, queues: null, suspects: false }))).toEqual(['c7', 'b0', 'a0 too']);
				const rest = await s.claim({ limit: 9, queues: null, suspects: false });
				expect(idsOf(rest)).toEqual(['b-1']);
				expect(rest.next).toBe(5000);
				expect(rest.runs[0]).toMatchObject({ queue: 'b', priority: -1 });
			});

			it('keeps what a turn does not mention', async () => {
				const s = await worker();
				await s.start(newRun('r'));
				const run = await claimOne(s);
				await s.commit(turnOf(run, { waits: waitsFor('q'), functions: ['g'], progress: bytes('p') }));
				await s.commit(turnOf({ ...run, turn: 1 }, { state: null, log: null }));
				const read = await s.read('r', { state: true });
				expect(read).toMatchObject({ open: ['q'], functions: ['g'], progress: bytes('p'), turn: 2 });
				expect(text(read!.state)).toBe('state 1');
				await s.commit(turnOf({ ...run, turn: 2 }, { waits: null }));
				expect(await s.read('r')).toMatchObject({ open: [], waits: null });
			});

			it('keeps a base and its deltas, whatever their size', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				const large = 'x'.repeat(10_000);
				const turns: [TurnCommit['state'], string][] = [
					[{ full: bytes('small') }, 'small'],
					[{ delta: bytes('+1'), at: 0 }, 'small|+1'],
					[{ delta: bytes('+2'), at: 1 }, 'small|+1|+2'],
					[{ delta: bytes('+12'), at: 0 }, 'small|+12'],
					[{ full: bytes(large) }, large],
					[{ delta: bytes('+1'), at: 0 }, `${large}|+1`],
					[{ delta: bytes('+2'), at: 1 }, `${large}|+1|+2`],
					[{ delta: bytes('+3'), at: 0 }, `${large}|+3`],
					[null, `${large}|+3`],
					[{ full: bytes('small again') }, 'small again'],
					[{ full: bytes(large) }, large],
					[{ full: bytes(`${large}!`) }, `${large}!`],
				];
				for (const [turn, [state, expected]] of turns.entries()) {
					expect((await s.commit(turnOf({ ...run, turn }, { state }))).outcome).toBe('committed');
					expect(text((await s.read('r', { state: true }))!.state)).toBe(expected);
				}
			});

			it('keeps the log in order, short pieces and long ones', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				let expected = '';
				for (let turn = 0; turn < 60; turn++) {
					const log = `${turn}:${'x'.repeat(turn % 7 === 6 ? 5000 : 100)};`;
					expected += log;
					await s.commit(turnOf({ ...run, turn }, { log: bytes(log) }));
				}
				expect(text([Buffer.concat(await s.log('r'))])).toBe(expected);
			});

			it('ends a run: its outcome stays, a failed one keeps the state before', async () => {
				const s = await worker();
				for (const id of ['good', 'bad']) await s.start(newRun(id, { claim: true }));
				const good = (await s.read('good'))!;
				const bad = (await s.read('bad'))!;
				now = 1500;
				await s.commit(turnOf(good, { status: 'completed', outcome: bytes('42'), state: null }));
				await s.commit(turnOf(bad, { waits: waitsFor('q') }));
				await s.commit(
					turnOf({ ...bad, turn: 1 }, { status: 'failed', outcome: bytes('no'), event: bytes('e'), state: null }),
				);
				expect(await s.read('good', { state: true })).toMatchObject({
					status: 'completed',
					endedAt: 1500,
					outcome: bytes('42'),
					state: [],
				});
				const failed = await s.read('bad', { state: true });
				expect(failed).toMatchObject({ status: 'failed', outcome: bytes('no'), event: bytes('e'), open: [], turn: 2 });
				expect(text(failed!.state)).toBe('state 1');
				expect(await s.commit(turnOf({ ...good, turn: 1 }))).toEqual({ outcome: 'fenced' });
				expect((await s.claim({ limit: 10, queues: null, suspects: false })).runs).toEqual([]);
			});

			it("takes one write's refusal for that one alone (G2)", async () => {
				const s = await worker();
				for (const id of ['a', 'b', 'c']) await s.start(newRun(id, { claim: true }));
				const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((id) => s.read(id)));
				const bad = turnOf(b!, { state: { full: 'not bytes' as never } });
				const results = await Promise.allSettled([
					s.commit(turnOf(a!)),
					s.commit(turnOf(b!, { after: 9 })),
					/^(sealed )?memory$/.test(name)
						? Promise.reject(new Error('takes anything'))
						: s.commit({ ...bad, wakeAt: Symbol() as never }),
					s.commit(turnOf(c!)),
				]);
				expect(results.map((r) => (r.status === 'fulfilled' ? r.value.outcome : 'rejected'))).toEqual([
					'committed',
					'fenced',
					'rejected',
					'committed',
				]);
				expect((await s.read('b'))!.turn).toBe(0);
			});

			it('counts attempts again without a turn', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				await s.commit(turnOf(run));
				const again = turnOf({ ...run, turn: 1 }, { turn: 1, log: null, state: { full: bytes('attempt 2') } });
				expect(await s.commit(again)).toMatchObject({ outcome: 'committed' });
				expect(await s.read('r', { state: true })).toMatchObject({ turn: 1, state: [bytes('attempt 2')] });
			});
		});

		describe('mail', () => {
			const message = (runId: string, id: string | null = null, payload = 'm') =>
				({ runId, kind: 'message', name: 'n', id, payload: bytes(payload) }) as const;
			const answer = (suspension: string | null, hash = 'h', runId = 'r') =>
				({ runId, kind: 'answer', suspension, hash, payload: bytes(hash) }) as const;
			const cancel = { runId: 'r', kind: 'cancel', payload: bytes('why') } as const;
			/** A run of `s` that waits at these suspensions. */
			const waiting = async (s: StoreSession, ...open: string[]) => {
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				await s.commit(turnOf(run, { status: 'waiting', waits: waitsFor(...open) }));
				return { ...run, turn: 1 };
			};

			it('is numbered in commit order, and consumed by turns (G4)', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				await Promise.all(['x', 'y', 'z'].map((payload) => s.post(message('r', null, payload))));
				const mail = await s.mail('r', 0);
				expect(mail.map(({ number, payload }) => `${number}${text([payload])}`)).toEqual(['1x', '2y', '3z']);
				expect(await s.commit(turnOf(run, { seen: 1 }))).toMatchObject({ sent: 3 });
				expect(await s.read('r')).toMatchObject({ sent: 3, seen: 1 });
				expect((await s.mail('r', 1)).map(({ number }) => number)).toEqual([2, 3]);
			});

			it('adds a message with an id once, even after it was consumed (G4)', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				expect(await s.post(message('r', 'one'))).toEqual({ outcome: 'posted' });
				expect(await s.post(message('r', 'one'))).toEqual({ outcome: 'repeated' });
				await s.commit(turnOf(run, { seen: 1 }));
				expect(await s.post(message('r', 'one'))).toEqual({ outcome: 'repeated' });
				expect(await s.post(message('r', 'two'))).toEqual({ outcome: 'posted' });
				expect(await s.read('r')).toMatchObject({ sent: 2 });
			});

			it('adds one answer of a sender, wherever it is addressed to (G4)', async () => {
				const s = await worker();
				const run = await waiting(s, 'a', 'b');
				const sent = { ...answer('a'), sender: 'one' };
				expect(await s.answered('r', 'one')).toBe(false);
				expect(await s.post(sent)).toEqual({ outcome: 'posted' });
				expect(await s.answered('r', 'one')).toBe(true);
				expect(await s.answered('other', 'one')).toBe(false);
				await claimOne(s);
				await s.commit(turnOf({ ...run, epoch: run.epoch + 1 }, { seen: 1, waits: waitsFor('b') }));
				expect(await s.post({ ...answer(null), sender: 'one' })).toEqual({ outcome: 'repeated' });
				expect(await s.post({ ...answer(null), sender: 'two' })).toEqual({ outcome: 'posted' });
			});

			it('makes a parked run due at once, and leaves a run that has not begun its time (G5)', async () => {
				const s = await worker();
				await waiting(s);
				await s.post(message('r'));
				expect(await claimOne(s)).toMatchObject({ id: 'r', sent: 1, seen: 0 });
				await s.start(newRun('later', { startAt: 9000 }));
				await s.post(message('later'));
				expect(await s.claim({ limit: 10, queues: null, suspects: false })).toMatchObject({ runs: [], next: 9000 });
				await s.post({ ...cancel, runId: 'later' });
				expect(await claimOne(s)).toMatchObject({ id: 'later', turn: 0, sent: 2 });
			});

			it('keeps a run with its worker that would park with unseen mail (G5)', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				await s.post(message('r'));
				expect(await s.commit(turnOf(run, { status: 'waiting' }))).toEqual({
					outcome: 'committed',
					sent: 1,
					held: true,
				});
				expect(await s.read('r')).toMatchObject({ status: 'running' });
				const seen = turnOf({ ...run, turn: 1 }, { status: 'waiting', seen: 1 });
				expect(await s.commit(seen)).toEqual({ outcome: 'committed', sent: 1, held: false });
			});

			it('refuses a turn that must not overtake mail: any, or any but messages', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				const any = { unlessUnseen: 'any' } as const;
				const calls = { unlessUnseen: 'but messages' } as const;
				expect(await s.commit(turnOf(run, any))).toMatchObject({ outcome: 'committed' });
				await s.post(message('r'));
				expect(await s.commit(turnOf({ ...run, turn: 1 }, any))).toEqual({ outcome: 'mail' });
				expect(await s.commit(turnOf({ ...run, turn: 1 }, calls))).toMatchObject({ outcome: 'committed' });
				await s.post(cancel);
				await s.post(message('r'));
				expect(await s.commit(turnOf({ ...run, turn: 2 }, calls))).toEqual({ outcome: 'mail' });
				await s.commit(turnOf({ ...run, turn: 2 }, { seen: 1 }));
				expect(await s.commit(turnOf({ ...run, turn: 3 }, calls))).toEqual({ outcome: 'mail' });
				await s.commit(turnOf({ ...run, turn: 3 }, { seen: 2 }));
				expect(await s.commit(turnOf({ ...run, turn: 4 }, any))).toEqual({ outcome: 'mail' });
				expect(await s.commit(turnOf({ ...run, turn: 4 }, calls))).toMatchObject({ outcome: 'committed' });
				expect(await s.commit(turnOf({ ...run, turn: 3 }, any))).toEqual({ outcome: 'fenced' });
			});

			it('keeps what a run had not seen by its end (G12)', async () => {
				const s = await worker();
				const run = await waiting(s, 'q');
				await s.post(message('r', 'one', 'x'));
				const held = { ...run, epoch: (await claimOne(s)).epoch };
				for (const mail of [message('r', null, 'y'), answer('q'), message('r', 'two', 'z')]) await s.post(mail);
				await s.commit(turnOf(held, { seen: 1, status: 'completed', state: null, outcome: bytes('42') }));
				expect(await s.read('r')).toMatchObject({ sent: 4, seen: 1 });
				const mail = await s.mail('r', 1);
				expect(mail.map(({ number, kind, payload }) => `${number} ${kind} ${text([payload])}`)).toEqual([
					'2 message y', '3 answer h', '4 message z',
				]); // biome-ignore format: a list
				expect(await s.post(message('r'))).toEqual({ outcome: 'over' });
			});

			it('lets the first of two answers win, and acknowledges the same again (G4)', async () => {
				const s = await worker();
				const run = await waiting(s, 'q');
				const both = await Promise.all([
					s.post(answer('q', 'yes')),
					s.post(answer('q', 'no')),
					s.post(answer('q', 'yes')),
				]);
				expect(both).toEqual([
					{ outcome: 'posted' },
					{ outcome: 'answered', suspension: 'q' },
					{ outcome: 'repeated' },
				]);
				const held = await claimOne(s);
				await s.commit(turnOf({ ...held, turn: run.turn }, { seen: 1, waits: null, status: 'completed' }));
				expect(await s.post(answer('q', 'yes'))).toEqual({ outcome: 'repeated' });
				expect(await s.post(answer('q', 'no'))).toEqual({ outcome: 'answered', suspension: 'q' });
			});

			it('addresses an answer without an id to the only open suspension', async () => {
				const s = await worker();
				await waiting(s, 'p', 'q');
				expect(await s.post(answer(null))).toEqual({ outcome: 'ambiguous', open: ['p', 'q'] });
				expect(await s.post(answer('elsewhere'))).toEqual({ outcome: 'closed' });
				await s.post(answer('p'));
				expect(await s.post(answer(null, 'other'))).toEqual({ outcome: 'posted' });
				expect((await s.mail('r', 0)).map(({ name }) => name)).toEqual(['p', 'q']);
				expect(await s.post(answer(null))).toEqual({ outcome: 'closed' });
			});

			it('tells of runs that are not there or over', async () => {
				const s = await worker();
				expect(await s.post(message('r'))).toEqual({ outcome: 'missing' });
				await s.start(newRun('r', { claim: true }));
				expect(await s.post(cancel)).toEqual({ outcome: 'posted' });
				expect(await s.post(cancel)).toEqual({ outcome: 'repeated' });
				await s.commit(turnOf((await s.read('r'))!, { status: 'cancelled' }));
				expect(await s.post(message('r'))).toEqual({ outcome: 'over' });
				expect(await s.post(answer('q'))).toEqual({ outcome: 'closed' });
			});

			it('is announced to the worker that holds the run, from here and from there', async () => {
				const a = await worker();
				const b = await open(made.there, 'b');
				await a.start(newRun('r', { claim: true }));
				await b.post(message('r'));
				await eventually(() => heard.includes('a mail r'));
			});
		});

		describe('workers', () => {
			it('announces what may be claimed and what moved, from there too', async () => {
				await worker();
				heard.length = 0;
				const b = await worker({ store: made.there, who: 'b', functions: ['f'] });
				await b.start(newRun('r'));
				await eventually(() => heard.includes('a due'));
				const run = await claimOne(b);
				heard.length = 0;
				await b.commit(turnOf(run, { status: 'waiting' }));
				await eventually(() => heard.some((line) => line.startsWith('a moved')));
				expect(heard).toContain('b moved r');
			});

			it('makes runs of a worker that left due, with no recovery counted (G6)', async () => {
				const a = await worker();
				const b = await worker({ store: made.there, who: 'b' });
				await a.start(newRun('r', { claim: true }));
				await a.close();
				expect(await claimOne(b)).toMatchObject({ id: 'r', recoveries: 0, epoch: 3 });
			});

			it('lets go of what a worker does not know to hold', async () => {
				const s = await worker();
				for (const id of ['a', 'b']) await s.start(newRun(id, { claim: true }));
				const kept = (await s.read('a'))!;
				const lost = (await s.read('b'))!;
				await s.keep([
					{ runId: 'a', epoch: kept.epoch },
					{ runId: 'b', epoch: lost.epoch - 1 },
				]);
				expect(await s.commit(turnOf(kept))).toMatchObject({ outcome: 'committed' });
				expect(await s.commit(turnOf(lost))).toEqual({ outcome: 'fenced' });
				expect(await claimOne(s)).toMatchObject({ id: 'b', recoveries: 0 });
			});

			it('tries a failed run again, by the turn that failed, and no other run', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const begun = (await s.read('r'))!;
				expect(await s.retry('r', begun.turn, bytes('again'))).toBe(false);
				const failed = { status: 'failed', state: null, outcome: bytes('error'), event: bytes('event') } as const;
				await s.commit(turnOf(begun, failed));
				expect(await s.retry('r', begun.turn, bytes('again'))).toBe(false);
				expect(await s.read('r')).toMatchObject({ status: 'failed', event: bytes('event') });
				expect(await s.retry('r', begun.turn + 1, bytes('again'))).toBe(true);
				expect(await s.retry('r', begun.turn + 1, bytes('twice'))).toBe(false);
				expect(await claimOne(s)).toMatchObject({ id: 'r', turn: 1, event: bytes('again'), outcome: null });
				expect(await s.retry('nothing', 0, bytes('again'))).toBe(false);
			});

			it('lets go of single claims, and of none that is not the very one', async () => {
				const a = await worker();
				const b = await worker({ store: made.there, who: 'b' });
				for (const id of ['a', 'b', 'c']) await a.start(newRun(id, { claim: true }));
				const kept = (await a.read('a'))!;
				await a.giveUp([
					{ runId: 'a', epoch: kept.epoch + 1 },
					{ runId: 'b', epoch: 1 },
					{ runId: 'nothing', epoch: 1 },
				]);
				await b.giveUp([{ runId: 'c', epoch: 1 }]);
				expect(await a.commit(turnOf(kept))).toMatchObject({ outcome: 'committed' });
				expect(await a.commit(turnOf((await a.read('c'))!))).toMatchObject({ outcome: 'committed' });
				const run = await claimOne(b);
				expect(run).toMatchObject({ id: 'b', epoch: 3, recoveries: 0 });
				expect(await a.commit(turnOf({ ...run, epoch: 1 }))).toEqual({ outcome: 'fenced' });
			});

			it('counts a recovery for runs of a worker that died, before they can be claimed (G6)', async () => {
				const a = await worker();
				const b = await worker({ store: made.there, who: 'b' });
				await a.start(newRun('r', { claim: true }));
				await a.start(newRun('parked', { claim: true }));
				await a.commit(turnOf((await a.read('parked'))!, { status: 'waiting', wakeAt: 1_000_000 }));
				a.die();
				await eventually(async () => (await b.read('r'))!.status === 'pending');
				const run = await claimOne(b);
				expect(run).toMatchObject({ id: 'r', recoveries: 1 });
				await b.commit(turnOf(run, { turn: 0 }));
				expect(await b.read('r')).toMatchObject({ recoveries: 1 });
				await b.commit(turnOf(run));
				expect(await b.read('r')).toMatchObject({ recoveries: 0 });
				expect(await b.read('parked')).toMatchObject({ recoveries: 0, status: 'waiting' });
			});

			it('goes on at once where everybody had died', async () => {
				const a = await worker();
				await a.start(newRun('r', { claim: true }));
				await a.start(newRun('not begun'));
				const keep = await open();
				a.die();
				const b = await worker({ who: 'b' });
				const { runs } = await b.claim({ limit: 10, queues: null, suspects: false });
				expect(runs.map(({ id, recoveries }) => `${id} ${recoveries}`).sort()).toEqual(['not begun 0', 'r 1']);
				await keep.close();
			});

			it('keeps suspects apart from the others', async () => {
				let s = await worker();
				const keep = await open();
				await s.start(newRun('poison', { claim: true }));
				for (let i = 0; i < 2; i++) {
					s.die();
					s = await worker();
					if (i === 0) expect(await claimOne(s)).toMatchObject({ recoveries: 1 });
				}
				await s.start(newRun('fine'));
				const { runs, suspects } = await s.claim({ limit: 10, queues: null, suspects: false });
				expect(runs.map(({ id }) => id)).toEqual(['fine']);
				expect(suspects).toBe(true);
				const alone = await s.claim({ limit: 1, queues: null, suspects: true });
				expect(alone.runs).toMatchObject([{ id: 'poison', recoveries: 2 }]);
				expect((await s.claim({ limit: 10, queues: null, suspects: false })).suspects).toBe(false);
				await keep.close();
			});

			it('gives a run only to a worker that knows all of it, while one lives (G7)', async () => {
				const a = await worker({ functions: ['f'] });
				const b = await worker({ functions: ['f', 'g'], store: made.there, who: 'b' });
				await a.start(newRun('r', { functionId: 'g' }));
				expect(await a.claim({ limit: 10, queues: null, suspects: false })).toMatchObject({ runs: [], next: null });
				expect(await claimOne(b)).toMatchObject({ id: 'r' });
				await b.close();
				expect(await claimOne(a)).toMatchObject({ id: 'r' });
			});

			it('keeps a blocked run from the build it did not fit, and gives it to a later one (G7)', async () => {
				const a = await worker();
				await a.start(newRun('r'));
				const run = await claimOne(a);
				expect(await a.block('r', run.epoch, '{"code":"PD"}')).toBe(true);
				expect(await a.read('r')).toMatchObject({ status: 'blocked', blocked: '{"code":"PD"}' });
				expect(await a.post({ runId: 'r', kind: 'cancel', payload: bytes('') })).toEqual({ outcome: 'posted' });
				await a.know(['f'], 'build-1');
				expect((await a.claim({ limit: 10, queues: null, suspects: false })).runs).toEqual([]);
				const b = await worker({ build: 'build-2', functions: ['other'], store: made.there, who: 'b' });
				expect((await b.claim({ limit: 10, queues: null, suspects: false })).runs).toEqual([]);
				await b.know(['f', 'other'], 'build-2');
				expect(await b.read('r')).toMatchObject({ status: 'pending', blocked: null });
				expect((await a.claim({ limit: 10, queues: null, suspects: false })).runs).toEqual([]);
				const held = await claimOne(b);
				expect(held).toMatchObject({ id: 'r', sent: 1 });
				// It stands elsewhere now, which any build may fit.
				await b.commit(turnOf(held, { seen: 1, status: 'waiting', wakeAt: 0 }));
				expect(await claimOne(a)).toMatchObject({ id: 'r', turn: 1 });
			});

			it('gives a run that does not fit one build to a live worker of another, which need not come anew (G7)', async () => {
				const a = await worker();
				const b = await worker({ build: 'build-2', store: made.there, who: 'b' });
				await a.start(newRun('r'));
				const run = await claimOne(a);
				heard.length = 0;
				await a.block('r', run.epoch, '{"code":"PD"}');
				await eventually(() => heard.includes('b due'));
				expect(await a.read('r')).toMatchObject({ status: 'pending', blocked: null });
				expect((await a.claim({ limit: 10, queues: null, suspects: false })).runs).toEqual([]);
				const held = await claimOne(b);
				await b.block('r', held.epoch, '{"code":"PD2"}');
				expect(await a.read('r')).toMatchObject({ status: 'blocked', blocked: '{"code":"PD2"}' });
			});

			it('gives a blocked run to a worker that replays and has its own function, whatever else it needs (G7)', async () => {
				const a = await worker({ functions: ['f', 'g'] });
				await a.start(newRun('r', { claim: true }));
				const run = (await a.read('r'))!;
				await a.commit(turnOf(run, { functions: ['f', 'gone'], status: 'waiting', wakeAt: 0 }));
				await a.block('r', (await claimOne(a)).epoch, '{}');
				await a.know(['f', 'g', 'h'], 'build-2');
				expect(await a.read('r')).toMatchObject({ status: 'blocked' });
				const b = await open(made.there, 'b');
				await b.know(['other'], 'build-3', true);
				expect(await a.read('r')).toMatchObject({ status: 'blocked' });
				await b.know(['f'], 'build-4', true);
				expect(await a.read('r')).toMatchObject({ status: 'pending' });
				expect((await a.claim({ limit: 10, queues: null, suspects: false })).runs).toHaveLength(1);
				await a.block('r', (await a.read('r'))!.epoch, '{}');
				// At once the one that lives, and when it cannot either, nobody.
				const tried = await claimOne(b);
				expect(tried).toMatchObject({ id: 'r' });
				await b.block('r', tried.epoch, '{"code":"PD"}');
				expect(await a.read('r')).toMatchObject({ status: 'blocked', blocked: '{"code":"PD"}' });
			});

			it("is anybody's, to say so, when each of its functions is known but all of them to nobody (G7)", async () => {
				const a = await worker();
				const b = await worker({ functions: ['g'], store: made.there, who: 'b' });
				await a.start(newRun('r', { claim: true }));
				await a.commit(turnOf((await a.read('r'))!, { functions: ['f', 'g'], status: 'waiting', wakeAt: 0 }));
				expect(await claimOne(b)).toMatchObject({ id: 'r' });
			});

			it('says again that a run does not fit when the one that was to try has gone (G7)', async () => {
				const a = await worker();
				const b = await worker({ build: 'build-2', store: made.there, who: 'b' });
				await a.start(newRun('r'));
				await a.block('r', (await claimOne(a)).epoch, '{}');
				expect((await a.claim({ limit: 10, queues: null, suspects: false })).runs).toEqual([]);
				await b.close();
				await a.block('r', (await claimOne(a)).epoch, '{}');
				expect(await a.read('r')).toMatchObject({ status: 'blocked', blocked: '{}' });
				expect((await a.claim({ limit: 10, queues: null, suspects: false })).runs).toEqual([]);
			});

			it('answers nothing once it is closed', async () => {
				const s = await worker();
				await s.close();
				await s.close();
				await expect(s.read('r')).rejects.toThrow(/closed/);
				await expect(s.start(newRun('r'))).rejects.toThrow(/closed/);
			});
		});

		describe('children', () => {
			const held = async (s: StoreSession, id: string) => {
				await s.start(newRun(id, { claim: true }));
				return (await s.read(id))!;
			};
			const end = { status: 'completed', outcome: bytes('42'), state: null } as const;
			const awaits = (...ids: string[]) => ({ status: 'waiting', awaits: ids }) as const;

			it('start with the turn, and not before it (G9)', async () => {
				const s = await worker();
				const run = await held(s, 'r');
				const starts = [newRun('child'), newRun('later', { startAt: 5000, tags: { a: 'b' } })];
				expect(await s.commit(turnOf({ ...run, epoch: 9 }, { starts }))).toEqual({ outcome: 'fenced' });
				expect(await s.read('child')).toBeNull();
				heard.length = 0;
				await s.commit(turnOf(run, { starts }));
				expect(heard).toContain('a due');
				expect(await s.read('later')).toMatchObject({ status: 'pending', tags: { a: 'b' } });
				const child = await claimOne(s);
				expect(child).toMatchObject({ id: 'child', functionId: 'f', turn: 0 });
				expect(text(child.state)).toBe('input');
			});

			it('are the same run for the same start, and refuse the turn for another (G9)', async () => {
				const s = await worker();
				const run = await held(s, 'r');
				await s.start(newRun('child', { startAt: 9000 }));
				const refused = (more: object) => s.commit(turnOf(run, { starts: [newRun('new'), newRun('child', more)] }));
				expect(await refused({ hash: 'x' })).toEqual({
					outcome: 'conflict',
					runId: 'child',
					difference: 'other arguments',
				});
				expect(await refused({ functionId: 'g' })).toMatchObject({
					outcome: 'conflict',
					difference: "another function, 'f'",
				});
				expect(await s.read('r')).toMatchObject({ turn: 0 });
				expect(await s.read('new')).toBeNull();
				expect(await refused({})).toMatchObject({ outcome: 'committed' });
				expect(await s.read('new')).not.toBeNull();
			});

			it('tell the end to those that await it, once (G9)', async () => {
				const s = await worker();
				const [r, q, child] = [await held(s, 'r'), await held(s, 'q'), await held(s, 'child')];
				await s.commit(turnOf(r, awaits('child')));
				await s.commit(turnOf(q, { awaits: ['child'] }));
				expect(await s.read('r')).toMatchObject({ status: 'waiting', sent: 0 });
				heard.length = 0;
				await s.commit(turnOf(child, end));
				expect(heard).toContain('a due');
				expect(heard).toContain('a mail q');
				expect(await claimOne(s)).toMatchObject({ id: 'r', sent: 1 });
				for (const id of ['r', 'q']) {
					expect(await s.mail(id, 0)).toEqual([
						{ number: 1, kind: 'ended', name: 'child', payload: bytes('42'), status: 'completed' },
					]);
				}
				const again = (await s.read('r'))!;
				await s.commit(turnOf(again, { seen: 1, ...awaits() }));
				expect(await s.mail('r', 1)).toEqual([]);
			});

			it('tell an end that came before the wait, and that there is no such run (G9)', async () => {
				const s = await worker();
				const [r, child] = [await held(s, 'r'), await held(s, 'child')];
				await s.commit(turnOf(child, { ...end, status: 'failed' }));
				expect(await s.commit(turnOf(r, { awaits: ['child', 'nobody'] }))).toMatchObject({ sent: 2, held: true });
				expect(await s.mail('r', 0)).toMatchObject([
					{ name: 'child', status: 'failed', payload: bytes('42') },
					{ kind: 'ended', name: 'nobody' },
				]);
				expect((await s.mail('r', 1))[0]!.status).toBeUndefined();
				const q = await held(s, 'q');
				await s.commit(turnOf(q, awaits('child')));
				expect(await claimOne(s)).toMatchObject({ id: 'q', sent: 1, seen: 0 });
			});

			it('tell nobody that is over', async () => {
				const s = await worker();
				const [r, child] = [await held(s, 'r'), await held(s, 'child')];
				await s.commit(turnOf(r, { awaits: ['child'] }));
				await s.commit(turnOf({ ...r, turn: 1 }, end));
				await s.commit(turnOf(child, end));
				expect(await s.read('r')).toMatchObject({ status: 'completed', sent: 0 });
			});

			it('tell their end to a run of another process', async () => {
				const a = await worker();
				const b = await worker({ store: made.there, who: 'b', functions: ['g'] });
				const child = await held(a, 'child');
				await b.start(newRun('r', { functionId: 'g', claim: true }));
				await b.commit(turnOf((await b.read('r'))!, { awaits: ['child'] }));
				heard.length = 0;
				await a.commit(turnOf(child, end));
				await eventually(() => heard.includes('b mail r'));
			});
		});

		describe('outbox', () => {
			const emit = (...seqs: number[]) => ({ emitted: seqs.map((seq) => ({ seq, event: bytes(`event ${seq}`) })) });
			const took = (rows: readonly OutboxRow[]) => rows.map(({ runId, seq }) => `${runId}${seq}`).join(' ');
			/** Runs of `s`, each with these events committed. */
			const emitted = async (s: StoreSession, runs: Record<string, number[]>) => {
				for (const [id, seqs] of Object.entries(runs)) {
					await s.start(newRun(id, { claim: true }));
					const run = (await s.read(id))!;
					for (const [turn, seq] of seqs.entries()) await s.commit(turnOf({ ...run, turn }, emit(seq)));
				}
			};
			const take = (s: StoreSession, batch = 1, limit = 10, consumer = 'c') => s.consume({ consumer, batch, limit });

			it('has what a committed turn emitted, once, in order, until it is acknowledged (G8)', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				now = 1500;
				await s.commit(turnOf(run, emit(3, 4)));
				await s.commit(turnOf(run, emit(5)));
				expect(heard).toContain('a emitted');
				const rows = await take(s);
				expect(rows).toEqual([
					{ runId: 'r', seq: 3, at: 1500, event: bytes('event 3') },
					{ runId: 'r', seq: 4, at: 1500, event: bytes('event 4') },
				]);
				expect(await s.acknowledge('c', { runId: 'r', seq: 3 })).toBe(true);
				expect(await s.acknowledge('c', { runId: 'r', seq: 3 })).toBe(true);
				await s.release('c');
				expect(took(await take(s, 2))).toBe('r4');
				expect(await take(s, 3)).toEqual([]);
			});

			it('keeps events of a run that has ended, and of its last turn', async () => {
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				await s.commit(turnOf(run, { ...emit(1), status: 'completed', state: null }));
				expect(took(await take(s))).toBe('r1');
			});

			it('gives the same for the same batch again', async () => {
				const s = await worker();
				await emitted(s, { r: [1, 2, 3] });
				expect(took(await take(s, 1, 2))).toBe('r1 r2');
				expect(took(await take(s, 1, 2))).toBe('r1 r2');
				expect(took(await take(s, 2, 2))).toBe('r3');
				await s.acknowledge('c', { runId: 'r', seq: 1 });
				expect(took(await take(s, 1, 2))).toBe('r2');
			});

			it('gives events of one run to one consumer at a time, in order (G8)', async () => {
				const a = await worker();
				const b = await open(made.there, 'b');
				await emitted(a, { r: [1, 2, 3], q: [1, 2] });
				expect(took(await take(a, 1, 1))).toBe('r1');
				expect(took(await take(b))).toBe('q1 q2');
				expect(took(await take(b, 2))).toBe('');
				expect(await b.acknowledge('c', { runId: 'r', seq: 1 })).toBe(false);
				expect(await b.acknowledge('c', { runId: 'r', seq: 2 })).toBe(false);
				// Another consumer of the same session is another consumer.
				expect(took(await take(a, 1, 10, 'd'))).toBe('');
				expect(took(await take(a, 2, 1))).toBe('r2');
				await a.acknowledge('c', { runId: 'r', seq: 1 });
				heard.length = 0;
				await a.release('c');
				await eventually(() => heard.includes('b emitted'));
				expect(took(await take(b, 3))).toBe('r2 r3');
			});

			it('shares events of many runs between consumers that ask at once', async () => {
				const a = await worker();
				const b = await open(made.there, 'b');
				await emitted(a, Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`r${i}-`, [1, 2]])));
				const batches = await Promise.all(
					[a, b].flatMap((s) =>
						[1, 2, 3].map((n) => take(s, 1, 5, `${n}`).then((rows) => rows.map((row) => ({ ...row, by: s })))),
					),
				);
				const all = batches.flat();
				expect(new Set(all.map(({ runId, seq }) => `${runId}${seq}`)).size).toBe(all.length);
				for (const batch of batches)
					expect(batch.map(({ seq }) => seq)).toEqual(
						batch.map(({ runId }, i) => 1 + batch.slice(0, i).filter((row) => row.runId === runId).length),
					);
			});

			it('gives events to others when a session is closed or its process has died (G8)', async () => {
				const a = await worker();
				const b = await open(made.there, 'b');
				const c = await open(made.here, 'c');
				await emitted(a, { r: [1], q: [1] });
				expect(took(await take(b, 1, 1))).toBe('r1');
				expect(took(await take(c, 1, 1))).toBe('q1');
				await b.close();
				expect(took(await take(a))).toBe('r1');
				c.die();
				await eventually(async () => took(await take(a, 2)) === 'q1');
			});

			it('announces events from there', async () => {
				await open(made.there, 'b');
				const a = await worker();
				await emitted(a, { r: [1] });
				await eventually(() => heard.includes('b emitted'));
			});
		});

		describe('blobs', () => {
			it('gives every value that is stored, and replaces one unless others took its place', async ({ skip }) => {
				skip(made.sealed === true, 'what is put there is not sealed');
				const s = await worker();
				await s.start(newRun('r', { claim: true }));
				const run = (await s.read('r'))!;
				await s.post({ runId: 'r', kind: 'message', name: 'n', id: null, payload: bytes('mail') });
				await s.commit(
					turnOf(run, {
						state: { full: bytes('full') },
						log: bytes('log 1'),
						waits: waitsFor('q'),
						progress: bytes('progress'),
						emitted: [{ seq: 1, event: bytes('event') }],
					}),
				);
				await s.commit(turnOf({ ...run, turn: 1 }, { state: { delta: bytes('delta'), at: 0 }, log: null }));
				const seen: string[] = [];
				for await (const { runId, field, bytes: found, replace } of s.blobs()) {
					seen.push(`${runId} ${field} ${text([found])}`);
					if (field === 'progress')
						await s.commit(turnOf({ ...run, turn: 2 }, { state: null, log: null, progress: bytes('later') }));
					expect(await replace(bytes(`new ${text([found])}`)), field).toBe(field !== 'progress');
				}
				expect(seen.sort()).toEqual(
					[
						'state input',
						'state full',
						'state delta',
						'log log 1',
						'waits q',
						'progress progress',
						'mail mail',
						'outbox event',
					]
						.map((line) => `r ${line}`)
						.sort(),
				);
				const read = await s.read('r', { state: true });
				expect(text(read!.state)).toBe('new full|new delta');
				expect(text([(await s.input('r'))!])).toBe('new input');
				expect(text([read!.waits!, read!.progress!])).toBe('new q|later');
				expect(text(await s.log('r'))).toBe('new log 1');
				expect(text([(await s.mail('r', 0))[0]!.payload])).toBe('new mail');
				expect(text([(await s.consume({ consumer: 'c', batch: 1, limit: 1 }))[0]!.event])).toBe('new event');
			});
		});

		describe('list', () => {
			it('gives runs in order of start, by status, function and tags', async () => {
				const s = await worker();
				for (let i = 0; i < 250; i++) {
					await s.start(
						newRun(`r${i}`, { functionId: i % 2 ? 'f' : 'g', tags: i % 5 ? null : { fifth: 'yes', i: `${i}` } }),
					);
				}
				const ids = async (filter: Parameters<typeof s.list>[0]) => {
					const found: string[] = [];
					for await (const { id } of s.list(filter)) found.push(id);
					return found;
				};
				expect(await ids({})).toEqual(Array.from({ length: 250 }, (_, i) => `r${i}`));
				expect(await ids({ functionId: 'g', tags: { fifth: 'yes' } })).toHaveLength(25);
				expect(await ids({ tags: { fifth: 'yes', i: '35' } })).toEqual(['r35']);
				expect(await ids({ status: ['running', 'waiting'] })).toEqual([]);
				expect(await ids({ status: ['pending'], functionId: 'f' })).toHaveLength(125);
			});
		});
	});
}

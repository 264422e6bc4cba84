import { resolve } from 'node:path';
import { StoreError } from '../errors/store.ts';
import { type Clock, type Random, realClock, realRandom } from '../ports/clock.ts';
import {
	type Committed,
	type HeldRun,
	isNews,
	type Posted,
	type Store,
	type StoreListener,
	type StoreSession,
	type Transacted,
	type TurnCommit,
} from '../ports/store.ts';
import { blobs } from './blobs.ts';
import {
	claim,
	type Enrolment,
	enrol,
	free,
	giveUp,
	isEnrolled,
	keep,
	know,
	look,
	take,
	type Worker,
} from './claim.ts';
import { block, type CommittedTo, commit } from './commit.ts';
import type { Connection } from './connection.ts';
import { failure } from './failure.ts';
import { WorkerLock } from './lock.ts';
import { SqliteTransaction } from './open-transaction.ts';
import { acknowledge, consume, hasEvents, release } from './outbox.ts';
import { isAnsweredBy, post } from './post.ts';
import { input, list, log, mail, read } from './read.ts';
import { retry } from './retry.ts';
import { type Opened, Shared } from './shared.ts';
import { start } from './start.ts';
import { STORE } from './transaction.ts';
import type { Writer } from './writer.ts';

/** A session of a SQLite store; a test may let its process die. */
export interface SqliteSession extends StoreSession {
	/** As if its process had been killed: it lets go of its lock and does nothing any more. */
	die(): void;
	/** As if its process had been taken for dead: what it has is others', and it goes on without knowing. */
	expire(): Promise<void>;
}

export interface SqliteStore extends Store {
	open(listener: StoreListener): Promise<SqliteSession>;
}

/**
 * A store in one SQLite file (`node:sqlite`, WAL, `synchronous=FULL`), or in memory with `':memory:'`.
 * Several processes may open the file; beside it is one small lock file for each live worker.
 * Nothing is opened before the first engine uses it, and the file is closed with the last one.
 */
export function sqlite(path: string, o: { readonly clock?: Clock; readonly random?: Random } = {}): SqliteStore {
	const file = path === ':memory:' ? null : resolve(path);
	const shared = new Shared(file, o.clock ?? realClock, o.random ?? realRandom);
	return { open: async (listener) => new Session(shared, listener, await shared.open()) };
}

class Session implements SqliteSession {
	readonly listener: StoreListener;
	readonly #shared: Shared;
	readonly #db: Connection;
	readonly #writer: Writer;
	#me: Enrolment | null = null;
	#lock: WorkerLock | null = null;
	#joining: Promise<void> | null = null;
	#closed = false;

	constructor(shared: Shared, listener: StoreListener, { db, writer }: Opened) {
		this.listener = listener;
		this.#shared = shared;
		shared.join(this);
		this.#db = db;
		this.#writer = writer;
	}

	get worker(): string | null {
		return this.#me?.worker ?? null;
	}

	now(): number {
		return this.#shared.clock.now();
	}

	async start(run: Parameters<StoreSession['start']>[0]) {
		// Awaits nothing as a rule: writes are made in the order they are asked for.
		if (run.claim && this.#lock?.isLost) await this.#lock.renew();
		const started = await this.#write(() => {
			if (run.claim && this.#me !== null) enrol(this.#db, this.#me);
			return start(this.#db, this.worker, this.now(), run);
		});
		if (started.outcome === 'created' && !started.claimed) this.#shared.tell((listener) => listener.due());
		return started;
	}

	async post(mail: Parameters<StoreSession['post']>[0]): Promise<Posted> {
		const { posted, owner } = await this.#write(() => post(this.#db, this.now(), mail));
		if (posted.outcome !== 'posted') return posted;
		this.#tellMail(mail.runId, owner);
		return posted;
	}

	/** `owner`: who held the run when the mail was added. */
	#tellMail(runId: string, owner: string | null): void {
		for (const { worker, listener } of this.#shared.sessions) {
			if (owner === null) queueMicrotask(() => listener.due());
			else if (worker === owner) queueMicrotask(() => listener.mail(runId));
		}
	}

	async read(runId: string, o?: { readonly state: boolean }) {
		return this.#read(() => read(this.#db, runId, o?.state ?? false));
	}

	list(filter: Parameters<StoreSession['list']>[0]) {
		this.#check();
		return list(this.#db, filter, (work) => this.#read(work));
	}

	async log(runId: string) {
		return this.#read(() => log(this.#db, runId));
	}

	async input(runId: string) {
		return this.#read(() => input(this.#db, runId));
	}

	blobs() {
		this.#check();
		return blobs(this.#db, { read: (work) => this.#read(work), write: (work) => this.#write(work) });
	}

	/** Others can tell from now on whether this session's process lives. */
	async #join(): Promise<Enrolment> {
		this.#check();
		if (this.#me === null) {
			this.#joining ??= this.#enter().finally(() => {
				this.#joining = null;
			});
			await this.#joining;
		}
		return this.#me!;
	}

	async #enter(): Promise<void> {
		const { file, random, clock } = this.#shared;
		const worker = random.id();
		const me = { worker, build: '', functions: '[]', replaying: 0 };
		if (file === null) {
			this.#me = me;
			return;
		}
		// The lock before the row: whoever sees the row may try the lock.
		const lock = await WorkerLock.take(file, worker, clock);
		if (this.#closed) lock.release(true);
		this.#check();
		[this.#lock, this.#me] = [lock, me];
		await this.#shared.settleDead();
	}

	async consume(o: Parameters<StoreSession['consume']>[0]) {
		const me = await this.#join();
		const { worker } = me;
		if (!(await this.#read(() => hasEvents(this.#db, worker, o)))) return [];
		if (this.#lock?.isLost) await this.#lock.renew();
		return this.#write(() => {
			enrol(this.#db, me);
			return consume(this.#db, worker, o);
		});
	}

	async acknowledge(consumer: string, event: Parameters<StoreSession['acknowledge']>[1]) {
		const { worker } = this.#worker();
		return this.#write(() => acknowledge(this.#db, worker, consumer, event));
	}

	async release(consumer: string): Promise<void> {
		const { worker } = this.#worker();
		await this.#write(() => release(this.#db, worker, consumer));
		this.#shared.tell((listener) => listener.emitted());
	}

	async know(functions: readonly string[], build: string, replaying = false): Promise<void> {
		const { worker } = await this.#join();
		const me = { worker, build, functions: JSON.stringify(functions), replaying: replaying ? 1 : 0 };
		this.#me = me;
		await this.#write(() => know(this.#db, me, this.now()));
		this.#shared.tell((listener) => listener.due());
	}

	async claim(o: Parameters<StoreSession['claim']>[0]) {
		const enrolment = this.#enrolment();
		const me = this.#worker();
		await this.#remain(enrolment);
		const now = this.now();
		const looked = await this.#read(() => look(this.#db, me, o, now));
		const found = o.suspects ? looked.suspects : looked.next !== null && looked.next <= now;
		if (!found) return looked;
		return this.#write(() => {
			enrol(this.#db, enrolment);
			return claim(this.#db, me, o, this.now());
		});
	}

	/** One that others took for dead although it lives, because its lock file was removed, is a worker again. */
	async #remain(me: Enrolment): Promise<void> {
		if (this.#lock?.isLost) await this.#lock.renew();
		if (await this.#read(() => isEnrolled(this.#db, me))) return;
		await this.#write(() => know(this.#db, me, this.now()));
	}

	async giveUp(claims: Parameters<StoreSession['giveUp']>[0]): Promise<void> {
		const { worker } = this.#worker();
		await this.#write(() => giveUp(this.#db, worker, claims, this.now()));
		this.#shared.tell((listener) => listener.due());
	}

	async keep(claims: readonly HeldRun[]): Promise<void> {
		const { worker } = this.#worker();
		await this.#write(() => keep(this.#db, worker, claims, this.now()));
		this.#shared.tell((listener) => listener.due());
	}

	async retry(runId: string, turn: number, event: Uint8Array) {
		const done = await this.#write(() => retry(this.#db, this.now(), runId, turn, event));
		if (done) {
			this.#shared.tell((listener) => {
				listener.moved(runId);
				listener.due();
			});
		}
		return done;
	}

	async answered(runId: string, sender: string) {
		return this.#read(() => isAnsweredBy(this.#db, runId, sender));
	}

	async mail(runId: string, after: number) {
		return this.#read(() => mail(this.#db, runId, after));
	}

	async commit(turn: Parameters<StoreSession['commit']>[0]) {
		const { worker } = this.#worker();
		return this.#announce(turn, await this.#write(() => commit(this.#db, worker, this.now(), turn)));
	}

	/** G10. The turn is written and committed in one go: nobody sees it before, not on the same connection either. */
	async transact<S extends { readonly ok: boolean }>({ store, body, limit, late, turn }: Transacted<S>) {
		const { worker } = this.#worker();
		if (store !== STORE)
			throw new StoreError({ problem: `a transaction of ${store} was asked of a SQLite store`, refused: true });
		return this.#writer.alone(async () => {
			this.#check();
			const db = await this.#shared.aside();
			await this.#writer.begin(db);
			try {
				db.run('SAVEPOINT body');
				const settled = await this.#limited(new SqliteTransaction(db), body, limit, late);
				if (!settled.ok) db.run('ROLLBACK TO body');
				db.run('RELEASE body');
				const made = await turn(settled);
				this.#check();
				const written = commit(db, worker, this.now(), made);
				db.run(written.committed.outcome === 'committed' ? 'COMMIT' : 'ROLLBACK');
				return this.#announce(made, written);
			} catch (cause) {
				try {
					db.rollback();
				} catch {
					// As broken as what led here.
				}
				throw failure(cause);
			}
		});
	}

	/** How the body went; when its time is up, that it is late. */
	async #limited<S>(
		tx: SqliteTransaction,
		body: (tx: SqliteTransaction) => Promise<S>,
		limit: number,
		late: () => S,
	): Promise<S> {
		const { clock } = this.#shared;
		let stop = () => {};
		const timeout = new Promise<'late'>((resolve) => {
			stop = clock.timer(clock.now() + limit, () => resolve('late'));
		});
		const settled = await Promise.race([body(tx), timeout]);
		stop();
		tx.ended = true;
		return settled === 'late' ? late() : settled;
	}

	#announce(turn: TurnCommit, { committed, told }: CommittedTo): Committed {
		for (const { runId, owner } of told) this.#tellMail(runId, owner);
		if (committed.outcome === 'committed') {
			if (isNews(turn)) this.#shared.tell((listener) => listener.moved(turn.runId));
			if (!committed.held && turn.wakeAt !== null) this.#shared.tell((listener) => listener.due());
			if (turn.starts !== undefined) this.#shared.tell((listener) => listener.due());
			if (turn.emitted !== undefined) this.#shared.tell((listener) => listener.emitted());
		}
		return committed;
	}

	async block(runId: string, epoch: number, reason: string, { died } = { died: false }) {
		const me = this.#worker();
		const done = await this.#write(() => block(this.#db, me, this.now(), { runId, epoch }, reason, died));
		this.#shared.tell((listener) => {
			listener.moved(runId);
			listener.due();
		});
		return done;
	}

	async close({ died }: { readonly died: boolean } = { died: false }): Promise<void> {
		if (this.#closed) return;
		const { worker } = this;
		try {
			if (worker !== null) await this.#writer.write(() => free(this.#db, worker, died, this.now()));
		} finally {
			// Where that cannot be written, others find out: its lock is gone.
			if (!this.#closed) this.#leave({ removeLock: true });
		}
	}

	#leave({ removeLock }: { readonly removeLock: boolean }): void {
		this.#closed = true;
		this.#lock?.release(removeLock);
		this.#shared.leave(this);
		this.#shared.freed();
	}

	die(): void {
		if (this.#closed) return;
		// What it has asked for and is not written yet never is.
		this.#closed = true;
		const { worker } = this;
		if (worker !== null && this.#lock === null) {
			// Behind a transaction of a user's, which is on this connection and may be rolled back.
			const freed = this.#writer.write(() => free(this.#db, worker, true, this.now()));
			freed.then(() => this.#shared.freed()).catch(() => {});
			this.#writer.flush();
		}
		this.#leave({ removeLock: false });
	}

	async expire(): Promise<void> {
		const { worker } = this;
		if (worker === null) return;
		await this.#write(() => take(this.#db, worker, true, this.now()));
		this.#shared.freed();
	}

	#read<T>(work: () => T): Promise<T> {
		return this.#writer.read(() => {
			this.#check();
			return this.#db.snapshot(work);
		});
	}

	#write<T>(work: () => T): Promise<T> {
		this.#check();
		return this.#writer.write(() => {
			this.#check();
			return work();
		});
	}

	#enrolment(): Enrolment {
		this.#check();
		if (this.#me === null) throw new StoreError({ problem: 'only a worker can do this: call `know` first' });
		return this.#me;
	}

	#worker(): Worker {
		const { worker, build } = this.#enrolment();
		return { worker, build };
	}

	#check(): void {
		if (this.#closed) throw new StoreError({ problem: 'the session is closed' });
	}
}

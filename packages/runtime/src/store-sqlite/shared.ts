import { existsSync } from 'node:fs';
import { StoreError } from '../errors/store.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { StoreListener } from '../ports/store.ts';
import { free } from './claim.ts';
import { Connection } from './connection.ts';
import { LockProbe, lockPath, removeLock } from './lock.ts';
import { mailed } from './read.ts';
import { watch } from './watch.ts';
import { Writer } from './writer.ts';

/** A session, as the others need to know it. */
export interface Sharing {
	readonly listener: StoreListener;
	/** Null until it claims or consumes. */
	readonly worker: string | null;
}

export interface Opened {
	readonly db: Connection;
	readonly writer: Writer;
}

/**
 * Owns: the connection that all sessions of one `sqlite(...)` share, and who they are.
 * Called by: the sessions. Open from the first session to the last (a memory database: for ever).
 */
export class Shared {
	readonly file: string | null;
	readonly clock: Clock;
	readonly random: Random;
	readonly sessions = new Set<Sharing>();
	/** Sessions, and those that are about to be. */
	#users = 0;
	#opening: Promise<Opened> | null = null;
	#open: Opened | null = null;
	/** For transactions of users: a second connection, so that others can read meanwhile. */
	#second: Connection | null = null;
	#unwatch = () => {};
	/** Workers of other processes, and of this one's other connections to the file. */
	readonly #probes = new Map<string, LockProbe>();

	constructor(file: string | null, clock: Clock, random: Random) {
		this.file = file;
		this.clock = clock;
		this.random = random;
	}

	/** For one session, which then joins. @throws StoreError */
	async open(): Promise<Opened> {
		this.#users++;
		try {
			this.#opening ??= this.#connect();
			return await this.#opening;
		} catch (error) {
			this.#users--;
			throw error;
		}
	}

	async #connect(): Promise<Opened> {
		try {
			const db = await Connection.open(this.file ?? ':memory:', this.clock);
			this.#open = { db, writer: new Writer(db, this.clock) };
			return this.#open;
		} catch (error) {
			this.#opening = null;
			throw error;
		}
	}

	join(session: Sharing): void {
		if (this.sessions.size === 0 && this.file !== null) {
			this.#unwatch = watch(this.#open!.db, this.clock, { changed: () => this.#changed(), lives: () => this.#lives() });
		}
		this.sessions.add(session);
	}

	/** The connection that transactions of users are on; a memory database has but one. One call at a time. @throws StoreError */
	async aside(): Promise<Connection> {
		const open = this.#open!;
		if (this.file === null) return open.db;
		if (this.#second !== null) return this.#second;
		const second = await Connection.open(this.file, this.clock);
		if (this.#open !== open) {
			second.close();
			throw new StoreError({ problem: 'the session is closed' });
		}
		this.#second = second;
		return second;
	}

	leave(session: Sharing): void {
		this.sessions.delete(session);
		if (this.sessions.size === 0) this.#unwatch();
		if (--this.#users > 0 || this.file === null) return;
		for (const probe of this.#probes.values()) probe.close();
		this.#probes.clear();
		this.#open?.writer.flush();
		this.#second?.close();
		this.#second = null;
		this.#open?.db.close();
		this.#open = null;
		this.#opening = null;
	}

	/** After the write is through, and never from within it. */
	tell(what: (listener: StoreListener) => void): void {
		queueMicrotask(() => {
			for (const { listener } of this.sessions) what(listener);
		});
	}

	/** A session ended: what it held is others'. */
	freed(): void {
		this.tell((listener) => {
			listener.due();
			listener.emitted();
		});
	}

	#changed(): void {
		for (const { worker, listener } of this.sessions) {
			if (worker !== null) for (const id of mailed(this.#open!.db, worker)) listener.mail(id);
			listener.moved(null);
			listener.due();
			listener.emitted();
		}
	}

	/** Finds workers that died, and makes their runs due. */
	#lives(): void {
		const others = this.#others();
		for (const [id, probe] of this.#probes) {
			if (others.includes(id)) continue;
			probe.close();
			this.#probes.delete(id);
		}
		// A burial that fails is tried again with the next look.
		for (const id of others) if (this.#isDead(id)) this.#bury(id).catch(() => {});
	}

	/** Runs of dead workers are due before this returns: a process that starts again goes on at once. */
	async settleDead(): Promise<void> {
		const others = await this.#open!.writer.read(() => this.#others());
		const dead = others.filter((id) => this.#isDead(id));
		await Promise.all(dead.map((id) => this.#bury(id)));
	}

	#others(): string[] {
		const own = new Set([...this.sessions].map(({ worker }) => worker));
		const all: string[] = this.#open!.db.all('SELECT id FROM worker').map((row) => row.id!);
		return all.filter((id) => !own.has(id));
	}

	#isDead(worker: string): boolean {
		const path = lockPath(this.file!, worker);
		if (!existsSync(path)) return true;
		let probe = this.#probes.get(worker);
		if (probe === undefined) {
			try {
				probe = new LockProbe(path);
			} catch {
				// No file of this process's can be opened just now; or not this one, as long as it is there.
				return false;
			}
			this.#probes.set(worker, probe);
		}
		return probe.isFree();
	}

	async #bury(worker: string): Promise<void> {
		const { db, writer } = this.#open!;
		this.#probes.get(worker)?.close();
		this.#probes.delete(worker);
		await writer.write(() => free(db, worker, true, this.clock.now()));
		removeLock(lockPath(this.file!, worker));
		this.freed();
	}
}

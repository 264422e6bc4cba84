import { type Claimed, type ClaimOptions, type HeldRun, type RunRow, SUSPECT } from '../ports/store.ts';
import type { Connection, Row } from './connection.ts';
import { freeEvents } from './outbox.ts';
import { rowOf } from './row.ts';

/** Bytes of state that one claim hands over, at most (the first run comes whatever its size). */
const CLAIM_BYTES = 64 * 1024 * 1024;

/** G7. The worker knows all functions of the run. */
const KNOWN = `
	NOT EXISTS (
		SELECT 1 FROM json_each(run.functions) AS f
		WHERE f.value NOT IN (SELECT k.value FROM json_each(w.functions) AS k)
	)`;

/** As far as anybody knows it can go on with the run: `blocked_by` lists builds that it did not fit. */
const FITTING = `
	instr(run.blocked_by, w.build) = 0 AND (
		${KNOWN} OR w.replaying AND run.function IN (SELECT k.value FROM json_each(w.functions) AS k)
	)`;

const among = (whom: string, what: string) => `EXISTS (SELECT 1 FROM worker AS w WHERE ${whom} AND ${what})`;
const ME = 'w.id = :worker';
const ANYBODY = 'true';

/** What fits nobody is anybody's, to say so. */
const CLAIMABLE = `
	CASE WHEN instr(blocked_by, :build) > 0 THEN NOT ${among(ANYBODY, FITTING)} ELSE
		${among(ME, KNOWN)} OR NOT ${among(ANYBODY, KNOWN)}
	END`;

/** One or two seeks in the index for each queue and priority that a run with a time has. */
const LANES = `
	WITH RECURSIVE lane (n) AS (
		SELECT (SELECT n FROM run WHERE ready_at IS NOT NULL ORDER BY queue, priority LIMIT 1)
		UNION ALL
		SELECT coalesce(
			(SELECT n FROM run WHERE ready_at IS NOT NULL AND queue = last.queue AND priority > last.priority
				ORDER BY priority LIMIT 1),
			(SELECT n FROM run WHERE ready_at IS NOT NULL AND queue > last.queue ORDER BY queue, priority LIMIT 1)
		) FROM lane JOIN run AS last ON last.n = lane.n
	)
	SELECT queue, priority FROM lane JOIN run USING (n)
	WHERE :queues IS NULL OR queue IN (SELECT value FROM json_each(:queues)) ORDER BY priority DESC`;

const DUE = `
	SELECT n, ready_at FROM run
	WHERE queue = :queue AND priority = :priority AND ready_at <= :now AND recoveries < ${SUSPECT} AND ${CLAIMABLE}
	ORDER BY ready_at LIMIT :limit`;

/** Whoever may claim it: to be told too early costs a look, to look at each that sleeps costs all of them. */
const NEXT = 'SELECT min(ready_at) AS at FROM run WHERE queue = :queue AND priority = :priority AND ready_at > :now';

const SUSPECTS = `
	SELECT n, ready_at FROM run
	WHERE ready_at <= :now AND recoveries >= ${SUSPECT} AND ${CLAIMABLE}
		AND (:queues IS NULL OR queue IN (SELECT value FROM json_each(:queues)))
	ORDER BY ready_at LIMIT :limit`;

const TAKE = `
	UPDATE run SET owner = :worker, epoch = epoch + 1, status = 'running', ready_at = NULL WHERE n = :n RETURNING *`;

const UNBLOCK = `
	UPDATE run SET status = 'pending', blocked = NULL, recoveries = min(recoveries, 1), ready_at = :now
	WHERE status = 'blocked' AND`;

const UNBLOCK_FITTING = `${UNBLOCK} ${among(ME, FITTING)}`;

const HAND_ON = `${UNBLOCK} id = :id AND ${among(ANYBODY, FITTING)}`;

const LET_GO = `
	UPDATE run SET owner = NULL, epoch = epoch + 1, status = 'pending', ready_at = :now, recoveries = recoveries + :died
	WHERE owner = :worker`;

/** `kept`: claims, as pairs of id and epoch. */
const FREE = `${LET_GO} AND NOT EXISTS (SELECT 1 FROM json_each(:kept) AS k WHERE k.value ->> 0 = run.id AND k.value ->> 1 = run.epoch)`;

const GIVE_UP = `${LET_GO} AND id = :runId AND epoch = :epoch`;

export interface Worker {
	readonly worker: string;
	readonly build: string;
}

/** A worker's row. */
export interface Enrolment extends Worker {
	/** JSON; of a session that only consumes, none. */
	readonly functions: string;
	/** 0 or 1. */
	readonly replaying: number;
}

const ENROL = 'INTO worker (id, functions, build, replaying) VALUES (:worker, :functions, :build, :replaying)';

/** Others find what it takes, when it dies, by its row: that is there in the same transaction, whoever has removed it. */
export function enrol(db: Connection, me: Enrolment): void {
	db.run(`INSERT OR IGNORE ${ENROL}`, { ...me });
}

export function isEnrolled(db: Connection, { worker }: Worker): boolean {
	return db.get('SELECT 1 FROM worker WHERE id = :worker', { worker }) !== undefined;
}

export function know(db: Connection, me: Enrolment, now: number): void {
	db.run(`INSERT OR REPLACE ${ENROL}`, { ...me });
	db.run(UNBLOCK_FITTING, { worker: me.worker, now });
}

/** A run that was blocked is another worker's to try, if there is one. */
export function handOn(db: Connection, id: string, now: number): void {
	db.run(HAND_ON, { id, now });
}

/** Read-only: whether `claim` would find something, and if not, when. */
export function look(db: Connection, me: Worker, o: ClaimOptions, now: number): Claimed {
	const all = lanes(db, o);
	const [due] = ordinary(db, me, all, { ...o, limit: 1 }, now);
	const later = all.map((lane) => db.get(NEXT, { ...lane, now })!.at).filter((at) => at !== null);
	return {
		runs: [],
		next: due?.ready_at ?? (later.length === 0 ? null : Math.min(...later)),
		suspects: suspects(db, me, { ...o, limit: 1 }, now).length > 0,
	};
}

export function claim(db: Connection, me: Worker, o: ClaimOptions, now: number): Claimed {
	const runs: RunRow[] = [];
	let bytes = 0;
	for (const { n } of o.suspects ? suspects(db, me, o, now) : ordinary(db, me, lanes(db, o), o, now)) {
		if (runs.length >= o.limit || bytes > CLAIM_BYTES) break;
		const run = rowOf(db, db.get(TAKE, { worker: me.worker, n: n! })!, true);
		for (const part of run.state) bytes += part.length;
		runs.push(run);
	}
	return { ...look(db, me, o, now), runs };
}

/** Due, the highest priority first; of one priority the earliest, of whatever queue. */
function* ordinary(
	db: Connection,
	me: Worker,
	all: readonly Row[],
	{ limit }: ClaimOptions,
	now: number,
): Generator<Row> {
	for (const [, equal] of Map.groupBy(all, ({ priority }) => priority)) {
		const rows = equal.flatMap((lane) => db.all(DUE, { ...me, ...lane, now, limit }));
		yield* rows.sort((a, b) => a.ready_at! - b.ready_at!);
	}
}

function lanes(db: Connection, { queues }: ClaimOptions): Row[] {
	return db.all(LANES, { queues: queues && JSON.stringify(queues) });
}

function suspects(db: Connection, me: Worker, { limit, queues }: ClaimOptions, now: number): Row[] {
	return db.all(SUSPECTS, { ...me, queues: queues && JSON.stringify(queues), now, limit });
}

export function keep(db: Connection, worker: string, claims: readonly HeldRun[], now: number): void {
	const kept = JSON.stringify(claims.map(({ runId, epoch }) => [runId, epoch]));
	db.run(FREE, { worker, died: 0, now, kept });
}

export function giveUp(db: Connection, worker: string, claims: readonly HeldRun[], now: number): void {
	for (const { runId, epoch } of claims) db.run(GIVE_UP, { worker, runId, epoch, died: 0, now });
}

/** G6, G8. What a session has is others'. */
export function take(db: Connection, worker: string, died: boolean, now: number): void {
	db.run(FREE, { worker, died: died ? 1 : 0, now, kept: '[]' });
	freeEvents(db, worker);
}

/** As `take`, of one that left, or died; then nobody knows it any more. */
export function free(db: Connection, worker: string, died: boolean, now: number): void {
	take(db, worker, died, now);
	db.run('DELETE FROM worker WHERE id = :worker', { worker });
}

import { type Claimed, type ClaimOptions, type RunRow, SUSPECT } from '../ports/store.ts';
import type { Connection } from './connection.ts';
import { freeEvents } from './outbox.ts';
import { rowOf } from './row.ts';

/** Bytes of state that one claim hands over, at most (the first run comes whatever its size). */
const CLAIM_BYTES = 64 * 1024 * 1024;

/** G7. Whether a worker knows all functions of a run: `blocked_by` lists builds that it did not fit. */
const KNOWN = `
	NOT EXISTS (
		SELECT 1 FROM json_each(run.functions) AS f
		WHERE f.value NOT IN (SELECT k.value FROM worker, json_each(worker.functions) AS k WHERE worker.id = :worker)
	)`;

const CLAIMABLE = `
	ready_at IS NOT NULL AND (recoveries >= ${SUSPECT}) = :suspects AND instr(blocked_by, :build) = 0 AND (
		${KNOWN} OR EXISTS (
			SELECT 1 FROM json_each(run.functions) AS f
			WHERE f.value NOT IN (SELECT k.value FROM worker, json_each(worker.functions) AS k)
		)
	)`;

const NEXT = `SELECT n, ready_at FROM run WHERE ${CLAIMABLE} ORDER BY ready_at LIMIT :limit`;

const TAKE = `
	UPDATE run SET owner = :worker, epoch = epoch + 1, status = 'running', ready_at = NULL WHERE n = :n RETURNING *`;

const UNBLOCK = `
	UPDATE run SET status = 'pending', blocked = NULL, recoveries = min(recoveries, 1), ready_at = :now
	WHERE status = 'blocked' AND instr(blocked_by, :build) = 0 AND ${KNOWN}`;

const FREE = `
	UPDATE run SET owner = NULL, epoch = epoch + 1, status = 'pending', ready_at = :now, recoveries = recoveries + :died
	WHERE owner = :worker AND id NOT IN (SELECT value FROM json_each(:kept))`;

export interface Worker {
	readonly worker: string;
	readonly build: string;
}

/** Joins as one that knows no functions: what it takes is given back when it dies. */
export function join(db: Connection, worker: string): void {
	db.run("INSERT OR IGNORE INTO worker (id, functions, build) VALUES (:worker, '[]', '')", { worker });
}

export function know(db: Connection, me: Worker, functions: readonly string[], now: number): void {
	db.run('INSERT OR REPLACE INTO worker (id, functions, build) VALUES (:worker, :functions, :build)', {
		...me,
		functions: JSON.stringify(functions),
	});
	db.run(UNBLOCK, { ...me, now });
}

/** Read-only: whether `claim` would find something, and if not, when. */
export function look(db: Connection, me: Worker, suspects: boolean, now: number): Claimed {
	const next = db.get(NEXT, { ...me, suspects: suspects ? 1 : 0, limit: 1 });
	const other = suspects ? next : db.get(NEXT, { ...me, suspects: 1, limit: 1 });
	return {
		runs: [],
		next: next === undefined ? null : next.ready_at!,
		suspects: other !== undefined && other.ready_at! <= now,
	};
}

export function claim(db: Connection, me: Worker, { limit, suspects }: ClaimOptions, now: number): Claimed {
	const runs: RunRow[] = [];
	let bytes = 0;
	for (const { n, ready_at } of db.all(NEXT, { ...me, suspects: suspects ? 1 : 0, limit })) {
		if (ready_at! > now || bytes > CLAIM_BYTES) break;
		const run = rowOf(db, db.get(TAKE, { worker: me.worker, n: n! })!, true);
		for (const part of run.state) bytes += part.length;
		runs.push(run);
	}
	const { next, suspects: others } = look(db, me, suspects, now);
	return { runs, next, suspects: others };
}

export function keep(db: Connection, worker: string, runIds: readonly string[], now: number): void {
	db.run(FREE, { worker, died: 0, now, kept: JSON.stringify(runIds) });
}

/** G6, G8. What a session had that left, or died; then nobody knows it any more. */
export function free(db: Connection, worker: string, died: boolean, now: number): void {
	db.run(FREE, { worker, died: died ? 1 : 0, now, kept: '[]' });
	freeEvents(db, worker);
	db.run('DELETE FROM worker WHERE id = :worker', { worker });
}

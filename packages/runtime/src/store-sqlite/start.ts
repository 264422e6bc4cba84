import { differenceOf, type NewRun, type Started } from '../ports/store.ts';
import type { Connection } from './connection.ts';
import { rowOf } from './row.ts';

const INSERT = `
	INSERT INTO run (
		id, function, hash, tags, queue, priority, started_at, status, owner, epoch, ready_at, turn, sent, seen, recoveries,
		functions, open, waits, progress, blocked_by, parted, tail
	)
	VALUES (
		:id, :function, :hash, :tags, :queue, :priority, :now, :status, :owner, :epoch, :readyAt, :turn, 0, 0, 0,
		:functions, :open, :waits, :progress, '', :parted, :log
	)
	ON CONFLICT (id) DO NOTHING
	RETURNING *`;

export function start(db: Connection, worker: string | null, now: number, run: NewRun): Started {
	const claimed = run.claim && worker !== null && (run.startAt === null || run.startAt <= now);
	const { midway } = run;
	const made = db.get(INSERT, {
		id: run.id,
		function: run.functionId,
		hash: run.hash,
		tags: run.tags === null ? null : JSON.stringify(run.tags),
		queue: run.queue,
		priority: run.priority,
		now,
		status: claimed ? 'running' : 'pending',
		owner: claimed ? worker : null,
		epoch: claimed ? 1 : 0,
		readyAt: claimed ? null : Math.ceil(run.startAt ?? now),
		turn: midway?.turn ?? 0,
		functions: JSON.stringify(midway?.functions ?? [run.functionId]),
		open: JSON.stringify(midway?.waits.open ?? []),
		waits: midway?.waits.detail ?? null,
		progress: midway?.progress ?? null,
		parted: midway === undefined ? 0 : 1,
		log: midway?.log ?? new Uint8Array(),
	});
	if (made !== undefined) {
		db.run('INSERT INTO input (run, bytes) VALUES (:n, :input)', { n: made.n!, input: run.input });
		for (const [at, bytes] of (midway?.state ?? []).entries()) {
			db.run('INSERT INTO part (run, at, bytes) VALUES (:n, :at, :bytes)', { n: made.n!, at, bytes });
		}
		return { outcome: 'created', claimed, run: rowOf(db, made, claimed) };
	}
	const known = rowOf(db, db.get('SELECT * FROM run WHERE id = :id', { id: run.id })!, false);
	return { outcome: differenceOf(known, run) === null ? 'exists' : 'conflict', claimed: false, run: known };
}

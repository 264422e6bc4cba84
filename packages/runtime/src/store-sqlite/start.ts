import { differenceOf, type NewRun, type Started } from '../ports/store.ts';
import type { Connection } from './connection.ts';
import { rowOf } from './row.ts';

const INSERT = `
	INSERT INTO run (
		id, function, hash, tags, queue, priority, started_at, status, owner, epoch, ready_at, turn, sent, seen, recoveries,
		functions, open, blocked_by, parted, tail
	)
	VALUES (
		:id, :function, :hash, :tags, :queue, :priority, :now, :status, :owner, :epoch, :readyAt, 0, 0, 0, 0,
		json_array(:function), '[]', '', 0, x''
	)
	ON CONFLICT (id) DO NOTHING
	RETURNING *`;

export function start(db: Connection, worker: string | null, now: number, run: NewRun): Started {
	const claimed = run.claim && worker !== null && (run.startAt === null || run.startAt <= now);
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
	});
	if (made !== undefined) {
		db.run('INSERT INTO input (run, bytes) VALUES (:n, :input)', { n: made.n!, input: run.input });
		return { outcome: 'created', claimed, run: rowOf(db, made, claimed) };
	}
	const known = rowOf(db, db.get('SELECT * FROM run WHERE id = :id', { id: run.id })!, false);
	return { outcome: differenceOf(known, run) === null ? 'exists' : 'conflict', claimed: false, run: known };
}

import type { ConsumeOptions, OutboxRow, TurnCommit } from '../ports/store.ts';
import type { Connection } from './connection.ts';

const INSERT = 'INSERT INTO outbox (run, seq, at, event) VALUES (:n, :seq, :now, :event)';

export function emit(db: Connection, n: number, now: number, emitted: TurnCommit['emitted'] = []): void {
	for (const { seq, event } of emitted) db.run(INSERT, { n, seq, now, event });
}

const EVENT = '(SELECT id FROM run WHERE run.n = outbox.run) AS id, seq, at, event';
const MINE = 'owner = :worker AND consumer = :consumer';

const BATCH = `SELECT ${EVENT} FROM outbox WHERE ${MINE} AND batch = :batch ORDER BY n`;

/** Events of one run are with one consumer at a time, so it is enough that nobody else has any of them (G8). */
const FREE = `
	SELECT n FROM outbox
	WHERE owner IS NULL AND NOT EXISTS (
		SELECT 1 FROM outbox AS other
		WHERE other.run = outbox.run AND other.owner IS NOT NULL AND NOT (other.owner = :worker AND other.consumer = :consumer)
	)
	ORDER BY n LIMIT :limit`;

const TAKE = `UPDATE outbox SET owner = :worker, consumer = :consumer, batch = :batch WHERE n IN (${FREE})`;

export function consume(db: Connection, worker: string, { consumer, batch, limit }: ConsumeOptions): OutboxRow[] {
	const me = { worker, consumer, batch };
	let rows = db.all(BATCH, me);
	if (rows.length === 0 && db.run(TAKE, { ...me, limit }) > 0) rows = db.all(BATCH, me);
	return rows.map(({ id, seq, at, event }) => ({ runId: id!, seq: seq!, at: at!, event: event! }));
}

/** Read-only: whether `consume` would find something. */
export function hasEvents(db: Connection, worker: string, { consumer, batch }: ConsumeOptions): boolean {
	const me = { worker, consumer };
	return db.get(BATCH, { ...me, batch }) !== undefined || db.get(FREE, { ...me, limit: 1 }) !== undefined;
}

const EVENT_OF = 'run = (SELECT n FROM run WHERE id = :runId) AND seq = :seq';

export function acknowledge(
	db: Connection,
	worker: string,
	consumer: string,
	event: Pick<OutboxRow, 'runId' | 'seq'>,
): boolean {
	const { runId, seq } = event;
	if (db.run(`DELETE FROM outbox WHERE ${EVENT_OF} AND ${MINE}`, { runId, seq, worker, consumer }) > 0) return true;
	return db.get(`SELECT 1 FROM outbox WHERE ${EVENT_OF}`, { runId, seq }) === undefined;
}

const LET_GO = 'UPDATE outbox SET owner = NULL, consumer = NULL, batch = NULL';

export function release(db: Connection, worker: string, consumer: string): void {
	db.run(`${LET_GO} WHERE ${MINE}`, { worker, consumer });
}

/** All that consumers of a session had. */
export function freeEvents(db: Connection, worker: string): void {
	db.run(`${LET_GO} WHERE owner = :worker`, { worker });
}

import type { RunRow } from '../ports/store.ts';
import type { Connection, Row } from './connection.ts';
import { readState } from './state.ts';

/** A row of `run` as the interface has it. */
export function rowOf(db: Connection, row: Row, state: boolean): RunRow {
	return {
		id: row.id!,
		functionId: row.function!,
		hash: row.hash!,
		tags: row.tags === null ? null : JSON.parse(row.tags!),
		queue: row.queue!,
		priority: row.priority!,
		startedAt: row.started_at!,
		endedAt: row.ended_at!,
		status: row.status!,
		turn: row.turn!,
		epoch: row.epoch!,
		sent: row.sent!,
		seen: row.seen!,
		recoveries: row.recoveries!,
		functions: JSON.parse(row.functions!),
		open: JSON.parse(row.open!),
		waits: row.waits!,
		wakeAt: row.wake_at!,
		progress: row.progress!,
		outcome: row.outcome!,
		event: row.event!,
		blocked: row.blocked!,
		state: state ? readState(db, row) : [],
	};
}

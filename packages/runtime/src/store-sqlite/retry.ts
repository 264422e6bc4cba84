import type { Connection } from './connection.ts';

const RETRY = `
	UPDATE run SET status = 'pending', ready_at = :now, event = :event, outcome = NULL, ended_at = NULL, recoveries = 0
	WHERE id = :id AND status = 'failed' AND turn = :turn`;

export function retry(db: Connection, now: number, id: string, turn: number, event: Uint8Array): boolean {
	return db.run(RETRY, { id, turn, event, now }) > 0;
}

import { type Committed, differenceOf, type TurnCommit } from '../ports/store.ts';
import type { Connection, Row } from './connection.ts';
import { addMail, type PostedTo } from './post.ts';
import { rowOf } from './row.ts';

/** G9. A child of the turn whose id is another run's. */
export function conflictOf(
	db: Connection,
	{ starts = [] }: TurnCommit,
): Extract<Committed, { outcome: 'conflict' }> | null {
	for (const child of starts) {
		const known = db.get('SELECT * FROM run WHERE id = :id', { id: child.id });
		const difference = known === undefined ? null : differenceOf(rowOf(db, known, false), child);
		if (difference !== null) return { outcome: 'conflict', runId: child.id, difference };
	}
	return null;
}

/** A run that mail was added to. */
export type Told = PostedTo & { readonly runId: string };

const RUN = 'SELECT n, id, status, sent, owner FROM run';
const NOT_OVER = "status NOT IN ('completed', 'failed', 'cancelled')";

/** The end of these runs is mail to run `n`: now, if it has come, or is never to come. */
export function awaitEnds(db: Connection, n: number, now: number, awaits: readonly string[] = []): Told[] {
	const told: Told[] = [];
	for (const child of awaits) {
		const lives = db.get(`SELECT 1 FROM run WHERE id = :child AND ${NOT_OVER}`, { child }) !== undefined;
		if (lives) db.run('INSERT OR IGNORE INTO awaited (child, run) VALUES (:child, :n)', { child, n });
		else told.push(tellEnd(db, db.get(`${RUN} WHERE n = :n`, { n })!, now, child));
	}
	return told;
}

export function tellAwaiting(db: Connection, now: number, ended: string): Told[] {
	const awaiting = db.all(`${RUN} WHERE n IN (SELECT run FROM awaited WHERE child = :ended) AND ${NOT_OVER}`, {
		ended,
	});
	const told = awaiting.map((run) => tellEnd(db, run, now, ended));
	db.run('DELETE FROM awaited WHERE child = :ended', { ended });
	return told;
}

function tellEnd(db: Connection, run: Row, now: number, ended: string): Told {
	addMail(db, run, now, { kind: 'ended', name: ended, id: null, hash: null, payload: null });
	return { runId: run.id!, posted: { outcome: 'posted' }, owner: run.owner! };
}

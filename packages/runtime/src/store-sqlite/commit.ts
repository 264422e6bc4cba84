import type { Committed, HeldRun, TurnCommit } from '../ports/store.ts';
import { awaitEnds, conflictOf, type Told, tellAwaiting } from './children.ts';
import { handOn } from './claim.ts';
import type { Connection } from './connection.ts';
import { emit } from './outbox.ts';
import { start } from './start.ts';
import { place, storeParts } from './state.ts';

/** The tail of the log stays in the row up to this many bytes. */
const TAIL = 2000;

const SET = `
	turn = :turn, seen = coalesce(:seen, seen), recoveries = CASE WHEN :turn > turn THEN 0 ELSE recoveries END,
	blocked_by = CASE WHEN :turn > turn THEN '' ELSE blocked_by END,
	state = CASE WHEN :keep THEN state ELSE :state END,
	tail = CASE WHEN :afresh THEN coalesce(:log, x'') WHEN :log IS NULL THEN tail ELSE CAST(tail || :log AS BLOB) END,
	functions = coalesce(:functions, functions), progress = coalesce(:progress, progress), wake_at = :wakeAt`;
const WAITS = 'open = coalesce(:open, open), waits = CASE WHEN :open IS NULL THEN waits ELSE :waits END';

/** There is no mail that the turn must not overtake. */
const HEARD = `
	(:unless IS NULL OR sent = run.seen OR :unless = 'but messages' AND NOT EXISTS (
		SELECT 1 FROM mail WHERE mail.run = run.n AND number > run.seen AND kind <> 'message'
	))`;

/** The fence (G3). */
const WHERE = `
	WHERE id = :id AND epoch = :epoch AND owner = :worker AND turn = :after AND ${HEARD}
	RETURNING n, sent, parted, length(tail) AS tail, owner IS NOT NULL AS held`;

/** An ordinary turn: no indexed column is mentioned, so no index is touched. */
const RUNNING = `UPDATE run SET ${SET}, ${WAITS} ${WHERE}`;

/** Parks, unless mail came that the turn has not seen (G5). */
const WAITING = `
	UPDATE run SET ${SET}, ${WAITS},
		status = CASE WHEN sent = coalesce(:seen, seen) THEN 'waiting' ELSE status END,
		owner = CASE WHEN sent = coalesce(:seen, seen) THEN NULL ELSE owner END,
		ready_at = CASE WHEN sent = coalesce(:seen, seen) THEN :wakeAt ELSE NULL END
	${WHERE}`;

const ENDED = `
	UPDATE run SET ${SET}, open = '[]', waits = NULL, status = :status, owner = NULL, ended_at = :now,
		outcome = :outcome, event = :event
	${WHERE}`;

/** `told`: other runs that mail was added to, and perhaps this one. */
export interface CommittedTo {
	readonly committed: Committed;
	readonly told: readonly Told[];
}

export function commit(db: Connection, worker: string, now: number, turn: TurnCommit): CommittedTo {
	const conflict = turn.starts === undefined || refusal(db, worker, turn) === 'fenced' ? null : conflictOf(db, turn);
	if (conflict !== null) return { committed: conflict, told: [] };
	const { runId: id, epoch, after, status } = turn;
	const placed = place(turn);
	const large = (turn.log?.length ?? 0) > TAIL;
	const set = {
		id, epoch, after, worker,
		turn: turn.turn,
		seen: turn.seen ?? null,
		unless: turn.unlessUnseen ?? null,
		wakeAt: turn.wakeAt === null || (status !== 'running' && status !== 'waiting') ? null : Math.ceil(turn.wakeAt),
		keep: placed.keep ? 1 : 0,
		state: placed.inline,
		log: large ? null : turn.log,
		afresh: turn.logAfresh ? 1 : 0,
		functions: turn.functions === undefined ? null : JSON.stringify(turn.functions),
		progress: turn.progress ?? null,
	}; // biome-ignore format: one parameter a line
	const waits = {
		open: turn.waits === undefined ? null : JSON.stringify(turn.waits?.open ?? []),
		waits: turn.waits?.detail ?? null,
	};
	const written =
		status === 'running'
			? db.get(RUNNING, { ...set, ...waits })
			: status === 'waiting'
				? db.get(WAITING, { ...set, ...waits })
				: db.get(ENDED, { ...set, status, now, outcome: turn.outcome ?? null, event: turn.event ?? null });
	if (written === undefined) return { committed: { outcome: refusal(db, worker, turn) }, told: [] };
	const n: number = written.n!;
	storeParts(db, n, written.parted === 1, placed);
	if (turn.logAfresh) db.run('DELETE FROM log WHERE run = :n', { n });
	if (large || written.tail! > TAIL) moveTail(db, n, large ? turn.log : null);
	if (turn.seen !== undefined) consume(db, n, turn.seen);
	emit(db, n, now, turn.emitted);
	for (const child of turn.starts ?? []) start(db, null, now, child);
	const told = [
		...awaitEnds(db, n, now, turn.awaits),
		...(status === 'running' || status === 'waiting' ? [] : tellAwaiting(db, now, id)),
	];
	const sent = told.some(({ runId }) => runId === id)
		? db.get('SELECT sent FROM run WHERE n = :n', { n })!.sent!
		: written.sent!;
	return { committed: { outcome: 'committed', sent, held: written.held === 1 }, told };
}

function refusal(db: Connection, worker: string, { runId: id, epoch, after }: TurnCommit): 'fenced' | 'mail' {
	const own = db.get('SELECT 1 FROM run WHERE id = :id AND epoch = :epoch AND owner = :worker AND turn = :after', {
		id,
		epoch,
		worker,
		after,
	});
	return own === undefined ? 'fenced' : 'mail';
}

function moveTail(db: Connection, n: number, log: Uint8Array | null): void {
	db.run(
		`INSERT INTO log (run, segment, bytes)
		SELECT n, (SELECT coalesce(max(segment), 0) + 1 FROM log WHERE run = :n), CAST(tail || :log AS BLOB) FROM run WHERE n = :n`,
		{ n, log: log ?? new Uint8Array() },
	);
	db.run("UPDATE run SET tail = x'' WHERE n = :n", { n });
}

/** What says that a second one is a repetition stays (G4). */
function consume(db: Connection, n: number, number: number): void {
	const mail = db.run('UPDATE mail SET payload = NULL WHERE run = :n AND number = :number AND id IS NOT NULL', {
		n,
		number,
	});
	if (mail === 0) db.run('DELETE FROM mail WHERE run = :n AND number = :number', { n, number });
}

const BLOCK = `
	UPDATE run SET status = 'blocked', owner = NULL, ready_at = NULL, blocked = :reason, blocked_by = blocked_by || ' ' || :build,
		recoveries = recoveries + :died
	WHERE id = :id AND epoch = :epoch AND owner = :worker`;

export function block(
	db: Connection,
	me: { worker: string; build: string },
	now: number,
	{ runId: id, epoch }: HeldRun,
	reason: string,
	died: boolean,
): boolean {
	const done = db.run(BLOCK, { ...me, id, epoch, reason, died: died ? 1 : 0 }) > 0;
	if (done) handOn(db, id, now);
	return done;
}

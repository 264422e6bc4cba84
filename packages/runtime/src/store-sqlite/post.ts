import type { Mail, NewMail, Posted } from '../ports/store.ts';
import type { Connection, Row } from './connection.ts';

const FIND = 'SELECT hash FROM mail WHERE run = :n AND kind = :kind AND id = :id';

const INSERT = `
	INSERT INTO mail (run, number, kind, name, id, hash, sender, payload)
	VALUES (:n, :number, :kind, :name, :id, :hash, :sender, :payload)`;

const BY_SENDER = 'SELECT 1 FROM mail JOIN run ON mail.run = run.n WHERE run.id = :id AND sender = :sender';

/** Mail makes a run due at once that is parked, or (a cancellation) has not begun; whoever holds a run finds it by `sent` (G5). */
const COUNT = `
	UPDATE run SET sent = sent + 1,
		ready_at = CASE WHEN status = 'waiting' OR (status = 'pending' AND :kind = 'cancel')
			THEN min(coalesce(ready_at, :now), :now) ELSE ready_at END
	WHERE n = :n`;

/** `owner`: who holds the run that the mail was added to. */
export interface PostedTo {
	readonly posted: Posted;
	readonly owner: string | null;
}

export function post(db: Connection, now: number, mail: NewMail): PostedTo {
	const run = db.get('SELECT n, status, sent, open, owner FROM run WHERE id = :id', { id: mail.runId });
	if (run === undefined) return { posted: { outcome: 'missing' }, owner: null };
	const address = mail.kind === 'answer' ? suspensionOf(db, run, mail) : addressOf(db, run, mail);
	if ('outcome' in address) return { posted: address, owner: null };
	const from = mail.kind === 'answer' ? { hash: mail.hash, sender: mail.sender ?? null } : { hash: null };
	addMail(db, run, now, { kind: mail.kind, ...address, ...from, payload: mail.payload });
	return { posted: { outcome: 'posted' }, owner: run.owner! };
}

/** `run`: its `n` and `sent`. */
export function addMail(
	db: Connection,
	run: Row,
	now: number,
	mail: Address & {
		readonly kind: Mail['kind'];
		readonly hash: string | null;
		readonly sender?: string | null;
		readonly payload: Uint8Array | null;
	},
): void {
	db.run(INSERT, { n: run.n!, number: run.sent! + 1, sender: null, ...mail });
	db.run(COUNT, { n: run.n!, now, kind: mail.kind });
}

/** `id`: what makes a second one a repetition, or null. */
interface Address {
	readonly name: string;
	readonly id: string | null;
}

function addressOf(db: Connection, run: Row, mail: Exclude<NewMail, { kind: 'answer' }>): Address | Posted {
	const address = mail.kind === 'cancel' ? { name: '', id: '' } : { name: mail.name, id: mail.id };
	const before = address.id !== null && db.get(FIND, { n: run.n!, kind: mail.kind, id: address.id });
	if (before) return { outcome: 'repeated' };
	const over = ['completed', 'failed', 'cancelled'].includes(run.status!);
	return over ? { outcome: 'over' } : address;
}

export function isAnsweredBy(db: Connection, id: string, sender: string): boolean {
	return db.get(BY_SENDER, { id, sender }) !== undefined;
}

function suspensionOf(db: Connection, run: Row, mail: Extract<NewMail, { kind: 'answer' }>): Address | Posted {
	if (mail.sender !== undefined && isAnsweredBy(db, mail.runId, mail.sender)) return { outcome: 'repeated' };
	const answer = (id: string) => db.get(FIND, { n: run.n!, kind: 'answer', id });
	const open: string[] = JSON.parse(run.open!);
	const unanswered = open.filter((id) => answer(id) === undefined);
	if (mail.suspension === null && unanswered.length > 1) return { outcome: 'ambiguous', open: unanswered };
	const suspension = mail.suspension ?? unanswered[0];
	if (suspension === undefined) return { outcome: 'closed' };
	const before = answer(suspension);
	if (before !== undefined)
		return before.hash === mail.hash ? { outcome: 'repeated' } : { outcome: 'answered', suspension };
	return open.includes(suspension) ? { name: suspension, id: suspension } : { outcome: 'closed' };
}

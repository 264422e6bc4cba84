import { type Committed, isNews, type TurnCommit } from '../ports/store.ts';
import { awaitEnd, conflictOf, tellAwaiting } from './children.ts';
import { handOn } from './claim.ts';
import { type Data, ENDED, type Member, type Run, setReady, tell } from './data.ts';
import { emit } from './outbox.ts';
import { start } from './start.ts';

export function commit(data: Data, member: Member, turn: TurnCommit): Committed {
	const run = data.runs.get(turn.runId);
	if (run === undefined || !holds(run, member, turn.epoch) || run.turn !== turn.after) return { outcome: 'fenced' };
	if (turn.unlessUnseen !== undefined && hasUnseen(run, turn.unlessUnseen)) return { outcome: 'mail' };
	const conflict = conflictOf(data, turn);
	if (conflict !== null) return conflict;
	if (turn.turn > turn.after) {
		run.recoveries = 0;
		run.blockedBy.clear();
	}
	run.turn = turn.turn;
	if (turn.seen !== undefined) consume(run, turn.seen);
	if (turn.state !== null) {
		const { state } = turn;
		run.state = 'full' in state ? [state.full] : [...run.state.slice(0, state.at + 1), state.delta];
	}
	if (turn.logAfresh) run.log.length = 0;
	if (turn.log !== null) run.log.push(turn.log);
	run.functions = turn.functions ?? run.functions;
	if (turn.waits !== undefined) {
		run.open = turn.waits?.open ?? [];
		run.waits = turn.waits?.detail ?? null;
	}
	run.progress = turn.progress ?? run.progress;
	run.outcome = turn.outcome ?? run.outcome;
	run.event = turn.event ?? run.event;
	run.wakeAt = turn.wakeAt;
	emit(data, run.id, turn.emitted);
	settle(data, run, turn);
	for (const child of turn.starts ?? []) start(data, member, child);
	for (const id of turn.awaits ?? []) awaitEnd(data, run, id);
	if (ENDED.has(turn.status)) tellAwaiting(data, run.id);
	if (isNews(turn)) tell(data, (listener) => listener.moved(run.id));
	return { outcome: 'committed', sent: run.sent, held: run.owner !== null };
}

function hasUnseen({ sent, seen, mail }: Run, kinds: NonNullable<TurnCommit['unlessUnseen']>): boolean {
	if (kinds === 'any') return sent > seen;
	return mail.some(({ number, kind }) => number > seen && kind !== 'message');
}

function consume(run: Run, number: number): void {
	run.seen = number;
	const at = run.mail.findIndex((mail) => mail.number === number);
	const mail = run.mail[at];
	if (mail === undefined) return;
	if (mail.id === null) run.mail.splice(at, 1);
	else run.mail[at] = { ...mail, payload: new Uint8Array() };
}

function settle(data: Data, run: Run, { status, wakeAt }: TurnCommit): void {
	if (ENDED.has(status)) {
		run.status = status;
		run.owner = null;
		run.endedAt = data.clock.now();
		run.open = [];
		run.waits = null;
		if (status !== 'failed') run.state = [];
	} else if (status === 'waiting' && run.sent === run.seen) {
		run.status = 'waiting';
		run.owner = null;
		setReady(data, run, wakeAt);
		if (wakeAt !== null) tell(data, (listener) => listener.due());
	}
}

export function block(data: Data, member: Member, runId: string, epoch: number, reason: string, died = false): boolean {
	const run = data.runs.get(runId);
	if (run === undefined || !holds(run, member, epoch)) return false;
	run.status = 'blocked';
	run.owner = null;
	run.blocked = reason;
	if (died) run.recoveries++;
	run.blockedBy.add(member.build);
	handOn(data, run);
	tell(data, (listener) => listener.moved(runId));
	return true;
}

function holds(run: Run, member: Member, epoch: number): boolean {
	return run.owner === member && run.epoch === epoch;
}

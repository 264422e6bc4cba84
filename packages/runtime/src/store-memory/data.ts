import type { Clock } from '../ports/clock.ts';
import type { Mail, OutboxRow, RunRow, StoredStatus, StoreListener } from '../ports/store.ts';

/** What all sessions of one memory store share. */
export interface Data {
	readonly clock: Clock;
	readonly runs: Map<string, Run>;
	/** Runs that nobody holds and that have a time, earliest first. */
	readonly due: Run[];
	readonly members: Set<Member>;
	/** Runs that await another one's end, by that one's id. */
	readonly awaited: Map<string, Set<string>>;
	/** In order of commit. */
	readonly outbox: Set<Event>;
}

/** An event in the outbox; `owner` and what follows are set while a consumer has it. */
export interface Event extends OutboxRow {
	owner: Member | null;
	consumer: string;
	batch: number;
}

/** A session: a worker once it knows something. */
export interface Member {
	readonly listener: StoreListener;
	functions: ReadonlySet<string> | null;
	build: string;
	replaying: boolean;
}

/** A row, changed in place. `state` and `log` grow; bytes themselves are never changed. */
export interface Run {
	readonly id: string;
	readonly functionId: string;
	readonly hash: string;
	readonly tags: RunRow['tags'];
	readonly queue: string;
	readonly priority: number;
	input: Uint8Array;
	readonly startedAt: number;
	endedAt: number | null;
	status: StoredStatus;
	turn: number;
	epoch: number;
	sent: number;
	seen: number;
	recoveries: number;
	functions: readonly string[];
	open: readonly string[];
	waits: Uint8Array | null;
	wakeAt: number | null;
	progress: Uint8Array | null;
	outcome: Uint8Array | null;
	event: Uint8Array | null;
	blocked: string | null;
	state: readonly Uint8Array[];
	readonly log: Uint8Array[];
	owner: Member | null;
	/** When it may be claimed; null while it is held, blocked, over, or waits for mail only. */
	readyAt: number | null;
	readonly blockedBy: Set<string>;
	readonly mail: Posted[];
}

export interface Posted extends Mail {
	/** Messages with an id, answers (their suspension), `cancel`: kept for ever, so that a second one is known. */
	readonly id: string | null;
	readonly hash: string | null;
	/** Of an answer, where it has one. */
	readonly sender?: string | undefined;
}

export function rowOf(run: Run, state: boolean): RunRow {
	const {
		input: _input,
		log: _log,
		owner: _owner,
		readyAt: _readyAt,
		blockedBy: _blockedBy,
		mail: _mail,
		...row
	} = run;
	return state ? row : { ...row, state: [] };
}

/** The only way to change `readyAt`: keeps `due` sorted. */
export function setReady(data: Data, run: Run, at: number | null): void {
	const { due } = data;
	if (run.readyAt !== null) due.splice(due.indexOf(run), 1);
	run.readyAt = at;
	if (at === null) return;
	let low = 0;
	let high = due.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (due[middle]!.readyAt! <= at) low = middle + 1;
		else high = middle;
	}
	due.splice(low, 0, run);
}

/** Listeners are told after the write is through, and never from within it. */
export function tell(data: Data, what: (listener: StoreListener) => void): void {
	queueMicrotask(() => {
		for (const member of data.members) what(member.listener);
	});
}

export const ENDED: ReadonlySet<StoredStatus> = new Set(['completed', 'failed', 'cancelled']);

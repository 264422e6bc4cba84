import { type Copied, NOTHING } from './copied.ts';
import { capture, release } from './copy.ts';
import type { Done, Savable } from './pending.ts';

/** What an entry stands for. */
export type LogKind = 'effect' | 'sleep' | 'suspend' | 'receive' | 'emit';

/** One line of the effect log (Skuld's `EffectLogEntry`). Recovery never reads it. */
export interface LogEntry {
	/** Position in the log, from 1. */
	readonly seq: number;
	readonly kind: LogKind;
	/** The stable id of the call site, and `file:line:column`. */
	readonly site: { readonly id: string; readonly at: string };
	/** The callee as written. */
	readonly name: string;
	readonly args: readonly unknown[];
	readonly state: 'started' | 'executed' | 'discarded';
	/** `unsaveable`: executed, with a result that could not be kept. */
	readonly outcome: { readonly value: unknown } | { readonly error: unknown } | { readonly unsaveable: true } | null;
	/** Order in which outcomes were delivered, from 1; null while there is none. */
	readonly settledSeq: number | null;
	/** Attempts begun, from 1. */
	readonly attempt: number;
	readonly startedAt: Date;
	readonly endedAt: Date | null;
	/** Number of the fiber within the run, 0 for the root. */
	readonly fiber: number;
	/** The latest mark before it. */
	readonly mark: string | null;
}

/** An entry as it is kept and stored: values as copies, so that a run which goes on changes nothing in its past. */
export interface LogRecord {
	readonly seq: number;
	readonly kind: LogKind;
	readonly site: string;
	readonly at: string;
	readonly name: string;
	readonly args: Copied;
	readonly state: 'started' | 'executed' | 'discarded';
	readonly ok: boolean | null;
	/** A list of the one value; null where there is none or it could not be kept. */
	readonly outcome: Copied | null;
	readonly settledSeq: number | null;
	readonly attempt: number;
	readonly startedAt: number;
	readonly endedAt: number | null;
	readonly fiber: number;
	readonly mark: string | null;
}

/** The entry of something that was issued, as it stands at `now` (ms since the epoch). */
export function recordOf(
	pending: Savable | Done,
	o: Pick<LogRecord, 'state' | 'ok' | 'outcome' | 'settledSeq'> & { readonly now: number },
): LogRecord {
	const { kind, seq, site, at, name, since, mark, by } = pending;
	const { state, ok, outcome, settledSeq, now } = o;
	return {
		seq,
		kind,
		site,
		at,
		name,
		args: argsOf(pending),
		state,
		ok,
		outcome,
		settledSeq,
		attempt: kind === 'effect' ? pending.attempt : 1,
		startedAt: since,
		endedAt: state === 'started' ? null : now,
		fiber: by,
		mark,
	};
}

/** The entry of a message that nobody had asked for when the run was over: its name, and what it carried. */
export function leftOver(
	state: { seq: number; readonly mark: string | null },
	name: string,
	payload: Copied,
	now: number,
): LogRecord {
	return {
		seq: ++state.seq,
		kind: 'receive',
		site: '',
		at: '',
		name,
		args: payload,
		state: 'discarded',
		ok: null,
		outcome: null,
		settledSeq: null,
		attempt: 1,
		startedAt: now,
		endedAt: now,
		fiber: 0,
		mark: state.mark,
	};
}

function argsOf(pending: Savable | Done): Copied {
	switch (pending.kind) {
		case 'effect':
			return pending.operands;
		case 'emit':
			return pending.args;
		case 'sleep':
			return capture([pending.until]);
		case 'suspend':
			return pending.value;
		case 'receive':
			return pending.topic === null ? NOTHING : capture([pending.topic]);
	}
}

/** The log that a person reads: the last record of each `seq`, in order. */
export function readLog(records: Iterable<LogRecord>): LogEntry[] {
	const latest = new Map<number, LogRecord>();
	for (const record of records) latest.set(record.seq, record);
	return [...latest.values()].sort((a, b) => a.seq - b.seq).map(readRecord);
}

function readRecord(record: LogRecord): LogEntry {
	const { seq, kind, site, at, name, args, state, settledSeq, attempt, startedAt, endedAt, fiber, mark } = record;
	return {
		seq,
		kind,
		site: { id: site, at },
		name,
		args: release(args, 'skip'),
		state,
		outcome: readOutcome(record),
		settledSeq,
		attempt,
		startedAt: new Date(startedAt),
		endedAt: endedAt === null ? null : new Date(endedAt),
		fiber,
		mark,
	};
}

function readOutcome({ ok, outcome }: LogRecord): LogEntry['outcome'] {
	if (ok === null) return null;
	if (outcome === null) return { unsaveable: true };
	const value = release(outcome)[0];
	return ok ? { value } : { error: value };
}

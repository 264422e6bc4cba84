import { type Copied, NOTHING } from './copied.ts';
import { capture, release } from './copy.ts';
import { LogFold } from './log-fold.ts';
import type { Done, Savable } from './pending.ts';

/**
 * What an entry stands for. `call`: of a durable function. `start`: of a child run; `child`: the wait for its end. `cancel`: the run was
 * cancelled. `pruned`: entries of one site that are not kept.
 */
export type LogKind =
	| 'effect'
	| 'call'
	| 'sleep'
	| 'suspend'
	| 'receive'
	| 'mark'
	| 'emit'
	| 'start'
	| 'child'
	| 'cancel'
	| 'pruned';

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
	/** `unsaveable`: executed, with a result that could not be kept. `redacted`: not shown. */
	readonly outcome:
		| { readonly value: unknown }
		| { readonly error: unknown }
		| { readonly unsaveable: true }
		| { readonly redacted: true }
		| null;
	/** Order in which outcomes were delivered, from 1; null while there is none, and for calls of durable functions. */
	readonly settledSeq: number | null;
	/** Attempts begun, from 1. */
	readonly attempt: number;
	readonly startedAt: Date;
	readonly endedAt: Date | null;
	/** Number of the fiber within the run, 0 for the root. */
	readonly fiber: number;
	/** The latest mark before it; of a mark its own label. */
	readonly mark: string | null;
	/** The key of an effect's issue, the id of a suspension; empty for what has none. */
	readonly key: string;
	/** `pruned`: how many entries of the site are not kept. `seq` is that of the latest. */
	readonly count?: number;
	/** `pruned`: the lowest and the highest number of a fiber that one of them was of. */
	readonly fibers?: readonly [number, number];
	/** Arguments and outcome are not shown. */
	readonly redacted?: true;
	/** The latest mark of its label: the run as it stood there, as `Continuation.fromBytes` reads it. */
	readonly frames?: Uint8Array;
}

/** What few records have. */
export interface LogExtra {
	/** As in `LogEntry`. */
	readonly count?: number;
	readonly fibers?: readonly [number, number];
	readonly redacted?: true;
	readonly frames?: Uint8Array;
	/** It was to be dropped, but has only started. */
	readonly left?: true;
	/** The end of a call: how it began is in another record. */
	readonly end?: true;
}

/** Entries of a fiber numbered `from` up to, not including, `to` are of loop iterations, or of a fiber, that are over. */
export interface LogPrune {
	readonly prune: number;
	readonly from: number;
	readonly to: number;
}

/** A log is kept as a list of these: a later record of a `seq` replaces an earlier one (log-fold.ts). */
export type LogItem = LogRecord | LogPrune;

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
	readonly key: string;
	readonly extra: LogExtra | null;
}

/** The entry of something that was issued, as it stands at `now` (ms since the epoch). */
export function recordOf(
	pending: Savable | Done,
	o: Pick<LogRecord, 'state' | 'ok' | 'outcome' | 'settledSeq'> & { readonly now: number },
): LogRecord {
	const { kind, seq, site, at, name, since, mark, by, key } = pending;
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
		key,
		extra: null,
	};
}

/** An entry of which nothing is known but that something has begun: what the others are made from. */
export const BEGUN: LogRecord = {
	seq: 0,
	kind: 'effect',
	site: '',
	at: '',
	name: '',
	args: NOTHING,
	state: 'started',
	ok: null,
	outcome: null,
	settledSeq: null,
	attempt: 1,
	startedAt: 0,
	endedAt: null,
	fiber: 0,
	mark: null,
	key: '',
	extra: null,
};

/** The entry of what was sent and reached nobody, with what it carried. */
function leftOver(
	state: Pick<RunCounts, 'seq' | 'mark'>,
	what: Pick<LogRecord, 'kind' | 'name' | 'args'>,
	now: number,
): LogRecord {
	return {
		...BEGUN,
		seq: ++state.seq,
		...what,
		state: 'discarded',
		startedAt: now,
		endedAt: now,
		mark: state.mark,
	};
}

/** Of a message that nobody had asked for when the run was over. */
export function leftOverMessage(state: RunCounts, name: string, payload: Copied, now: number): LogRecord {
	return leftOver(state, { kind: 'receive', name, args: payload }, now);
}

/** Of an answer to a suspension that was not open any more when its turn came: `key` names that. */
export function leftOverAnswer(
	state: RunCounts,
	answer: { readonly suspension: string; readonly ok: boolean },
	value: Copied,
	now: number,
): LogRecord {
	const { suspension, ok } = answer;
	return { ...leftOver(state, { kind: 'suspend', name: ok ? 'resume' : 'throw', args: value }, now), key: suspension };
}

/** Is it one of these? */
export function isLeftOver({ kind, site, state }: LogEntry): boolean {
	return (kind === 'receive' || kind === 'suspend') && state === 'discarded' && site.id === '';
}

/** The entry of a cancellation from outside: it is among the outcomes, in their order. */
export function cancellation(state: RunCounts, reason: Copied, now: number): LogRecord {
	return {
		...leftOver(state, { kind: 'cancel', name: 'cancel', args: reason }, now),
		state: 'executed',
		ok: true,
		outcome: capture([undefined]),
		settledSeq: ++state.settled,
	};
}

interface RunCounts {
	seq: number;
	settled: number;
	readonly mark: string | null;
}

/** What an entry shows as the arguments. */
export function argsOf(pending: Savable | Done): Copied {
	switch (pending.kind) {
		case 'effect':
			return pending.operands;
		case 'emit':
		case 'start':
			return pending.args;
		case 'sleep':
			return capture([pending.until]);
		case 'mark':
			return capture([pending.mark]);
		case 'suspend':
			return pending.value;
		case 'receive':
		case 'child':
			return pending.topic === null ? NOTHING : capture([pending.topic]);
	}
}

/** Of a turn that failed: what it settled did happen, and what it issued was never dispatched. `before`: the latest number of the turns before. */
export function settledOf(items: readonly LogItem[], before: number): LogItem[] {
	return items.filter((item) => !('prune' in item) && item.seq <= before && item.state === 'executed');
}

/** The log that a person reads, in order of `seq`. */
export function readLog(items: Iterable<LogItem>): LogEntry[] {
	return new LogFold(items).records.map(readRecord);
}

/** Entries as records again. */
export function recordsOf(log: readonly LogEntry[]): LogRecord[] {
	return log.map((entry) => {
		const { site, outcome, startedAt, endedAt, args, count, fibers, redacted, frames, ...rest } = entry;
		const value =
			outcome === null ? null : 'value' in outcome ? [outcome.value] : 'error' in outcome ? [outcome.error] : null;
		const extra = {
			...(count === undefined ? {} : { count }),
			...(fibers === undefined ? {} : { fibers }),
			...(redacted === undefined ? {} : { redacted }),
			...(frames === undefined ? {} : { frames }),
		};
		return {
			...rest,
			site: site.id,
			at: site.at,
			args: capture(args),
			ok: outcome === null ? null : !('error' in outcome),
			outcome: value && capture(value),
			startedAt: startedAt.getTime(),
			endedAt: endedAt?.getTime() ?? null,
			extra: Object.keys(extra).length === 0 ? null : extra,
		};
	});
}

function readRecord(record: LogRecord): LogEntry {
	const { seq, kind, site, at, name, args, state, settledSeq, attempt } = record;
	const { startedAt, endedAt, fiber, mark, key } = record;
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
		key,
		...shown(record.extra),
	};
}

function shown(extra: LogExtra | null): Pick<LogEntry, 'count' | 'fibers' | 'redacted' | 'frames'> {
	if (extra === null) return {};
	const { left: _, end: __, frames, ...rest } = extra;
	return frames === undefined ? rest : { ...rest, frames: frames.slice() };
}

function readOutcome({ ok, outcome, extra }: LogRecord): LogEntry['outcome'] {
	if (ok === null) return null;
	if (extra?.redacted) return { redacted: true };
	if (outcome === null) return { unsaveable: true };
	const value = release(outcome)[0];
	return ok ? { value } : { error: value };
}

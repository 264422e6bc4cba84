import { decode } from '../machine/bytes.ts';
import type { RunRow, StoredStatus, StoreSession } from '../ports/store.ts';
import { type Blocked, readWaits } from '../worker/stored.ts';
import { type Ended, endedOf, hasEnded, type Reading } from './outcome.ts';

/** `running`: a turn or an effect in flight. `pending`: due, and no worker has it yet. */
export type Status = StoredStatus;

/** What a run waits for. */
export interface Waiting {
	/** `time`: a `sleep`. `child`: the end of a run that it has started. */
	readonly kind: 'suspend' | 'receive' | 'child' | 'time';
	/** Of the suspension; null for `time`. */
	readonly id: string | null;
	/** What `suspend` handed out. */
	readonly value: unknown;
	/** Name of the message (`receive`), or of the question that is asked (`suspend`); the child's id. */
	readonly name: string | null;
	readonly since: Date | null;
	/** When time moves it on. */
	readonly until: Date | null;
}

/** What is known of a run, as it stands in the store. */
export interface Description<R> {
	readonly functionId: string;
	readonly status: Status;
	readonly startedAt: Date;
	/** What the run last gave to `setProgress`. */
	readonly progress: unknown;
	/** Oldest first. */
	readonly waitingFor: readonly Waiting[];
	readonly blocked: Blocked | null;
	readonly outcome: Ended<R> | null;
}

/** A run in a list, without its state and its log. */
export interface RunSummary {
	readonly id: string;
	readonly functionId: string;
	readonly status: Status;
	readonly startedAt: Date;
	readonly endedAt: Date | null;
	readonly tags: Readonly<Record<string, string>>;
	readonly queue: string;
	readonly priority: number;
}

/** A parked run whose answer or message is committed is as good as running. */
export function statusOf(row: RunRow): Status {
	return row.status === 'waiting' && row.sent > row.seen ? 'running' : row.status;
}

/** Where a run stands that does not take what it was given: a clause for messages, and the way out. */
export interface Refusal {
	readonly standing: string;
	readonly help: string;
}

const OVER = 'nothing moves it on any more; to do it again start its function under another id';
const BLOCKED = 'describe().blocked says what it lacks; it goes on by itself once a worker has that';
const EARLY =
	'wait until it asks, and answer that: next() of its handle, or of the child run in durable code; a message, with send(), may come before anybody asks';

/** Why a run takes no answer and no message. */
export function whyNoAnswer(row: RunRow): Refusal {
	switch (statusOf(row)) {
		case 'completed':
			return { standing: 'it has completed', help: OVER };
		case 'failed':
			return { standing: 'it has failed', help: 'retry() tries it again: what it waited for is then open again' };
		case 'cancelled':
			return { standing: 'it was cancelled', help: OVER };
		case 'blocked':
			return { standing: 'it is blocked', help: BLOCKED };
		case 'waiting':
			return { standing: 'it waits for something else', help: EARLY };
		default:
			return { standing: 'it is on its way to the next suspension, which next() waits for', help: EARLY };
	}
}

/** Why a run is not tried again. */
export function whyNoRetry(row: RunRow): Refusal {
	switch (statusOf(row)) {
		case 'completed':
			return { standing: 'it has completed', help: OVER };
		case 'cancelled':
			return { standing: 'it was cancelled', help: OVER };
		case 'blocked':
			return { standing: 'it is blocked', help: BLOCKED };
		default:
			return {
				standing: 'it has its way to go, or is tried again already',
				help: 'nothing to do: settled() waits for its end, next() for what it asks',
			};
	}
}

export function summaryOf(row: RunRow): RunSummary {
	const { id, functionId, tags, queue, priority } = row;
	return {
		id,
		functionId,
		status: statusOf(row),
		startedAt: new Date(row.startedAt),
		endedAt: row.endedAt === null ? null : new Date(row.endedAt),
		tags: tags ?? {},
		queue,
		priority,
	};
}

/** `row` was read with its state. */
export async function describe<R>(session: StoreSession, row: RunRow, reading: Reading): Promise<Description<R>> {
	return {
		functionId: row.functionId,
		status: statusOf(row),
		startedAt: new Date(row.startedAt),
		progress: row.progress === null ? undefined : decode(row.progress),
		waitingFor: waitingFor(row),
		blocked: blockedOf(row),
		outcome: hasEnded(row) ? await endedOf<R>(session, row, reading) : null,
	};
}

export function blockedOf(row: RunRow): Blocked | null {
	return row.blocked === null ? null : JSON.parse(row.blocked);
}

function waitingFor(row: RunRow): Waiting[] {
	const waits = readWaits(row.waits).map(({ id, kind, value, name, since, limit }): Waiting => {
		return { kind, id, value, name, since: new Date(since), until: limit === null ? null : new Date(limit) };
	});
	const { status, wakeAt } = row;
	if (status !== 'waiting' || wakeAt === null || waits.some(({ until }) => until?.getTime() === wakeAt)) return waits;
	return [...waits, { kind: 'time', id: null, value: undefined, name: null, since: null, until: new Date(wakeAt) }];
}

import { InvariantError } from '../errors/internal.ts';
import { decode } from '../machine/bytes.ts';
import { type LogEntry, readLog } from '../machine/log.ts';
import type { LogRules } from '../machine/log-options.ts';
import type { OpenWait } from '../machine/turn.ts';
import type { Outcome } from '../outcome.ts';
import type { Mail, RunRow, StoreSession } from '../ports/store.ts';
import type { Callable } from '../registry/shared.ts';
import { readLogBytes } from '../worker/log-bytes.ts';
import { readWaits } from '../worker/stored.ts';
import { unseenOf } from './unseen.ts';
import { viewOf } from './view.ts';

/** How a run ended. Its continuation is a view: what would move it on throws `OwnedByEngineError`. */
export type Ended<R> = Extract<Outcome<R>, { readonly status: 'completed' | 'failed' | 'cancelled' }>;

export function hasEnded({ status }: RunRow): boolean {
	return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** `row` has ended, and was read with its state. */
export async function endedOf<R>(session: StoreSession, row: RunRow, reading: Reading): Promise<Ended<R>> {
	const log = await logOf(session, row, reading);
	const told = { log, emitted: [] };
	switch (row.status) {
		case 'completed':
			return { status: 'completed', value: decode(row.outcome!) as R, ...told };
		case 'failed':
			return {
				status: 'failed',
				error: decode(row.outcome!),
				continuation: viewOf<R>(row, log, reading.handlers),
				...told,
			};
		case 'cancelled':
			return { status: 'cancelled', reason: decode(row.outcome!), ...told };
		default:
			throw new InvariantError({ broken: `run '${row.id}' is ${row.status} and was taken for ended` });
	}
}

/** What an engine reads runs with. */
export interface Reading {
	readonly handlers: ReadonlyMap<Callable, Callable>;
	readonly rules: LogRules;
}

/**
 * The oldest wait, besides those that were told, that `row` stands at for whoever drives it, or null while it moves by
 * itself.
 * @param mail what was unseen no later than `row` was read: it may be the very answer.
 */
export function openWaitOf(
	row: RunRow,
	mail: readonly Mail[],
	told: ReadonlySet<string> = new Set(),
): { readonly id: string; readonly value: unknown } | null {
	const coming = mail.filter(({ number }) => number > row.seen);
	if (hasEnded(row) || coming.some(({ kind }) => kind === 'cancel')) return null;
	const waits = readWaits(row.waits);
	const answered = new Set(coming.filter(({ kind }) => kind === 'answer').map(({ name }) => name));
	const parked = !movesByItself(row, waits, coming);
	return waits.find(({ id, kind }) => (kind === 'suspend' || parked) && !told.has(id) && !answered.has(id)) ?? null;
}

/** Is there something else to move it on than who drives it? */
function movesByItself({ status, wakeAt }: RunRow, waits: readonly OpenWait[], coming: readonly Mail[]): boolean {
	const byTime = wakeAt !== null && !waits.some(({ limit }) => limit === wakeAt);
	const byChild = waits.some(({ kind }) => kind === 'child');
	// A message that nobody waits for is only put by.
	const byMail = coming.some(({ kind, name }) => {
		return kind !== 'message' || waits.some((wait) => wait.kind === 'receive' && wait.name === name);
	});
	return status !== 'waiting' || byTime || byChild || byMail;
}

/** The log so far. `row` was read before: a run that was over by then has written all of its own. */
export async function logOf(session: StoreSession, row: RunRow, { rules }: Reading): Promise<LogEntry[]> {
	const log = readLogBytes(await session.log(row.id));
	return readLog([...log, ...(await unseenOf(session, row, log, rules))]);
}

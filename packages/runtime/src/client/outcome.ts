import { InvariantError } from '../errors/internal.ts';
import { decode } from '../machine/bytes.ts';
import { type LogEntry, readLog } from '../machine/log.ts';
import type { LogRules } from '../machine/log-options.ts';
import type { Outcome } from '../outcome.ts';
import type { RunRow, StoreSession } from '../ports/store.ts';
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

/** The oldest wait, besides those that were told, that `row` stands at for whoever drives it, or null while it moves by itself. */
export function openWaitOf(
	row: RunRow,
	told: ReadonlySet<string> = new Set(),
): { readonly id: string; readonly value: unknown } | null {
	// Mail that was not seen yet may be the very answer.
	if (row.sent > row.seen || hasEnded(row)) return null;
	const waits = readWaits(row.waits);
	const byTimeToo = row.wakeAt !== null && !waits.some(({ limit }) => limit === row.wakeAt);
	const byChildToo = waits.some(({ kind }) => kind === 'child');
	const parked = row.status === 'waiting' && !byTimeToo && !byChildToo;
	return waits.find(({ id, kind }) => (kind === 'suspend' || parked) && !told.has(id)) ?? null;
}

/** The log so far. `row` was read before: a run that was over by then has written all of its own. */
export async function logOf(session: StoreSession, row: RunRow, { rules }: Reading): Promise<LogEntry[]> {
	const log = readLogBytes(await session.log(row.id));
	return readLog([...log, ...(await unseenOf(session, row, log, rules))]);
}

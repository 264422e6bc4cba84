import { capture } from '../machine/copy.ts';
import { type LogItem, type LogRecord, leftOverAnswer, leftOverMessage } from '../machine/log.ts';
import type { LogRules } from '../machine/log-options.ts';
import { keptOf } from '../machine/log-turn.ts';
import type { RunRow, StoreSession } from '../ports/store.ts';
import { readMail } from '../worker/mail-event.ts';

/**
 * Entries of the messages and answers that a run had not seen by its end: left over, as those are that a turn wrote.
 * No turn can write these, since they may come while the last one is committed. `log`: what is stored of it.
 */
export async function unseenOf(
	session: StoreSession,
	row: RunRow,
	log: readonly LogRecord[],
	rules: LogRules,
): Promise<readonly LogItem[]> {
	// One that failed sees it when it is tried again.
	if ((row.status !== 'completed' && row.status !== 'cancelled') || row.sent === row.seen) return [];
	const last = log.at(-1);
	const before = last?.seq ?? 0;
	const counts = { seq: before, settled: 0, mark: last?.mark ?? null };
	const entries: LogRecord[] = [];
	for (const mail of await session.mail(row.id, row.seen)) {
		const event = readMail(mail).value;
		if (event.type === 'received') {
			entries.push(leftOverMessage(counts, event.name, capture([event.payload]), row.endedAt!));
		} else if (event.type === 'resumed') {
			entries.push(leftOverAnswer(counts, event, capture([event.value]), row.endedAt!));
		}
	}
	return keptOf(entries, rules, before, null);
}

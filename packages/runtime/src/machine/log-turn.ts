import { NOTHING } from './copied.ts';
import type { LogItem, LogRecord } from './log.ts';
import { prunedOf } from './log-fold.ts';
import type { LogRules } from './log-options.ts';

/**
 * What a turn adds to the log, as the rules say: one record for each number, the latest, then what is over.
 * `before`: the latest number of the turns before; `frames`: the state at the end of a turn that a mark ended.
 */
export function keptOf(
	items: readonly LogItem[],
	rules: LogRules,
	before: number,
	frames: Uint8Array | null,
): readonly LogItem[] {
	if (items.length === 0) return items;
	const latest = new Map<number, LogRecord>();
	for (const item of items) {
		if ('prune' in item) continue;
		const begun = item.extra?.end ? latest.get(item.seq) : undefined;
		latest.set(item.seq, begun === undefined ? item : ended(begun, item));
	}
	const kept: LogItem[] = [];
	for (const record of latest.values()) {
		const item = ruled(record, rules, before);
		if (item === null) continue;
		const isMark = item.kind === 'mark' && item.state === 'started' && frames !== null;
		kept.push(isMark ? { ...item, extra: { frames } } : item);
	}
	for (const item of items) if ('prune' in item) kept.push(item);
	return kept;
}

function ended(begun: LogRecord, { state, ok, outcome, endedAt }: LogRecord): LogRecord {
	return { ...begun, state, ok, outcome, endedAt };
}

/** Null where nothing is to be told: what stands for an entry was written when that began. */
function ruled(record: LogRecord, { verdict }: LogRules, before: number): LogRecord | null {
	if (record.extra?.end) return record;
	switch (verdict(record)) {
		case 'keep':
			return record;
		case 'redact':
			return { ...record, args: NOTHING, outcome: record.outcome && NOTHING, extra: { redacted: true } };
		case 'exclude':
			return record.seq > before ? prunedOf(record) : null;
	}
}

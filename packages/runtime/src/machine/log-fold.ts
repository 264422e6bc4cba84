import type { LogItem, LogRecord } from './log.ts';

/**
 * What a list of log items comes to: the latest record of each `seq`, and one `pruned` record for each
 * site that entries of were dropped.
 *
 * Owns: nothing outside. Called by: whoever keeps or reads a log.
 * L1: an entry that has only started is not dropped; what is dropped, once it is over, is what its end finds `left`.
 * L2: the latest mark of each label stays, with its frames; an earlier one is an entry like any other.
 */
export class LogFold {
	readonly #records = new Map<number, LogRecord>();
	/** By site. */
	readonly #pruned = new Map<string, LogRecord>();
	/** Numbers of each fiber's records. */
	readonly #fibers = new Map<number, Set<number>>();
	/** Number of the latest mark, by label. */
	readonly #marks = new Map<string, number>();

	constructor(items: Iterable<LogItem> = []) {
		for (const item of items) this.add(item);
	}

	/** How many records there are. */
	get size(): number {
		return this.#records.size + this.#pruned.size;
	}

	get records(): LogRecord[] {
		return [...this.#records.values(), ...this.#pruned.values()].sort((a, b) => a.seq - b.seq);
	}

	get(seq: number): LogRecord | undefined {
		return this.#records.get(seq);
	}

	add(item: LogItem): void {
		if ('prune' in item) this.#prune(item.prune, item.from, item.to);
		else if (item.kind === 'pruned') this.#count(item);
		else this.#set(item);
	}

	#set(record: LogRecord): void {
		const before = this.#records.get(record.seq);
		// The end of a call says nothing of how it began.
		if (record.extra?.end && before === undefined) return;
		const now = before === undefined ? record : merge(before, record);
		if (before !== undefined && now.state !== 'started' && before.extra?.left && !this.#isBoundary(now)) {
			this.#drop(now);
			return;
		}
		this.#records.set(now.seq, now);
		const own = this.#fibers.get(now.fiber);
		if (own === undefined) this.#fibers.set(now.fiber, new Set([now.seq]));
		else own.add(now.seq);
		if (now.kind === 'mark') this.#mark(now);
	}

	#mark(record: LogRecord): void {
		const label = record.mark!;
		const last = this.#marks.get(label);
		if (last !== undefined && last >= record.seq) return;
		this.#marks.set(label, record.seq);
		const former = last === undefined ? undefined : this.#records.get(last);
		if (former === undefined) return;
		if (former.extra?.left) this.#drop(former);
		else this.#records.set(former.seq, { ...former, extra: null });
	}

	/** Entries of a fiber from one number up to another are over and done with. */
	#prune(fiber: number, from: number, to: number): void {
		for (const seq of this.#fibers.get(fiber) ?? []) {
			if (seq < from || seq >= to) continue;
			const record = this.#records.get(seq)!;
			if (record.state !== 'started' && !this.#isBoundary(record)) this.#drop(record);
			else this.#records.set(seq, { ...record, extra: { ...record.extra, left: true } });
		}
	}

	#isBoundary({ kind, mark, seq }: LogRecord): boolean {
		return kind === 'mark' && this.#marks.get(mark!) === seq;
	}

	#drop(record: LogRecord): void {
		const { seq, fiber } = record;
		this.#records.delete(seq);
		const own = this.#fibers.get(fiber);
		own?.delete(seq);
		if (own?.size === 0) this.#fibers.delete(fiber);
		this.#count(prunedOf(record));
	}

	#count(record: LogRecord): void {
		const key = `${record.site} ${record.at} ${record.name}`;
		const former = this.#pruned.get(key);
		this.#pruned.set(key, former === undefined ? record : sum(former, record));
	}
}

/** What stands for an entry that is not kept: nothing of what only that one was, in memory as in a store. */
export function prunedOf(record: LogRecord): LogRecord {
	const { fiber } = record;
	return {
		...record,
		kind: 'pruned',
		args: { values: [] },
		state: 'discarded',
		ok: null,
		outcome: null,
		settledSeq: null,
		attempt: 1,
		fiber: 0,
		mark: null,
		key: '',
		extra: { count: 1, fibers: [fiber, fiber] },
	};
}

function sum(a: LogRecord, b: LogRecord): LogRecord {
	const latest = a.seq > b.seq ? a : b;
	const [of, and] = [a.extra!, b.extra!];
	return {
		...latest,
		startedAt: Math.min(a.startedAt, b.startedAt),
		endedAt: Math.max(a.endedAt ?? a.startedAt, b.endedAt ?? b.startedAt),
		extra: {
			count: of.count! + and.count!,
			fibers: [Math.min(of.fibers![0], and.fibers![0]), Math.max(of.fibers![1], and.fibers![1])],
		},
	};
}

function merge(before: LogRecord, record: LogRecord): LogRecord {
	const left = before.extra?.left ? { left: true as const } : {};
	if (record.extra?.end) {
		const { state, ok, outcome, endedAt } = record;
		return { ...before, state, ok, outcome, endedAt };
	}
	if (before.extra === null) return record;
	const { frames } = before.extra;
	return { ...record, extra: { ...record.extra, ...left, ...(frames === undefined ? {} : { frames }) } };
}

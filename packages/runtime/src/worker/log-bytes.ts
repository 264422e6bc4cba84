import { framed, pieces as unframed } from '../codec/framing.ts';
import { NotSerializableError } from '../errors/saving.ts';
import { decode, encode } from '../machine/bytes.ts';
import type { Copied, CopiedBytes } from '../machine/copied.ts';
import { BEGUN, type LogItem, type LogRecord } from '../machine/log.ts';
import { LogFold } from '../machine/log-fold.ts';

/**
 * The stored log: pieces that a store only joins, each a turn's behind its length (4 bytes, big-endian).
 * A piece is one flat list of items; what many entries repeat is a place, named by a number from then on.
 *
 *     "p" number kind site at name                        a place; a number given again means another place
 *     "r" prefix                                          what keys begin with from then on, up to their last '-'
 *     "s" seq place key startedAt fiber mark copy         an entry; a key begins with '-' where the prefix is to be put before it
 *     "a" seq attempt                                     another attempt
 *     "e" | "d" seq ok settledSeq attempt endedAt copy    it was executed, or discarded
 *     "h" seq | "l" seq | "m" seq frames                  it is redacted; to be dropped once it is over; a mark's frames
 *     "x" fiber from to                                   entries that are over (machine/log.ts, LogPrune)
 *     "k" seq place startedAt endedAt fiber fiber count   entries that are not kept
 *     copy = -1 none | -2 a copy of objects | n and n primitives
 */

const ENDS = { executed: 'e', discarded: 'd' } as const;
const NO_COPY = -1;
const OBJECTS = -2;

type Place = Pick<LogRecord, 'kind' | 'site' | 'at' | 'name'>;

/** Owns: the numbers of places. Whoever goes on with a stored log begins with a new one. */
export class LogWriter {
	readonly #places = new Map<string, number>();
	#prefix: string | null = null;

	/** `before`: the latest `seq` of the turns before. Null when there is nothing to write. */
	write(records: readonly LogItem[], before: number): Uint8Array | null {
		if (records.length === 0) return null;
		const items: unknown[] = [];
		for (const record of records) {
			if ('prune' in record) items.push('x', record.prune, record.from, record.to);
			else if (record.kind === 'pruned') this.#pruned(items, record);
			else this.#record(items, record, before);
		}
		const data = encode(items);
		return framed(data);
	}

	#record(items: unknown[], record: LogRecord, before: number): void {
		const { seq, state, attempt, extra } = record;
		if (seq > before && !extra?.end) this.#begin(items, record);
		else if (state === 'started') items.push('a', seq, attempt);
		if (extra?.redacted) items.push('h', seq);
		if (extra?.left) items.push('l', seq);
		if (extra?.frames) items.push('m', seq, extra.frames);
		if (state === 'started') return;
		const { ok, settledSeq, endedAt, outcome } = record;
		items.push(ENDS[state], seq, ok, settledSeq, attempt, endedAt, ...pack(outcome));
	}

	#begin(items: unknown[], record: LogRecord): void {
		const { seq, startedAt, fiber, mark, args, state, attempt } = record;
		items.push(
			's',
			seq,
			this.#place(items, record),
			this.#key(items, record.key),
			startedAt,
			fiber,
			mark,
			...pack(args, 0),
		);
		if (state === 'started' && attempt > 1) items.push('a', seq, attempt);
	}

	/** All keys of one lineage begin alike. */
	#key(items: unknown[], key: string): string {
		const end = key.indexOf('-');
		if (end < 0) return key;
		const prefix = key.slice(0, end);
		if (prefix !== this.#prefix) {
			this.#prefix = prefix;
			items.push('r', prefix);
		}
		return key.slice(end);
	}

	#pruned(items: unknown[], record: LogRecord): void {
		const { seq, startedAt, endedAt } = record;
		const { fibers, count } = record.extra!;
		items.push('k', seq, this.#place(items, record), startedAt, endedAt, ...fibers!, count);
	}

	/** Written before the item that names it: `push` has not put that there yet. */
	#place(items: unknown[], { kind, site, at, name }: Place): number {
		const key = JSON.stringify([kind, site, at, name]);
		let place = this.#places.get(key);
		if (place === undefined) {
			place = this.#places.size;
			this.#places.set(key, place);
			items.push('p', place, kind, site, at, name);
		}
		return place;
	}
}

/** `unread`: in place of what can no longer be written, because the user's own description of a live value throws. */
function pack(copied: Copied | null, unread = NO_COPY): unknown[] {
	if (copied === null) return [NO_COPY];
	if ('values' in copied) return [copied.values.length, ...copied.values];
	return copied.live.length === 0 || canBeWritten(copied) ? [OBJECTS, copied] : [unread];
}

function canBeWritten(copied: CopiedBytes): boolean {
	try {
		encode(copied);
		return true;
	} catch (error) {
		if (NotSerializableError.is(error)) return false;
		throw error;
	}
}

/** All records that the log comes to. */
export function readLogBytes(pieces: readonly Uint8Array[]): LogRecord[] {
	const fold = new LogFold();
	const places = new Map<number, Place>();
	const prefix = { now: '' };
	for (const data of unframed(pieces)) new Reader(decode(data) as unknown[], fold, places, prefix).read();
	return fold.records;
}

class Reader {
	readonly #items: readonly unknown[];
	readonly #fold: LogFold;
	readonly #places: Map<number, Place>;
	readonly #prefix: { now: string };
	#at = 0;

	constructor(items: readonly unknown[], fold: LogFold, places: Map<number, Place>, prefix: { now: string }) {
		this.#items = items;
		this.#fold = fold;
		this.#places = places;
		this.#prefix = prefix;
	}

	read(): void {
		while (this.#at < this.#items.length) this.#item(this.#next());
	}

	#item(code: unknown): void {
		if (code === 'p') this.#place();
		else if (code === 's') this.#begin();
		else if (code === 'r') this.#prefix.now = this.#next();
		else if (code === 'a') this.#change(this.#next(), { attempt: this.#next() });
		else if (code === 'h') this.#mark(this.#next(), { redacted: true });
		else if (code === 'l') this.#mark(this.#next(), { left: true });
		else if (code === 'm') this.#mark(this.#next(), { frames: this.#next() });
		else if (code === 'x') this.#fold.add({ prune: this.#next(), from: this.#next(), to: this.#next() });
		else if (code === 'k') this.#pruned();
		else this.#end(code === ENDS.executed ? 'executed' : 'discarded');
	}

	#place(): void {
		const number = this.#next<number>();
		const [kind, site] = [this.#next<Place['kind']>(), this.#next<string>()];
		const [at, name] = [this.#next<string>(), this.#next<string>()];
		this.#places.set(number, { kind, site, at, name });
	}

	#begin(): void {
		const seq = this.#next<number>();
		const place = this.#places.get(this.#next<number>())!;
		const end = this.#next<string>();
		const key = end.startsWith('-') ? this.#prefix.now + end : end;
		const [startedAt, fiber, mark] = [this.#next<number>(), this.#next<number>(), this.#next<string | null>()];
		const args = this.#copy()!;
		this.#fold.add({ ...BEGUN, seq, ...place, args, startedAt, fiber, mark, key });
	}

	#end(state: 'executed' | 'discarded'): void {
		const seq = this.#next<number>();
		const [ok, settledSeq] = [this.#next<boolean | null>(), this.#next<number | null>()];
		const [attempt, endedAt] = [this.#next<number>(), this.#next<number | null>()];
		this.#change(seq, { state, ok, settledSeq, attempt, endedAt, outcome: this.#copy() });
	}

	#pruned(): void {
		const seq = this.#next<number>();
		const place = this.#places.get(this.#next<number>())!;
		const [startedAt, endedAt] = [this.#next<number>(), this.#next<number | null>()];
		const fibers = [this.#next<number>(), this.#next<number>()] as const;
		const extra = { count: this.#next<number>(), fibers };
		this.#fold.add({ ...BEGUN, seq, ...place, kind: 'pruned', state: 'discarded', startedAt, endedAt, extra });
	}

	#mark(seq: number, extra: NonNullable<LogRecord['extra']>): void {
		const { extra: before = null } = this.#fold.get(seq) ?? {};
		this.#change(seq, { extra: { ...before, ...extra } });
	}

	/** Nothing, when the log was deleted before and only its end is there. */
	#change(seq: number, change: Partial<LogRecord>): void {
		const before = this.#fold.get(seq);
		if (before !== undefined) this.#fold.add({ ...before, ...change });
	}

	#copy(): Copied | null {
		const form = this.#next<number>();
		if (form === NO_COPY) return null;
		if (form === OBJECTS) return this.#next<CopiedBytes>();
		return { values: Array.from({ length: form }, () => this.#next()) };
	}

	#next<T>(): T {
		return this.#items[this.#at++] as T;
	}
}

import { decode, encode } from '../machine/bytes.ts';
import type { Copied, CopiedBytes } from '../machine/copied.ts';
import type { LogRecord } from '../machine/log.ts';

/**
 * The stored log: pieces that a store only joins, each a turn's behind its length (4 bytes, big-endian).
 * A piece is one flat list of items; what many entries repeat is a place, named by a number from then on.
 *
 *     "p" number kind site at name                        a place; a number given again means another place
 *     "s" seq place startedAt fiber mark copy             an entry
 *     "e" | "d" seq ok settledSeq attempt endedAt copy    it was executed, or discarded
 *     copy = -1 none | -2 a copy of objects | n and n primitives
 */

const PLACE = 'p';
const STARTED = 's';
const ENDS = { executed: 'e', discarded: 'd' } as const;
const NO_COPY = -1;
const OBJECTS = -2;

type Place = Pick<LogRecord, 'kind' | 'site' | 'at' | 'name'>;

/** Owns: the numbers of places. Whoever goes on with a stored log begins with a new one. */
export class LogWriter {
	readonly #places = new Map<string, number>();

	/** `before`: the latest `seq` of the turns before. Null when there is nothing to write. */
	write(records: readonly LogRecord[], before: number): Uint8Array | null {
		if (records.length === 0) return null;
		const items: unknown[] = [];
		const begun = new Set<number>();
		for (const record of records) {
			if (record.seq > before && (record.state === 'started' || !begun.has(record.seq))) {
				begun.add(record.seq);
				this.#begin(items, record);
			}
			if (record.state !== 'started') end(items, record, ENDS[record.state]);
		}
		const data = encode(items);
		const piece = new Uint8Array(4 + data.length);
		new DataView(piece.buffer).setUint32(0, data.length);
		piece.set(data, 4);
		return piece;
	}

	#begin(items: unknown[], record: LogRecord): void {
		const { seq, kind, site, at, name, startedAt, fiber, mark, args } = record;
		const key = JSON.stringify([kind, site, at, name]);
		let place = this.#places.get(key);
		if (place === undefined) {
			place = this.#places.size;
			this.#places.set(key, place);
			items.push(PLACE, place, kind, site, at, name);
		}
		items.push(STARTED, seq, place, startedAt, fiber, mark, ...pack(args));
	}
}

function end(items: unknown[], record: LogRecord, code: string): void {
	const { seq, ok, settledSeq, attempt, endedAt, outcome } = record;
	items.push(code, seq, ok, settledSeq, attempt, endedAt, ...pack(outcome));
}

function pack(copied: Copied | null): unknown[] {
	if (copied === null) return [NO_COPY];
	return 'values' in copied ? [copied.values.length, ...copied.values] : [OBJECTS, copied];
}

/** All records, the latest of each `seq`. */
export function readLogBytes(pieces: readonly Uint8Array[]): LogRecord[] {
	const latest = new Map<number, LogRecord>();
	const places = new Map<number, Place>();
	for (const data of split(join(pieces))) new Reader(decode(data) as unknown[], latest, places).read();
	return [...latest.values()];
}

class Reader {
	readonly #items: readonly unknown[];
	readonly #latest: Map<number, LogRecord>;
	readonly #places: Map<number, Place>;
	#at = 0;

	constructor(items: readonly unknown[], latest: Map<number, LogRecord>, places: Map<number, Place>) {
		this.#items = items;
		this.#latest = latest;
		this.#places = places;
	}

	read(): void {
		while (this.#at < this.#items.length) {
			const code = this.#next();
			if (code === PLACE) this.#place();
			else if (code === STARTED) this.#begin();
			else this.#end(code === ENDS.executed ? 'executed' : 'discarded');
		}
	}

	#place(): void {
		const number = this.#next<number>();
		const [kind, site, at, name] = [
			this.#next<Place['kind']>(),
			this.#next<string>(),
			this.#next<string>(),
			this.#next<string>(),
		];
		this.#places.set(number, { kind, site, at, name });
	}

	#begin(): void {
		const seq = this.#next<number>();
		const place = this.#places.get(this.#next<number>())!;
		const [startedAt, fiber, mark] = [this.#next<number>(), this.#next<number>(), this.#next<string | null>()];
		const args = this.#copy()!;
		const open = { state: 'started', ok: null, outcome: null, settledSeq: null, attempt: 1, endedAt: null } as const;
		this.#latest.set(seq, { seq, ...place, ...open, args, startedAt, fiber, mark });
	}

	#end(state: 'executed' | 'discarded'): void {
		const seq = this.#next<number>();
		const [ok, settledSeq] = [this.#next<boolean | null>(), this.#next<number | null>()];
		const [attempt, endedAt] = [this.#next<number>(), this.#next<number | null>()];
		const outcome = this.#copy();
		const begun = this.#latest.get(seq);
		if (begun !== undefined) this.#latest.set(seq, { ...begun, state, ok, outcome, settledSeq, attempt, endedAt });
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

function join(pieces: readonly Uint8Array[]): Uint8Array {
	const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
	let at = 0;
	for (const piece of pieces) {
		all.set(piece, at);
		at += piece.length;
	}
	return all;
}

function* split(all: Uint8Array): Iterable<Uint8Array> {
	const view = new DataView(all.buffer);
	for (let at = 0; at < all.length; ) {
		const end = at + 4 + view.getUint32(at);
		yield all.subarray(at + 4, end);
		at = end;
	}
}

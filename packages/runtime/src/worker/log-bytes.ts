import type { LogRecord } from '../machine/log.ts';
import { decode, encode } from './bytes.ts';

/**
 * The stored log: pieces that a store only joins, each a turn's records behind its length (4 bytes,
 * big-endian). A record that settles an entry of an earlier turn says only what changed: arguments
 * are written once.
 */
type Settled = Pick<LogRecord, 'seq' | 'state' | 'ok' | 'outcome' | 'settledSeq' | 'attempt' | 'endedAt'>;

/** `before`: the latest `seq` of the turns before. Null when there is nothing to write. */
export function logBytes(records: readonly LogRecord[], before: number): Uint8Array | null {
	if (records.length === 0) return null;
	const data = encode(records.map((record) => (record.seq > before ? record : settledOf(record))));
	const piece = new Uint8Array(4 + data.length);
	new DataView(piece.buffer).setUint32(0, data.length);
	piece.set(data, 4);
	return piece;
}

function settledOf({ seq, state, ok, outcome, settledSeq, attempt, endedAt }: LogRecord): Settled {
	return { seq, state, ok, outcome, settledSeq, attempt, endedAt };
}

/** All records, the latest of each `seq`. */
export function readLogBytes(pieces: readonly Uint8Array[]): LogRecord[] {
	const latest = new Map<number, LogRecord>();
	for (const data of split(join(pieces))) {
		for (const record of decode(data) as (LogRecord | Settled)[]) {
			const first = latest.get(record.seq);
			if (first !== undefined) latest.set(record.seq, { ...first, ...record });
			else if ('site' in record) latest.set(record.seq, record);
		}
	}
	return [...latest.values()];
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

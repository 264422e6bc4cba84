import type { Copied } from '../machine/copy.ts';
import type { LogRecord } from '../machine/log.ts';
import { decode, encode } from './bytes.ts';

/**
 * The stored log: pieces that a store only joins, each a turn's records behind its length (4 bytes,
 * big-endian). Records are lists of their parts, and one that settles an entry of an earlier turn lists
 * only what changed: names and arguments are written once.
 */

/** What changes when an entry is settled, then what does not. */
const CHANGING = ['seq', 'state', 'ok', 'outcome', 'settledSeq', 'attempt', 'endedAt'] as const;
const LASTING = ['kind', 'site', 'at', 'name', 'args', 'startedAt', 'fiber', 'mark'] as const;

type Parts = readonly unknown[];

/** `before`: the latest `seq` of the turns before. Null when there is nothing to write. */
export function logBytes(records: readonly LogRecord[], before: number): Uint8Array | null {
	if (records.length === 0) return null;
	const data = encode(records.map((record) => partsOf(record, record.seq > before)));
	const piece = new Uint8Array(4 + data.length);
	new DataView(piece.buffer).setUint32(0, data.length);
	piece.set(data, 4);
	return piece;
}

function partsOf(record: LogRecord, whole: boolean): Parts {
	const names = whole ? [...CHANGING, ...LASTING] : CHANGING;
	return names.map((name) => (name === 'args' || name === 'outcome' ? pack(record[name]) : record[name]));
}

/** All records, the latest of each `seq`. */
export function readLogBytes(pieces: readonly Uint8Array[]): LogRecord[] {
	const latest = new Map<number, LogRecord>();
	for (const data of split(join(pieces))) {
		for (const parts of decode(data) as Parts[]) {
			const record = recordOf(parts);
			const first = latest.get(record.seq!);
			if (first !== undefined) latest.set(first.seq, { ...first, ...record });
			else if (record.site !== undefined) latest.set(record.seq!, record as LogRecord);
		}
	}
	return [...latest.values()];
}

function recordOf(parts: Parts): Partial<LogRecord> {
	const names = [...CHANGING, ...LASTING].slice(0, parts.length);
	return Object.fromEntries(
		names.map((name, i) => [name, name === 'args' || name === 'outcome' ? unpack(parts[i]) : parts[i]]),
	);
}

/** Shared values are a list, a copy is its parts, nothing is null. */
function pack(copied: Copied | null): unknown {
	return copied !== null && 'values' in copied ? copied.values : copied;
}

function unpack(packed: unknown): Copied | null {
	return Array.isArray(packed) ? { values: packed } : (packed as Copied | null);
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

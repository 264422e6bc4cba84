/**
 * A graph that is written again and again: small ones in full, large ones as changes to what was
 * written before. A full text and the deltas after it are a chain; whoever stores it keeps it as told.
 *
 * S1: reading a chain gives the graph of its last write.
 * S2: a chain's deltas are never more bytes than its full text (or 4 KB), and never more than `MOST`.
 * S3: deltas are merged, by the hundreds or when they are half as much as the full text, so that this is
 *     written again only when as much has changed: what an append costs does not grow with what it is
 *     appended to.
 * S4: after an error nothing of the failed write is in the chain, and the next write is a full one.
 */
import { InvariantError } from '../errors/internal.ts';
import { StateTooLargeError } from '../errors/saving.ts';
import { type DecodeOptions, guarded } from './decode.ts';
import { DeltaWalk } from './delta.ts';
import { assertDecodable, encodeGraph, explain, writeText } from './encode.ts';
import { ARRAY_ROW, DELTA, FULL, LIMITS, LIST_ROW } from './format.ts';
import { CHUNK_HEAD, type Chunks, Heap } from './heap.ts';
import { PENDING } from './kind.ts';
import { Ledger, type Piece, type Pieces } from './ledger.ts';
import { Revival } from './revive.ts';
import { headOf, type JsonRow, referenceOf } from './row.ts';
import type { KindTable } from './table.ts';
import type { EncodeOptions } from './walk.ts';

/** What is to be stored: `full` in place of the whole chain, or `delta` as `deltas[at]` in place of all from there on. */
export type Snapshot = { readonly full: Uint8Array } | { readonly delta: Uint8Array; readonly at: number };

/**
 * Up to here a full text costs less to store than a delta (measured: SQLite, one row). At 16 KB it
 * would cost a third more time only, but every append on the way there 8 KB.
 */
const SMALL = 2 * 1024;
/** Deltas may always be as many bytes, however small the full text. */
const LEAST_CHAIN = 4 * 1024;
/** Deltas of a chain: what a restore reads. */
const MOST = 512;
/** Deltas that are merged into one. */
const MERGED = 256;

export class SnapshotWriter<H = unknown> {
	readonly #table: KindTable;
	/** Null while the graph is small: then nothing needs to be known of what was written. */
	#ledger: Ledger | null = null;
	#base = 0;
	/** Sizes of the deltas, in order; merged ones first. */
	#deltas: number[] = [];
	#merged = 0;
	readonly #small: number;

	/** @param small Up to so many bytes a graph is written in full each time. */
	constructor(table: KindTable, small = SMALL) {
		this.#table = table;
		this.#small = small;
	}

	/** Bytes of the chain as it is stored. */
	get bytes(): number {
		return this.#deltas.reduce((sum, size) => sum + size, this.#base);
	}

	/**
	 * Writes the graph. What it returns must be stored, in this order, or the writer be thrown away.
	 * Identity is what counts: an object that is made anew each time is written anew each time.
	 * @throws NotSerializableError
	 * @throws StateTooLargeError
	 */
	write(root: unknown, options: EncodeOptions<H> = {}): Snapshot {
		try {
			return this.#write(root, options as EncodeOptions);
		} catch (error) {
			this.#ledger = null;
			this.#base = 0;
			throw explain(this.#table, root, options as EncodeOptions, error);
		}
	}

	#write(root: unknown, options: EncodeOptions): Snapshot {
		if (this.#ledger === null) {
			// Not yet large: the plain encoding is the cheaper one.
			const full = this.#base > this.#small / 2 ? null : encodeGraph(this.#table, root, options);
			if (full !== null && full.length <= this.#small) return { full: this.#restart(null, full) };
			return this.#full(root, options);
		}
		const most = (options.limits ?? LIMITS).entries;
		if (this.#deltas.length >= MOST - 1 || this.#ledger.next >= most) return this.#full(root, options);
		const merge = this.#isLong();
		const at = merge ? this.#merged : this.#deltas.length;
		const delta = this.#delta(root, options, this.#ledger, at + 1, merge);
		if (delta === null) return this.#full(root, options);
		const kept = this.#deltas.slice(0, at).reduce((sum, size) => sum + size, delta.length);
		if (kept > Math.max(this.#base, LEAST_CHAIN)) return this.#full(root, options);
		if (merge) {
			this.#ledger.forget(at + 1);
			this.#merged = at + 1;
		}
		this.#deltas.length = at;
		this.#deltas.push(delta.length);
		return { delta, at };
	}

	/** Is there more since the last merge than what is left of it when it is merged will be? */
	#isLong(): boolean {
		const { length } = this.#deltas;
		if (length - this.#merged >= MERGED - 1) return true;
		let size = 0;
		for (let i = this.#merged; i < length; i++) size += this.#deltas[i]!;
		return size > Math.max(LEAST_CHAIN, this.#base) / 2;
	}

	/** Null when something cannot be written that may not even be part of the graph any more. */
	#delta(root: unknown, options: EncodeOptions, ledger: Ledger, position: number, whole: boolean): Uint8Array | null {
		try {
			return this.#text(DELTA, root, options, ledger, position, whole);
		} catch (error) {
			if (whole || options.touched === undefined) throw error;
			return null;
		}
	}

	#full(root: unknown, options: EncodeOptions): Snapshot {
		const ledger = new Ledger();
		const full = this.#text(FULL, root, options, ledger, 0, true);
		return { full: this.#restart(full.length <= this.#small ? null : ledger, full) };
	}

	#restart(ledger: Ledger | null, full: Uint8Array): Uint8Array {
		this.#ledger = ledger;
		this.#base = full.length;
		this.#deltas = [];
		this.#merged = 0;
		return full;
	}

	#text(
		letter: typeof FULL | typeof DELTA,
		root: unknown,
		options: EncodeOptions,
		ledger: Ledger,
		position: number,
		whole: boolean,
	): Uint8Array {
		const walk = new DeltaWalk(this.#table, options, ledger, position, whole);
		const text: unknown[] = [walk.run(root)];
		if (walk.knotty) assertDecodable(this.#table, root, options);
		const limits = options.limits ?? LIMITS;
		if (ledger.next > limits.entries)
			throw new StateTooLargeError({ bytes: ledger.next, limit: limits.entries, largest: [] });
		const blobs: Uint8Array[] = [];
		let cursor = 0;
		for (const { id, row, blob } of walk.changed) {
			if (id !== cursor) {
				if (letter === FULL) throw new InvariantError({ broken: 'a full text has a gap' });
				text.push(id);
			}
			text.push(row);
			if (blob !== undefined) blobs.push(blob);
			cursor = id + 1;
		}
		return writeText(letter, text, blobs, limits);
	}

	/** Another object stands for a value that was read. */
	rename(value: object, by: object): void {
		this.#ledger?.rename(value, by);
	}

	/** Goes on with a chain that was read. Not for users: `readSnapshot` calls it. */
	continueFrom(heap: Heap, revival: Revival, base: number, deltas: readonly number[]): void {
		this.#base = base;
		if (base <= this.#small && deltas.length === 0) return;
		this.#deltas = [...deltas];
		// How they were merged is not known: a chain that is read is a chain of merged ones until it is written anew.
		this.#merged = deltas.length;
		this.#ledger = ledgerOf(this.#table, heap, revival);
	}
}

/**
 * Reads a chain. @returns the graph, and a writer that goes on with the chain.
 * @throws DecodeError, or what a kind says of its own ids.
 */
export function readSnapshot<H>(
	table: KindTable,
	full: Uint8Array,
	deltas: readonly Uint8Array[],
	options: DecodeOptions<H> = {},
): { readonly root: unknown; readonly writer: SnapshotWriter<H> } {
	return guarded(() => {
		const heap = new Heap(options.limits ?? LIMITS);
		heap.read(full, FULL);
		for (const delta of deltas) heap.read(delta, DELTA);
		const revival = new Revival(table, heap.whole(), heap.blobs, options.host);
		const root = revival.run(heap.root);
		const writer = new SnapshotWriter<H>(table);
		writer.continueFrom(
			heap,
			revival,
			full.length,
			deltas.map((delta) => delta.length),
		);
		return { root, writer };
	});
}

/** The rows that were read are what the next write is compared with. */
function ledgerOf(table: KindTable, heap: Heap, revival: Revival): Ledger {
	const ledger = new Ledger();
	ledger.next = heap.rows.length;
	const chunks = heap.chunks();
	for (const [id, row] of heap.rows.entries()) {
		if (row === undefined) continue;
		const instance = revival.instance(id);
		const value = instance === PENDING ? revival.shape(id) : instance;
		if (value === undefined) continue;
		const entry = ledger.add(value, id);
		const head = headOf(row);
		entry.row = row;
		entry.at = heap.at[id]!;
		entry.blob = heap.blobs.get(id)?.slice();
		const gives = typeof row[head] === 'string' ? table.byTag.get(row[head])?.gives : undefined;
		if (gives !== undefined) entry.data = revival.instance(referenceOf(row[head + 1 + gives]));
		const found = chunks.get(id);
		if (found !== undefined) entry.pieces = piecesOf(row, head, found, heap, revival);
	}
	return ledger;
}

function piecesOf(row: JsonRow, head: number, found: Chunks, heap: Heap, revival: Revival): Pieces {
	const listed = row[head] === LIST_ROW;
	const [tag, first, count, skip] = listed ? row.slice(head + 1) : ['A', Math.max(...found.keys()) + 1, 0, 0];
	const byIndex = new Map<number, Piece>();
	const stride = tag === 'V' ? 1 : 2;
	for (const [index, chunk] of found) {
		const live = index >= (first as number) && index < (first as number) + (count as number);
		const keys = chunk.row.slice(CHUNK_HEAD).filter((_, i) => i % stride === 0);
		byIndex.set(index, {
			id: chunk.id,
			at: heap.at[chunk.id]!,
			row: live ? chunk.row : null,
			blob: undefined,
			keys: live && tag !== ARRAY_ROW ? keys.map((part) => revival.value(part)) : undefined,
		});
	}
	return { first: first as number, count: count as number, skip: skip as number, byIndex };
}

/**
 * What a writer of snapshots remembers between two writes: the number of each heap value and the row
 * it was last written as. The row is its own shadow copy: identities are numbers in it, so comparing
 * a fresh row with it is a shallow comparison of the value.
 *
 * Owns: the numbers of one chain (a full text and its deltas). Invariants:
 * L1: a number is never given twice in a chain.
 * L2: a record's row, and those of its pieces, are in the chain, or are null.
 */
import type { JsonRow } from './row.ts';
import type { Shape } from './shape.ts';

/** A row of a chain. */
export interface Written {
	readonly id: number;
	/** Position in the chain of the text that wrote it last: 0 the full one. */
	at: number;
	row: JsonRow | null;
	/** Content of a "B" row, as it was. */
	blob: Uint8Array | undefined;
}

export interface Piece extends Written {
	/** Keys of a map, a set or an object, as live values. */
	keys: readonly unknown[] | undefined;
}

/** Pieces of a long list: by index, those before `first` and behind `first + count` included. */
export interface Pieces {
	first: number;
	count: number;
	/** Parts of the first piece that the list has lost since. */
	skip: number;
	readonly byIndex: Map<number, Piece>;
}

export interface Entry extends Written {
	readonly value: unknown;
	/** The write that reached it last. */
	seen: number;
	pieces: Pieces | undefined;
	/** Shape of a plain object's row. */
	shape: Shape | undefined;
	/** What a hook gave last, or what it was restored from. */
	data: unknown;
	/** It is what a hook gives: a change may tie a knot. */
	feedsHook: boolean;
}

export class Ledger {
	readonly entries = new Map<unknown, Entry>();
	readonly memo: WeakMap<object, unknown> = new WeakMap();
	/** The next number. */
	next = 0;
	/** Counts writes. */
	turn = 0;

	add(value: unknown, id: number = this.next++): Entry {
		const entry: Entry = {
			value,
			id,
			at: 0,
			row: null,
			blob: undefined,
			seen: -1,
			pieces: undefined,
			shape: undefined,
			data: undefined,
			feedsHook: false,
		};
		this.entries.set(value, entry);
		return entry;
	}

	/**
	 * Texts from `position` on are about to be replaced by one that has only what the last write
	 * reached: the rest of what they wrote is forgotten (L2).
	 */
	forget(position: number): void {
		for (const entry of this.entries.values()) {
			if (entry.seen === this.turn) continue;
			if (entry.at >= position) this.entries.delete(entry.value);
			else for (const piece of entry.pieces?.byIndex.values() ?? []) if (piece.at >= position) piece.row = null;
		}
	}
}

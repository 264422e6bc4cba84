/**
 * What a writer of snapshots remembers between two writes: the number of each heap value and the row
 * it was last written as. The row is its own shadow copy: identities are numbers in it, so comparing
 * a fresh row with it is a shallow comparison of the value.
 *
 * Owns: the numbers of one chain (a full text and its deltas). Invariants:
 * L1: a number is never given twice in a chain.
 * L2: a record's row, and those of its pieces, are in the chain, or are null.
 * L3: since a whole write, `roots` leads to all that can change without telling, and may lead to more.
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
	value: unknown;
	/** The write that reached it last. */
	seen: number;
	pieces: Pieces | undefined;
	/** Shape of a plain object's row. */
	shape: Shape | undefined;
	/** What a hook gave last, or what it was restored from. */
	data: unknown;
	/** It is what a hook gives: a change may tie a knot. */
	feedsHook: boolean;
	/** It is looked at only when somebody says that it changed. */
	tells: boolean;
	/** Of one that tells: what it refers to that does not. */
	leads: readonly Entry[];
	/** Of one that does not tell: how many that do refer to it. */
	held: number;
}

const NONE: readonly Entry[] = [];

export class Ledger {
	readonly entries = new Map<unknown, Entry>();
	readonly memo: WeakMap<object, unknown> = new WeakMap();
	/** The next number. */
	next = 0;
	/** Counts writes. */
	turn = 0;
	/** The last write that looked at everything, or -1. */
	whole = -1;
	/** Those that do not tell, held by those that do. */
	readonly roots = new Set<Entry>();

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
			tells: false,
			leads: NONE,
			held: 0,
		};
		this.entries.set(value, entry);
		return entry;
	}

	/** A write that looks at everything begins: what held what is found out anew. */
	begin(): void {
		this.whole = this.turn;
		this.roots.clear();
		for (const entry of this.entries.values()) {
			entry.leads = NONE;
			entry.held = 0;
		}
	}

	/** What one that tells refers to now. */
	lead(from: Entry, to: readonly Entry[]): void {
		for (const entry of from.leads) if (--entry.held === 0) this.roots.delete(entry);
		from.leads = to;
		for (const entry of to) if (++entry.held === 1) this.roots.add(entry);
	}

	/** It does not tell any more: whoever refers to it is looked at, and leads to it. */
	untell(entry: Entry): void {
		entry.tells = false;
		this.lead(entry, NONE);
	}

	/** Another object stands for a value from now on. */
	rename(value: unknown, by: unknown): void {
		const entry = this.entries.get(value);
		if (entry === undefined) return;
		this.entries.delete(value);
		entry.value = by;
		this.entries.set(by, entry);
	}

	/**
	 * Texts from `position` on are about to be replaced by one that has only what the last write
	 * reached: the rest of what they wrote is forgotten (L2).
	 */
	forget(position: number): void {
		for (const entry of this.entries.values()) {
			if (entry.seen === this.turn) continue;
			if (entry.at >= position) {
				this.lead(entry, NONE);
				this.roots.delete(entry);
				this.entries.delete(entry.value);
			} else for (const piece of entry.pieces?.byIndex.values() ?? []) if (piece.at >= position) piece.row = null;
		}
	}
}

/**
 * One write of a graph that was written before: only rows that changed. Values that do not tell when
 * they change are still walked, each time; those that do only in a whole write.
 */
import { element, elementOrHole } from './elements.ts';
import {
	ARRAY_ROW,
	CHUNK_ROW,
	DECORATED_ROW,
	DICTIONARY_ROW,
	HOLE,
	hole,
	type Level,
	LIST_ROW,
	LONG_STRING,
} from './format.ts';
import { CHUNK_HEAD } from './heap.ts';
import type { AnyKind } from './kind.ts';
import type { Entry, Ledger, Piece, Pieces, Written } from './ledger.ts';
import { ownValue } from './own.ts';
import { align, cut, PIECE, retire } from './pieces.ts';
import { headOf, type JsonRow } from './row.ts';
import { alike, refersTo, sameBytes, sameParts, sameRow } from './same.ts';
import { Shape, type ShapeClass } from './shape.ts';
import type { KindTable, Route } from './table.ts';
import { type EncodeOptions, Walk } from './walk.ts';

/** How many items a list must have to be written in pieces. */
const LONG_LIST = 64;
/** How far the head of an array may have moved to be taken for a queue. */
const SHIFTED = 64;

const { getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, getPrototypeOf, isExtensible } = Object;

export class DeltaWalk extends Walk {
	/** Rows to write, in order of their numbers once the walk is done. */
	readonly changed: Written[] = [];
	/** A hook, or what a hook gave, changed. */
	knotty = false;
	readonly #ledger: Ledger;
	/** Position of the text being written. */
	readonly #position: number;
	readonly #queue: Entry[] = [];
	readonly #token = {};
	/** Of the values that tell only these are looked at; null: all are. */
	readonly #touched: ReadonlySet<object> | null;
	/** Those that tell and were looked at, with what they refer to. */
	readonly #leads: { readonly from: Entry; readonly to: Entry[] }[] = [];
	#current: Entry | undefined;
	/** What the current one refers to. */
	#met: Entry[] = [];
	#blob: Uint8Array | undefined;

	/**
	 * @param position in the chain: what the texts from there on wrote and is still alive is written again.
	 * @param whole Looks at everything, whatever is said to have changed.
	 */
	constructor(table: KindTable, options: EncodeOptions, ledger: Ledger, position: number, whole: boolean) {
		super(table, options);
		this.#ledger = ledger;
		this.#position = position;
		this.#touched = whole || ledger.whole < 0 ? null : (options.touched ?? null);
		this.memo = ledger.memo;
		ledger.turn++;
		if (this.#touched === null) ledger.begin();
	}

	/** @returns the part of the root. */
	run(root: unknown): unknown {
		const queue = this.#queue;
		const part = this.part(root, 0);
		if (this.#touched !== null) this.#beginWith(this.#touched);
		let deferred: Entry[] = [];
		for (let i = 0; i < queue.length; i++) {
			this.#visit(queue[i]!, deferred);
			if (deferred.length > 0 && i === queue.length - 1) {
				const entries = deferred;
				deferred = [];
				const rows = this.deferredRows(
					entries.map((entry) => entry.value as object),
					(nth) => {
						this.#current = entries[nth];
					},
				);
				for (const [nth, entry] of entries.entries()) this.#settle(entry, rows[nth]!);
			}
		}
		for (const { from, to } of this.#leads) {
			this.#ledger.lead(
				from,
				to.filter((entry) => !entry.tells),
			);
		}
		this.changed.sort((a, b) => a.id - b.id);
		return part;
	}

	/** What was touched, and what may have changed without a word. */
	#beginWith(touched: ReadonlySet<object>): void {
		const { entries, roots } = this.#ledger;
		for (const value of touched) {
			const entry = entries.get(value);
			// What was never met is met when something refers to it.
			if (entry === undefined) continue;
			const kind = this.find(value)?.kind;
			if (typeof kind === 'object' && kind.tells?.(value) === true) this.#reach(entry, true);
			else this.#ledger.untell(entry);
		}
		for (const entry of roots) this.#reach(entry, false);
	}

	#reach(entry: Entry, touched: boolean): void {
		const { turn, whole } = this.#ledger;
		if (entry.seen === turn) return;
		const known = entry.tells && entry.row !== null && entry.seen >= whole && this.#touched !== null;
		entry.seen = turn;
		if (!known || touched) this.#queue.push(entry);
	}

	#visit(entry: Entry, deferred: Entry[]): void {
		this.#current = entry;
		this.#blob = undefined;
		this.#met = [];
		entry.tells = false;
		if (this.#untouched(entry)) {
			if (entry.at >= this.#position) this.#write(entry);
			return;
		}
		this.hooks = false;
		const row = this.row(entry.value);
		if (row === null) deferred.push(entry);
		else this.#settle(entry, row);
	}

	#settle(entry: Entry, row: JsonRow): void {
		const content = this.#blob;
		const changed =
			entry.row === null || !sameRow(entry.row, row) || (content !== undefined && !sameBytes(content, entry.blob));
		if (this.hooks) this.#markData(entry);
		if (entry.pieces !== undefined && row[headOf(row)] !== LIST_ROW) {
			entry.pieces = { first: entry.pieces.first + entry.pieces.count, count: 0, skip: 0, byIndex: new Map() };
		}
		if (changed) {
			entry.row = row;
			if (content !== undefined) entry.blob = content.slice();
			this.knotty ||= this.hooks || entry.feedsHook;
		}
		if (changed || entry.at >= this.#position) this.#write(entry);
	}

	#write(written: Written): void {
		written.at = this.#position;
		this.changed.push(written);
	}

	/** What a hook gave feeds it: should it change, the order of making is checked again. */
	#markData(entry: Entry): void {
		const data = this.#ledger.entries.get(entry.data);
		if (data !== undefined) data.feedsHook = true;
	}

	protected override number(value: unknown, _slot: number): number {
		const entry = this.#ledger.entries.get(value) ?? this.#ledger.add(value);
		this.#reach(entry, false);
		// Strings and shapes never change.
		if (typeof value !== 'string' && !(value instanceof Shape)) this.#met.push(entry);
		return entry.id;
	}

	protected override kind(value: object, kind: AnyKind, route: Route): JsonRow {
		const row = super.kind(value, kind, route);
		if (kind.tells?.(value) === true) {
			this.#current!.tells = true;
			this.#leads.push({ from: this.#current!, to: this.#met });
		}
		return row;
	}

	protected override shape(shape: Shape): number {
		if (shape.owner !== this.#token) {
			shape.id = this.number(shape, 0);
			shape.owner = this.#token;
		}
		this.#current!.shape = shape;
		return shape.id;
	}

	protected override blob(content: Uint8Array): void {
		this.#blob = content;
	}

	/** A hook gives fresh data each time: if it is like the last, it counts as the last. */
	protected override take(value: object, kind: AnyKind): readonly unknown[] {
		const parts = super.take(value, kind);
		const { gives } = kind;
		if (gives === undefined || parts.length <= gives) return parts;
		const entry = this.#current!;
		if (!alike(entry.data, parts[gives])) entry.data = parts[gives];
		return parts.with(gives, entry.data);
	}

	/** A plain object whose row would be the same, found out without making it; visits what it refers to. */
	#untouched({ value, row, shape }: Entry): boolean {
		if (shape === undefined || row === null || shape.of !== 0 || shape.level !== 0) return false;
		const object = value as object;
		if (getPrototypeOf(object) !== Object.prototype || !isExtensible(object)) return false;
		const names = getOwnPropertyNames(object);
		const { keys } = shape;
		if (names.length !== keys.length || getOwnPropertySymbols(object).length > 0 || row[0] !== this.shape(shape))
			return false;
		for (let i = 0; i < keys.length; i++) {
			if (names[i] !== keys[i]) return false;
			const d = getOwnPropertyDescriptor(object, names[i]!)!;
			if (d.enumerable !== true || d.writable !== true || d.configurable !== true) return false;
			if (!this.#same(row[i + 1], d.value)) return false;
		}
		return true;
	}

	/** Whether a value would be written as this part. */
	#same(part: unknown, value: unknown): boolean {
		switch (typeof value) {
			case 'string':
				return value.length > LONG_STRING ? refersTo(part, this.number(value, 0)) : part === value;
			case 'boolean':
				return part === value;
			case 'object':
				if (value === null) return part === null;
				return refersTo(part, this.number(value, 0));
			case 'symbol':
				if (value === hole) return refersTo(part, HOLE);
				return refersTo(part, this.number(value, 0));
			case 'function':
				return refersTo(part, this.number(value, 0));
			case 'number':
				if (value !== 0 && value - value === 0) return part === value;
				return sameParts(part, this.part(value, 0));
			default:
				return sameParts(part, this.part(value, 0));
		}
	}

	protected override elements(row: JsonRow, value: unknown[], level: Level, full: boolean): void {
		if (value.length <= LONG_LIST) {
			super.elements(row, value, level, full);
			return;
		}
		const at = full ? (i: number) => element(value, i, level) : (i: number) => elementOrHole(value, i, level);
		const pieces = this.#pieces();
		this.#shift(pieces, at);
		this.#list(row, ARRAY_ROW, pieces, cut(-pieces.skip, value.length, 1), value.length, at);
	}

	protected override append(row: JsonRow, value: object, kind: AnyKind): void {
		const stride = kind.tag === 'M' ? 2 : kind.tag === 'V' ? 1 : 0;
		const size = stride === 0 ? 0 : (value as Map<unknown, unknown>).size;
		if (size <= LONG_LIST) {
			super.append(row, value, kind);
			return;
		}
		const items = this.take(value, kind);
		const { has } = stride === 2 ? Map.prototype : Set.prototype;
		this.#keyed(row, kind.tag, items, stride, (key) => has.call(value as never, key));
	}

	protected override dictionary(
		value: object,
		of: ShapeClass,
		level: Level,
		keys: readonly (string | symbol)[],
	): JsonRow {
		if (keys.length <= LONG_LIST) return super.dictionary(value, of, level, keys);
		const row: JsonRow = [DECORATED_ROW, this.classPart(of), level, 0];
		const items = keys.flatMap((key) => [key, ownValue(value, key, level)]);
		this.#keyed(row, DICTIONARY_ROW, items, 2, (key) => Object.hasOwn(value, key as string));
		return row;
	}

	#pieces(): Pieces {
		const entry = this.#current!;
		entry.pieces ??= { first: 0, count: 0, skip: 0, byIndex: new Map() };
		return entry.pieces;
	}

	/** A queue loses its head and gets a tail: then the pieces stay where they are, and the first begins later. */
	#shift(pieces: Pieces, at: (index: number) => unknown): void {
		const held = (i: number) =>
			pieces.byIndex.get(pieces.first + Math.floor(i / PIECE))?.row?.[CHUNK_HEAD + (i % PIECE)];
		const begins = (i: number) => this.#same(held(i), at(0)) && this.#same(held(i + 1), at(1));
		if (pieces.count === 0 || begins(pieces.skip)) return;
		for (let by = 1; by <= SHIFTED; by++) {
			if (!begins(pieces.skip + by)) continue;
			pieces.skip += by;
			pieces.first += Math.floor(pieces.skip / PIECE);
			pieces.skip %= PIECE;
			return;
		}
	}

	#keyed(row: JsonRow, tag: string, items: readonly unknown[], stride: number, has: (key: unknown) => boolean): void {
		const pieces = this.#pieces();
		let cuts = pieces.count === 0 ? undefined : align(pieces, items, stride, has);
		if (cuts === undefined) {
			pieces.first += pieces.count;
			cuts = cut(0, items.length, stride);
		}
		this.#list(row, tag, pieces, cuts, items.length, (i) => items[i]);
		for (let n = 0; n < cuts.length; n++) {
			const keys: unknown[] = [];
			for (let i = cuts[n]!; i < (cuts[n + 1] ?? items.length); i += stride) keys.push(items[i]);
			pieces.byIndex.get(pieces.first + n)!.keys = keys;
		}
	}

	/** Writes the pieces that changed, and the row that names them all. */
	#list(
		row: JsonRow,
		tag: string,
		pieces: Pieces,
		cuts: readonly number[],
		length: number,
		at: (index: number) => unknown,
	): void {
		pieces.count = cuts.length;
		row.push(LIST_ROW, tag, pieces.first, pieces.count, pieces.skip);
		for (let n = 0; n < cuts.length; n++) {
			const [from, to] = [cuts[n]!, cuts[n + 1] ?? length];
			const index = pieces.first + n;
			const piece = pieces.byIndex.get(index) ?? this.#piece(pieces, index);
			const changed = !this.#stayed(piece.row, from, to, at);
			if (changed) {
				const parts: JsonRow = [CHUNK_ROW, [this.#current!.id], index];
				for (let i = from; i < to; i++) parts.push(i < 0 ? 0 : this.part(at(i), 0));
				piece.row = parts;
			}
			if (changed || piece.at >= this.#position) this.#write(piece);
		}
		retire(pieces);
	}

	#piece(pieces: Pieces, index: number): Piece {
		const piece: Piece = { id: this.#ledger.next++, at: 0, row: null, blob: undefined, keys: undefined };
		pieces.byIndex.set(index, piece);
		return piece;
	}

	#stayed(row: JsonRow | null, from: number, to: number, at: (index: number) => unknown): boolean {
		if (row === null || row.length !== CHUNK_HEAD + to - from) return false;
		for (let i = Math.max(from, 0); i < to; i++) if (!this.#same(row[CHUNK_HEAD + i - from], at(i))) return false;
		return true;
	}
}

/**
 * The bytes of an encoded graph.
 *
 *     bytes    = header text blobs
 *     header   = "PD1F" | "PD1D" | ("PD1f" | "PD1d") 8 hex digits: the length of the text in bytes
 *                (capital: no blobs; F: a full graph, D: changes to the graphs before it)
 *     text     = UTF-8 JSON: [root, row, row, ...]         blobs = the content of all "B" and "copy" rows, in order
 *     row      = [tag, part, ...] | [id of a shape row, part, ...]: a plain object, values in order of the shape's keys
 *     part     = string | number | true | false | null     itself
 *              | [id]                                       the heap entry with that number
 *              | [-1] undefined  [-2] NaN  [-3] -0  [-4] Infinity  [-5] -Infinity  [-6] a hole
 *              | ["n", digits]                              bigint: decimal, or 0x... beyond 64 bits
 *
 * Rows are numbered from 0. A number between rows moves the cursor: `[root, 7, row, row, 12, row]` gives
 * the entries 7, 8 and 12; only a "D" text has them. The heap is flat, so depth is never nesting. Rows
 * that are not kinds: "S" a long string, once by content · "s" a shape [...keys] · "z" a shape with
 * [prototype, level, ...keys] · "A" an array · "a" a sparse one [length, index, element, ...] · "O" an
 * object of many keys [prototype, level, key, value, ...] · "+" [prototype, level, n, n keys and values,
 * tag, parts...]: any other row with a class, own properties or a level. Level: 1 not extensible,
 * 2 sealed, 3 frozen. Prototype: 0 the kind's own, null, or [id] of a class row.
 *
 * So that an append to something long is a small change: "L" [tag, first, count, skip] stands for a row
 * with that tag ("A" "M" "V" "O"), whose parts are those of the "C" rows [[id of the L row], index,
 * ...parts] with the indices first to first + count - 1, in order, without the first `skip` parts.
 * Other "C" rows are left over from what the list was before.
 *
 * Deterministic: the same graph gives the same bytes. The walk is breadth first, keys in their order.
 */

export const MAGIC = 'PD1';
/** Letters after the magic; lower case when blobs follow the text. */
export const FULL = 'F';
export const DELTA = 'D';

export const UNDEFINED = -1;
export const NAN = -2;
export const MINUS_ZERO = -3;
export const INFINITE = -4;
export const MINUS_INFINITE = -5;
export const HOLE = -6;

export const BIGINT = 'n';

export const ARRAY_ROW = 'A';
export const SPARSE_ROW = 'a';
export const DICTIONARY_ROW = 'O';
export const BLOB_ROW = 'B';
/** A copy at the border of a run: content like a buffer's, that never changes. */
export const COPY_ROW = 'copy';
export const LIST_ROW = 'L';
export const CHUNK_ROW = 'C';
export const STRING_ROW = 'S';
export const SHAPE_ROW = 's';
export const SPECIAL_SHAPE_ROW = 'z';
export const DECORATED_ROW = '+';

/** Strings longer than this are heap entries: written once by content, and not again with each change of their holder. */
export const LONG_STRING = 128;
/** Objects with more own keys than this are dictionaries: they name their keys inline and make no shape. */
export const SHAPE_KEYS = 32;

/** What no decoder may be asked for, and so no encoder makes. */
export interface Limits {
	/** Bytes of the whole, text and blobs. */
	readonly bytes: number;
	/** Heap entries. */
	readonly entries: number;
}

export const LIMITS: Limits = { bytes: 64 * 1024 * 1024, entries: 4_000_000 };

/** Own properties cannot be added (1), removed (2), changed (3). */
export type Level = 0 | 1 | 2 | 3;

/** An array slot that is empty: among live parts it stands for itself. */
export const hole: unique symbol = Symbol('perdure.hole');

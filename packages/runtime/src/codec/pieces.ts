/** Where the pieces of a long list begin, so that a change in its midst writes one of them. */
import type { Pieces } from './ledger.ts';

/** Items of a piece. */
export const PIECE = 16;
/** A piece that insertions have made this large has all pieces cut anew. */
const BLOATED = 4 * PIECE;

/** Forgets pieces before the list's first, and what those behind its last held (L2). */
export function retire({ first, count, byIndex }: Pieces): void {
	for (const [index, piece] of byIndex) {
		if (index < first) byIndex.delete(index);
		else if (index >= first + count) piece.row = null;
	}
}

export function cut(from: number, length: number, stride: number): number[] {
	const cuts: number[] = [];
	for (let at = from; at < length; at += PIECE * stride) cuts.push(at);
	return cuts;
}

/**
 * Where the pieces of a map, set or object begin now. Entries go from anywhere and come at the end, but
 * for integer keys of objects, which come between others: a piece loses and gains, and keeps its place.
 * @returns undefined when it is better to cut anew.
 */
export function align(
	pieces: Pieces,
	items: readonly unknown[],
	stride: number,
	has: (key: unknown) => boolean,
): number[] | undefined {
	const cuts: number[] = [];
	let i = 0;
	for (let n = 0; n < pieces.count; n++) {
		const { keys } = pieces.byIndex.get(pieces.first + n)!;
		if (keys === undefined) return undefined;
		cuts.push(i);
		for (let k = 0; k < keys.length && i < items.length; k++) {
			if (!Object.is(items[i], keys[k])) {
				if (!has(keys[k])) continue;
				if (Object.is(items[i], keys[k + 1])) continue; // it was deleted and set again: it is at the end now
				while (i < items.length && !Object.is(items[i], keys[k])) i += stride;
				if (i >= items.length || i - cuts[n]! > BLOATED * stride) return undefined;
			}
			i += stride;
		}
	}
	const last = cuts.pop()!;
	cuts.push(...(items.length > last ? cut(last, items.length, stride) : [last]));
	return cuts.length > 4 * (1 + items.length / (PIECE * stride)) ? undefined : cuts;
}

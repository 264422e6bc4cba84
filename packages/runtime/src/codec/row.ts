/** Reading a row's outline: where its own parts begin, and what it refers to. Rows may be anybody's bytes. */
import { DECORATED_ROW } from './format.ts';
import { BadRow } from './kind.ts';

export type JsonRow = unknown[];

/** Index of the tag (or of the shape's number): 0, or after the decoration. */
export function headOf(row: JsonRow): number {
	if (row[0] !== DECORATED_ROW) return 0;
	const extras = row[3];
	if (typeof extras !== 'number' || !Number.isInteger(extras) || extras < 0)
		throw new BadRow('a decoration has no length');
	const head = 4 + 2 * extras;
	if (head >= row.length) throw new BadRow('a decoration is longer than its row');
	return head;
}

/** The number a part refers to, -1 if it is no reference. */
export function referenceOf(part: unknown): number {
	if (!Array.isArray(part) || part.length !== 1) return -1;
	const id: unknown = part[0];
	return typeof id === 'number' && id >= 0 ? id : -1;
}

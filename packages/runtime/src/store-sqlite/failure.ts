import { StoreError } from '../errors/store.ts';

/** SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: others keep it from reading for too long (primary codes). */
const BUSY = new Set([5, 6, 15]);
/** SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE: the same write is refused again. */
const REFUSALS = new Set([18, 19, 20, 25]);

/** Another connection is in the way: the same works later. */
export function isBusy(cause: unknown): boolean {
	return BUSY.has(codeOf(cause));
}

/** What a caller gets to see of it. @returns a StoreError. */
export function failure(cause: unknown): unknown {
	if (StoreError.is(cause)) return cause;
	// A TypeError: a value that cannot be bound.
	const refused = cause instanceof TypeError || REFUSALS.has(codeOf(cause));
	return new StoreError({ problem: (cause as Error).message, refused }, { cause });
}

/** The primary code of SQLite; 0 of another error. */
function codeOf(cause: unknown): number {
	return ((cause as { errcode?: number }).errcode ?? 0) & 0xff;
}

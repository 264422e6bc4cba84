import type { TurnCommit } from '../ports/store.ts';
import type { Connection, Row } from './connection.ts';

/** A full state over this many bytes is kept beside the row, so that a delta does not write it again. */
const INLINE = 4000;

/** Where a turn's state goes: into the row, or (with its place in the chain) into `part`. */
export interface Placed {
	/** The row's own state stays as it is. */
	readonly keep: boolean;
	readonly inline: Uint8Array | null;
	/** `at` 0: a full state; n: the n-th delta. */
	readonly part: { readonly at: number; readonly bytes: Uint8Array } | null;
}

export function place({ status, state }: TurnCommit): Placed {
	// What is over has no state, unless it failed.
	if (status === 'completed' || status === 'cancelled') return { keep: false, inline: null, part: null };
	if (state === null) return { keep: true, inline: null, part: null };
	if ('delta' in state) return { keep: true, inline: null, part: { at: state.at + 1, bytes: state.delta } };
	if (state.full.length <= INLINE) return { keep: false, inline: state.full, part: null };
	return { keep: false, inline: null, part: { at: 0, bytes: state.full } };
}

/** `parted`: whether the run had parts before the turn. */
export function storeParts(db: Connection, n: number, parted: boolean, { keep, part }: Placed): void {
	const at = part?.at ?? 0;
	if (parted && (!keep || part !== null)) db.run('DELETE FROM part WHERE run = :n AND at >= :at', { n, at });
	if (part !== null) {
		db.run('INSERT INTO part (run, at, bytes) VALUES (:n, :at, :bytes)', { n, at, bytes: part.bytes });
	}
	const parts = keep && part === null ? parted : part !== null;
	if (parts !== parted) db.run('UPDATE run SET parted = :parts WHERE n = :n', { n, parts: parts ? 1 : 0 });
}

/** What the run began with. */
export function readInput(db: Connection, n: number): Uint8Array | null {
	return db.get('SELECT bytes FROM input WHERE run = :n', { n })?.bytes ?? null;
}

const isOver = ({ status }: Row) => status === 'completed' || status === 'cancelled';

/** A full state and its deltas; before the first turn was committed, what the run begins with. */
export function readState(db: Connection, row: Row): Uint8Array[] {
	const base: Uint8Array[] = row.state === null ? [] : [row.state!];
	if (row.parted === 0) return base.length > 0 || isOver(row) ? base : [readInput(db, row.n!)!];
	const parts = db.all('SELECT bytes FROM part WHERE run = :n ORDER BY at', { n: row.n! });
	return [...base, ...parts.map((part) => part.bytes! as Uint8Array)];
}

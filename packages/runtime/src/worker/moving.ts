import { leave } from '../driver/resources.ts';
import { DivergenceError } from '../errors/log.ts';
import type { Committed, RunRow } from '../ports/store.ts';
import type { HotRunHost } from './hot-run-host.ts';
import type { Warm } from './hot-states.ts';
import { readLogBytes } from './log-bytes.ts';
import { isHopeless, patiently, pauseAfter } from './patience.ts';
import type { Made } from './transact.ts';

/** A run that was moved: by this commit, or by one of which only its row tells. Null: it is not this worker's any more. */
export type WasMoved =
	| { readonly warm: Warm; readonly made: Made; readonly sent: number; readonly held: boolean }
	| { readonly row: RunRow }
	| null;

/**
 * Moves a claimed run that does not fit the code that is there, and commits that.
 * @param taken ids that a child cannot have, with what is different there; added to.
 * @throws as `moveRun` does, and what the store throws that fails again and again.
 */
export async function move(
	host: HotRunHost,
	row: RunRow,
	taken: Map<string, string>,
	isGone: () => boolean,
): Promise<WasMoved> {
	const { session, clock } = host;
	const ask = <T>(what: () => Promise<T>) => patiently(clock, what, isGone);
	const log = readLogBytes(await ask(() => session.log(row.id)));
	const input = await ask(() => session.input(row.id));
	for (let failures = 0; !isGone(); ) {
		const { warm, made } = await host.move({ row, log, input }, taken);
		let committed: Committed;
		try {
			committed = await session.commit(made.commit);
		} catch (error) {
			await leave(warm.machine, false, clock);
			if (isHopeless(error, ++failures)) throw error;
			await pauseAfter(failures, clock);
			// Nobody knows whether it was moved: the store does (H2).
			const now = await ask(() => session.read(row.id, { state: true }));
			if (now?.epoch !== row.epoch || now.status !== 'running') return null;
			if (now.turn === made.commit.turn) return { row: now };
			continue;
		}
		if (committed.outcome === 'committed' && !isGone())
			return { warm, made, sent: committed.sent, held: committed.held };
		await leave(warm.machine, false, clock);
		if (committed.outcome === 'conflict') taken.set(committed.runId, committed.difference);
		else if (committed.outcome !== 'mail') return null;
		else throw new DivergenceError({ entry: null, expected: 'a wait that mail has come for', found: 'none' });
	}
	return null;
}

import { joined } from '../codec/framing.ts';
import { UnsupportedError } from '../errors/internal.ts';
import { RunNotFoundError } from '../errors/run.ts';
import { hash, keyPrefix } from '../machine/key.ts';
import type { NewRun, RunRow, StoreSession } from '../ports/store.ts';
import { checkOpened } from '../worker/load.ts';
import { renamedWaits, standsAfter } from '../worker/stored.ts';
import { hasEnded } from './outcome.ts';

/**
 * A run that begins where another one stands after its last committed turn (of one that failed: before the turn
 * that failed), with its log so far. No code of it is needed here: the worker that takes it up makes its keys anew.
 * Mail that the other has not seen stays with that.
 * @throws RunNotFoundError, UnsupportedError for a run that is over, SealError.
 */
export async function forkOf(session: StoreSession, runId: string, id: string): Promise<NewRun> {
	const { row, log } = await standing(session, runId);
	// Sealed for that run, nobody could open them under another id.
	checkOpened(row);
	const { functionId, tags, queue, priority } = row;
	const turn = standsAfter(row);
	if (row.state.length === 0) {
		throw new UnsupportedError({
			what: hasEnded(row)
				? `forking run '${runId}', which is over`
				: `forking run '${runId}', whose state cannot be read`,
			help: 'fork it while it lives or when it has failed; start its function anew, or replay its log',
		});
	}
	const made = { id, functionId, hash: forkHash(runId), tags, queue, priority, startAt: null, claim: false };
	if (turn === 0) return { ...made, input: row.state[0]! };
	const renamed = (key: string) => `${keyPrefix(id, '')}${key.slice(key.indexOf('-'))}`;
	return {
		...made,
		input: (await session.input(runId)) ?? new Uint8Array(),
		midway: {
			turn,
			state: row.state,
			functions: row.functions,
			waits: { open: row.open.map(renamed), detail: renamedWaits(row.waits, renamed) },
			progress: row.progress,
			log,
		},
	};
}

/** Of a run and an id there is one fork: asked for again, it is the same one, however far the other has come since. */
export function forkHash(runId: string): string {
	return hash(`fork of ${runId}`);
}

/** The row and the log as of one turn. */
async function standing(session: StoreSession, runId: string): Promise<{ row: RunRow; log: Uint8Array }> {
	for (;;) {
		const row = await session.read(runId, { state: true });
		if (row === null) throw new RunNotFoundError({ runId });
		const log = joined(await session.log(runId));
		if ((await session.read(runId))?.turn === row.turn) return { row, log };
	}
}

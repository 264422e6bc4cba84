import { ResourceError } from '../errors/saving.ts';
import type { StoreSession } from '../ports/store.ts';
import { blockedBy } from './blocked.ts';
import { unopened } from './turn-commit.ts';

interface Aside {
	readonly id: string;
	readonly epoch: number;
	readonly opening: AbortSignal;
	/** An effect of it has begun here: whoever goes on with it makes another attempt. */
	readonly begun: boolean;
}

/**
 * Nothing of a run can be computed here, and the worker goes on. For a resource that cannot be opened the run fails,
 * retryably; anything else is not the user's code: the run is set aside with a reason, until other code comes.
 *
 * @param patiently asks a store that fails again and again, for as long as the run is held.
 * @param isGone whether it is not.
 * @param reasonOf what is told of it.
 * @returns whether it is no longer this worker's.
 */
export async function setAside(
	session: StoreSession,
	{ id, epoch, opening, begun }: Aside,
	error: unknown,
	patiently: <T>(ask: () => Promise<T>) => Promise<T>,
	isGone: () => boolean,
	reasonOf = blockedBy,
): Promise<boolean> {
	const block = async (why: unknown) => {
		const reason = JSON.stringify(reasonOf(why));
		if (!isGone()) await patiently(() => session.block(id, epoch, reason, { died: begun })).catch(() => {});
		return true;
	};
	if (!ResourceError.is(error)) return block(error);
	// As the worker closes nobody has waited long enough to say that it cannot be opened.
	if (isGone() || opening.aborted) return false;
	try {
		const row = await patiently(() => session.read(id));
		const commit = row === null || row.epoch !== epoch ? null : unopened(row, error);
		if (commit !== null && !isGone()) await patiently(() => session.commit(commit));
		return true;
	} catch (why) {
		return block(why);
	}
}

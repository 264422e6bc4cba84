import { type Committed, differenceOf, type TurnCommit } from '../ports/store.ts';
import { type Data, ENDED, type Run, rowOf } from './data.ts';
import { add } from './post.ts';

/** G9. A child of the turn whose id is another run's. */
export function conflictOf(
	data: Data,
	{ starts = [] }: TurnCommit,
): Extract<Committed, { outcome: 'conflict' }> | null {
	for (const child of starts) {
		const known = data.runs.get(child.id);
		const difference = known === undefined ? null : differenceOf(rowOf(known, false), child);
		if (difference !== null) return { outcome: 'conflict', runId: child.id, difference };
	}
	return null;
}

/** The end of that run is mail to this one: now, if it has come, or is never to come. */
export function awaitEnd(data: Data, run: Run, id: string): void {
	const awaited = data.runs.get(id);
	if (awaited === undefined || ENDED.has(awaited.status)) tellEnd(data, run, id);
	else data.awaited.set(id, (data.awaited.get(id) ?? new Set()).add(run.id));
}

export function tellAwaiting(data: Data, ended: string): void {
	for (const id of data.awaited.get(ended) ?? []) {
		const run = data.runs.get(id)!;
		if (!ENDED.has(run.status)) tellEnd(data, run, ended);
	}
	data.awaited.delete(ended);
}

function tellEnd(data: Data, run: Run, ended: string): void {
	add(data, run, { kind: 'ended', payload: new Uint8Array() }, ended, null, null);
}

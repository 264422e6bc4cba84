import { differenceOf, type NewRun, type Started } from '../ports/store.ts';
import { type Data, type Member, type Run, rowOf, setReady, tell } from './data.ts';

export function start(data: Data, member: Member, run: NewRun): Started {
	const known = data.runs.get(run.id);
	if (known !== undefined) {
		const row = rowOf(known, false);
		return { outcome: differenceOf(row, run) === null ? 'exists' : 'conflict', claimed: false, run: row };
	}
	const now = data.clock.now();
	const claimed = run.claim && (run.startAt === null || run.startAt <= now);
	const { midway } = run;
	const made: Run = {
		id: run.id,
		functionId: run.functionId,
		hash: run.hash,
		tags: run.tags,
		queue: run.queue,
		priority: run.priority,
		input: run.input,
		startedAt: now,
		endedAt: null,
		status: claimed ? 'running' : 'pending',
		turn: midway?.turn ?? 0,
		epoch: claimed ? 1 : 0,
		sent: 0,
		seen: 0,
		recoveries: 0,
		functions: midway?.functions ?? [run.functionId],
		open: midway?.waits.open ?? [],
		waits: midway?.waits.detail ?? null,
		wakeAt: null,
		progress: midway?.progress ?? null,
		outcome: null,
		event: null,
		blocked: null,
		state: midway?.state ?? [run.input],
		log: midway === undefined ? [] : [midway.log],
		owner: claimed ? member : null,
		readyAt: null,
		blockedBy: new Set(),
		mail: [],
	};
	data.runs.set(run.id, made);
	if (!claimed) {
		setReady(data, made, run.startAt ?? now);
		tell(data, (listener) => listener.due());
	}
	return { outcome: 'created', claimed, run: rowOf(made, claimed) };
}

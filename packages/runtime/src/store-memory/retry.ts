import { type Data, setReady, tell } from './data.ts';

export function retry(data: Data, runId: string, turn: number, event: Uint8Array): boolean {
	const run = data.runs.get(runId);
	if (run?.status !== 'failed' || run.turn !== turn) return false;
	run.status = 'pending';
	run.event = event;
	run.outcome = null;
	run.endedAt = null;
	run.recoveries = 0;
	setReady(data, run, data.clock.now());
	tell(data, (listener) => {
		listener.moved(runId);
		listener.due();
	});
	return true;
}

import type { Mail, RunFilter, RunRow } from '../ports/store.ts';
import { type Data, type Run, rowOf } from './data.ts';
import { isAnsweredBy } from './post.ts';

export function read(data: Data, runId: string, state: boolean): RunRow | null {
	const run = data.runs.get(runId);
	return run === undefined ? null : rowOf(run, state);
}

export async function* list(data: Data, filter: RunFilter): AsyncGenerator<RunRow> {
	for (const run of data.runs.values()) if (matches(run, filter)) yield rowOf(run, false);
}

export function answered(data: Data, runId: string, sender: string): boolean {
	const run = data.runs.get(runId);
	return run !== undefined && isAnsweredBy(run, sender);
}

export function mail(data: Data, runId: string, after: number): Mail[] {
	return (data.runs.get(runId)?.mail ?? [])
		.filter(({ number }) => number > after)
		.map(({ number, kind, name, payload }) => {
			const ended = kind === 'ended' ? data.runs.get(name) : undefined;
			if (ended === undefined) return { number, kind, name, payload };
			return { number, kind, name, payload: ended.outcome!, status: ended.status as NonNullable<Mail['status']> };
		});
}

function matches(run: Run, { status, functionId, tags }: RunFilter): boolean {
	if (status !== undefined && !status.includes(run.status)) return false;
	if (functionId !== undefined && run.functionId !== functionId) return false;
	return Object.entries(tags ?? {}).every(([name, value]) => run.tags?.[name] === value);
}

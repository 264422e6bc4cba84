import type { ConsumeOptions, OutboxRow, TurnCommit } from '../ports/store.ts';
import { type Data, type Event, type Member, tell } from './data.ts';

export function emit(data: Data, runId: string, emitted: TurnCommit['emitted'] = []): void {
	const at = data.clock.now();
	for (const { seq, event } of emitted) {
		data.outbox.add({ runId, seq, at, event, owner: null, consumer: '', batch: 0 });
	}
	if (emitted.length > 0) tell(data, (listener) => listener.emitted());
}

export function consume(data: Data, owner: Member, { consumer, batch, limit }: ConsumeOptions): OutboxRow[] {
	const before = [...data.outbox].filter((event) => has(event, owner, consumer) && event.batch === batch);
	if (before.length > 0) return before.map(rowOf);
	const others = new Set<string>();
	for (const event of data.outbox) if (event.owner !== null && !has(event, owner, consumer)) others.add(event.runId);
	const taken: OutboxRow[] = [];
	for (const event of data.outbox) {
		if (taken.length === limit) break;
		if (event.owner !== null || others.has(event.runId)) continue;
		Object.assign(event, { owner, consumer, batch });
		taken.push(rowOf(event));
	}
	return taken;
}

export function acknowledge(
	data: Data,
	owner: Member,
	consumer: string,
	{ runId, seq }: Pick<OutboxRow, 'runId' | 'seq'>,
): boolean {
	for (const event of data.outbox) {
		if (event.runId !== runId || event.seq !== seq) continue;
		return has(event, owner, consumer) && data.outbox.delete(event);
	}
	return true;
}

export function release(data: Data, owner: Member, consumer: string): void {
	freeEvents(data, (event) => has(event, owner, consumer));
}

export function freeEvents(data: Data, which: (event: Event) => boolean): void {
	for (const event of data.outbox) if (which(event)) event.owner = null;
	tell(data, (listener) => listener.emitted());
}

function has(event: Event, owner: Member, consumer: string): boolean {
	return event.owner === owner && event.consumer === consumer;
}

function rowOf({ runId, seq, at, event }: Event): OutboxRow {
	return { runId, seq, at, event };
}

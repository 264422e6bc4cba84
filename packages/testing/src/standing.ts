import { inspect } from 'node:util';
import type { Continuation, LogEntry, Outcome, PendingInspection } from '@perdure/runtime';

/** How a run ended. */
export type Ended<R> = Extract<Outcome<R>, { readonly status: 'completed' | 'failed' | 'cancelled' }>;

/** Where a run stands once nothing moves by itself; what it has emitted is that of the whole test. */
export type Standing<R> =
	| Ended<R>
	/** Waits for an answer or a message. Other parts of it may sleep meanwhile. */
	| Extract<Outcome<R>, { readonly status: 'suspended' }>
	/** Only time moves it on. */
	| {
			readonly status: 'sleeping';
			/** When the first of its timers is due. */
			readonly until: Date;
			readonly continuation: Continuation<R>;
			readonly log: LogEntry[];
			readonly emitted: readonly unknown[];
	  }
	/** An effect has not ended within the patience of the test. */
	| {
			readonly status: 'running';
			readonly effects: readonly PendingInspection[];
			readonly log: LogEntry[];
			readonly emitted: readonly unknown[];
	  };

/** Where it stands, as a clause for messages; `handed`: what each open suspension has handed out, or the name of its message. */
export function describe(
	standing: Standing<unknown>,
	pending: readonly PendingInspection[],
	handed: ReadonlyMap<string, unknown>,
): string {
	switch (standing.status) {
		case 'completed':
			return `it has completed with ${short(standing.value)}`;
		case 'failed':
			return `it has failed with ${short(standing.error)}`;
		case 'cancelled':
			return 'it was cancelled';
		default:
			return pending.map((one) => describePending(one, handed)).join('; ');
	}
}

function describePending(
	{ kind, key, name, at, until }: PendingInspection,
	handed: ReadonlyMap<string, unknown>,
): string {
	const limit = until === null ? '' : `, until ${until.toISOString()}`;
	switch (kind) {
		case 'suspend':
			return `it waits for an answer to ${short(handed.get(key))} (${at})${limit}`;
		case 'child':
			return `it waits for the end of a run that it has started (${at})${limit}`;
		case 'receive':
			return `it waits for the message '${String(handed.get(key))}' (${at})${limit}`;
		case 'sleep':
			return `it sleeps until ${until!.toISOString()} (${at})`;
		case 'effect':
			return `it waits for the effect ${name} (${at})`;
		case 'mark':
			return `it passes a mark (${at})`;
		case 'native':
			return 'it waits for a native promise';
	}
}

function short(value: unknown): string {
	if (value instanceof Error) return String(value);
	const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
	return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

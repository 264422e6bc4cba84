import type { Continuation } from './continuation.ts';
import type { LogEntry } from './machine/log.ts';
import { type LogOptions, type LogRules, logRules } from './machine/log-options.ts';
import type { OpenWait } from './machine/turn.ts';
import { realRandom } from './ports/clock.ts';
import { type Handler, handlerMap } from './registry/handlers.ts';
import type { Callable } from './registry/shared.ts';

/** What every outcome tells. */
export interface Told {
	/**
	 * What was emitted on the way here, in order; what checkpoints have told is among it. Empty where an engine
	 * drives the run: its outbox hands events out.
	 */
	readonly emitted: readonly unknown[];
}

/** How a run ended, or where it waits. */
export type Outcome<R> = Told &
	(
		| { readonly status: 'completed'; readonly value: R; readonly log: LogEntry[] }
		| {
				readonly status: 'failed';
				readonly error: unknown;
				readonly continuation: Continuation<R>;
				readonly log: LogEntry[];
		  }
		| { readonly status: 'cancelled'; readonly reason: unknown; readonly log: LogEntry[] }
		| {
				/** Only answers and messages can move it on. */
				readonly status: 'suspended';
				/** Of the oldest open wait. */
				readonly id: string;
				/** What `suspend` handed out; undefined for `receive`. */
				readonly value: unknown;
				readonly continuation: Continuation<R>;
				readonly log: LogEntry[];
		  }
		/** `RunOptions.park` was aborted. */
		| { readonly status: 'parked'; readonly continuation: Continuation<R>; readonly log: LogEntry[] }
	);

/** How `run`, and a continuation that goes on, drive a run in this process. */
export interface RunOptions {
	/** Name of the run; part of the keys of its effects. Default: a random one. */
	readonly id?: string | undefined;
	/** `this` of the durable function. */
	readonly this?: unknown;
	/** Called in place of other functions where durable code awaits these. */
	readonly handlers?: readonly Handler[] | undefined;
	/** What of the effect log is kept. Default `'iteration'`. */
	readonly log?: LogOptions | undefined;
	/** When aborted nothing more is dispatched, and the outcome is `parked` once the effects in flight have settled. */
	readonly park?: AbortSignal | undefined;
	/**
	 * Called with each turn, before its effects are dispatched, and awaited. Whoever keeps the continuation keeps
	 * with it what the turn has emitted: after a crash the turn is not computed again.
	 */
	readonly onCheckpoint?:
		| ((
				continuation: Continuation<unknown>,
				info: { readonly turn: number; readonly mark?: string; readonly emitted: readonly unknown[] },
		  ) => void | Promise<void>)
		| undefined;
}

/** How an answer is given: `suspension` where several are open. */
export type ResumeOptions = RunOptions & { readonly suspension?: string | undefined };

/** An open `suspend` or `receive`, as whoever drives the run sees it. */
export interface Suspension {
	readonly id: string;
	/** What `suspend` handed out. */
	readonly value: unknown;
	/** The name of the question that it asks, if it asks one. */
	readonly question?: string;
	readonly since: Date;
}

/** A wait for a child is none: nobody answers it. */
export function isSuspension({ kind }: OpenWait): boolean {
	return kind !== 'child';
}

export function suspensionOf({ id, kind, value, name, since }: OpenWait): Suspension {
	return { id, value, ...(kind === 'suspend' && name !== null ? { question: name } : {}), since: new Date(since) };
}

/** How a machine of these options works. @throws TypeError */
export function machineOptions(o: RunOptions): {
	handlers: ReadonlyMap<Callable, Callable>;
	rules: LogRules;
	nonce: string;
} {
	return { handlers: handlerMap(o.handlers), rules: logRules(o.log), nonce: realRandom.id() };
}

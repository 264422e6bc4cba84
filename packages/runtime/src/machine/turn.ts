import type { DurablePromise } from '../language/durable-promise.ts';
import type { Placement } from '../ports/store.ts';
import type { Copied } from './copied.ts';
import type { EffectCall } from './effect-call.ts';
import type { LogItem } from './log.ts';

/**
 * What goes into the machine and what comes out. The machine itself does no I/O: whoever drives it
 * brings events, makes the turn durable, and only then does what the turn asks for.
 */
export type Event =
	| { readonly type: 'started' }
	/** An effect ended: `value` is the result, or the error when not `ok`. */
	| {
			readonly type: 'effectSettled';
			readonly key: string;
			readonly ok: boolean;
			readonly value: unknown;
			/** Taken when it ended, before anybody could change the value; null when that cannot be kept. */
			readonly copy?: Copied | null;
			/** The attempt failed, and its policy asks for another, so many ms later. */
			readonly retryIn?: number;
	  }
	/** A native promise or thenable that hot code awaits has settled. */
	| { readonly type: 'nativeSettled'; readonly key: string; readonly ok: boolean; readonly value: unknown }
	/** Foreign code that was given a resolver has called it, outside any turn. */
	| { readonly type: 'promiseSettled'; readonly promise: DurablePromise; readonly ok: boolean; readonly value: unknown }
	/** Time has come: every timer, limit and grace period due at the turn's `now` fires. */
	| { readonly type: 'timerFired' }
	| { readonly type: 'received'; readonly name: string; readonly payload: unknown }
	/** An answer to an open suspension, or (not `ok`) an error to throw there. */
	| { readonly type: 'resumed'; readonly suspension: string; readonly ok: boolean; readonly value: unknown }
	/** Of a run that has not begun it is the first event and the last. `settled`: of an effect in flight, how it went. */
	| {
			readonly type: 'cancelled';
			readonly reason: unknown;
			readonly settled?: { readonly key: string; readonly ok: boolean; readonly value: unknown } | undefined;
	  }
	/** A run that was waited for is over; null: there is no such run. */
	| {
			readonly type: 'childEnded';
			readonly child: string;
			readonly ended: { readonly status: 'completed' | 'failed' | 'cancelled'; readonly value: unknown } | null;
	  }
	/** A replay: what one turn of the run that is replayed was given, in order. */
	| { readonly type: 'logged'; readonly outcomes: readonly LoggedOutcome[] };

/** An outcome that a log has, for something that is pending. `time`: its time had come. */
export type LoggedOutcome = { readonly key: string } & (
	| { readonly time: true }
	| { readonly time: false; readonly ok: boolean; readonly copy: Copied }
);

/** A run is `running` while an effect or a native promise is outstanding, `waiting` on time, answers and messages. */
export type RunStatus = 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';

/** One step of a run: all or nothing of it is made durable, then its effects are dispatched. */
export interface Turn {
	/** 1 for the first turn of the run. */
	readonly number: number;
	readonly status: RunStatus;
	/** The result (`completed`), the error (`failed`) or the reason (`cancelled`). */
	readonly outcome: unknown;
	/** What this turn adds to the log, of what the log options keep. */
	readonly log: readonly LogItem[];
	/** Label of the last mark that was set; its entry has the frames. */
	readonly mark: string | null;
	/** Effects to dispatch once the turn is durable. */
	readonly dispatch: readonly EffectCall[];
	/** For the outbox, in order. */
	readonly emitted: readonly Emitted[];
	/** Child runs that begin with the turn. */
	readonly starts: readonly ChildStart[];
	/** Keys of effects in flight whose `AbortSignal` is to be aborted. */
	readonly abort: readonly string[];
	/** Native promises to watch; a run that waits for one cannot be saved. */
	readonly watch: readonly { readonly key: string; readonly promise: PromiseLike<unknown> }[];
	/** Promises of the run that have settled while foreign code waits for them: tell it once the turn is durable. */
	readonly told: readonly DurablePromise[];
	/** When the next timer, limit or grace period is due (ms since the epoch), or null. */
	readonly wakeAt: number | null;
}

/** An event for the outbox. */
export interface Emitted {
	/** Position of its entry in the log: grows within the run, never used again. */
	readonly seq: number;
	readonly event: Uint8Array;
}

/** A run that durable code starts. */
export interface ChildStart extends Placement {
	readonly id: string;
	readonly functionId: string;
	/** `this` and arguments, as `inputBytes` writes them. */
	readonly input: Uint8Array;
}

/** An open `suspend` or `receive`, or a wait for the end of a child run. */
export interface OpenWait {
	readonly id: string;
	readonly kind: 'suspend' | 'receive' | 'child';
	/** What `suspend` handed out. */
	readonly value: unknown;
	/** Of the message (`receive`), or of the question that is asked (`suspend`); the id of the child. */
	readonly name: string | null;
	/** Ms since the epoch. */
	readonly since: number;
	/** When it times out (ms since the epoch), or null. */
	readonly limit: number | null;
}

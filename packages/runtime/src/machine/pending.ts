import type { SiteDef } from '@perdure/abi';
import type { DurablePromise } from '../language/durable-promise.ts';
import type { Callable } from '../registry/shared.ts';
import type { Copied } from './copy.ts';
import type { Fiber } from './fiber.ts';

/**
 * What a fiber, or a promise of the run, waits for. Each has the key of its issue; only native promises cannot be saved.
 * Records are saved with the run, so they hold nothing that could be derived from the code.
 */
export type Pending = PendingEffect | PendingSleep | PendingWait | PendingNative;

/** Who gets the outcome: the fiber that awaits the call itself, or the promise that the call returned. */
export type Target = Fiber | DurablePromise;

/** What can be saved. */
export type Savable = Exclude<Pending, PendingNative>;

interface Issued {
	/** Idempotency key of an effect, id of a suspension. */
	readonly key: string;
	readonly target: Target;
	/** Number of the fiber that asked for it. */
	readonly by: number;
	/** Position of its entry in the log, and what the entry repeats when it is settled. */
	readonly seq: number;
	readonly site: string;
	/** `file:line:column`. */
	readonly at: string;
	readonly name: string;
	/** Ms since the epoch. */
	readonly since: number;
	readonly mark: string | null;
}

export interface PendingEffect extends Issued {
	readonly kind: 'effect';
	/** Id of the function that made the call; with `site` it finds the callee again. */
	readonly functionId: string;
	/** Receiver (when it is saved), arguments, and computed keys and arguments of a chain's links, in this order. */
	readonly operands: Copied;
	readonly shape: CallShape;
	/** Attempts that may have begun. */
	attempt: number;
	/** Set when its fiber was cancelled: it is waited for until then, and never issued again. */
	graceAt: number | null;
	/** Handed to a driver of this process: an outcome may still come. Not saved. */
	flying: boolean;
	/** The callee as first evaluated; null after a restore. Not saved. */
	hot: HotCallee | null;
}

export interface HotCallee {
	readonly self: unknown;
	readonly fn: Callable;
	readonly def: SiteDef;
	/** Values of thunks among the operands, for the first attempt: later ones make them again. */
	firsts: readonly unknown[];
	/** Of a call that was made before its turn was committed: what it returned. */
	readonly running: Promise<unknown> | undefined;
}

/** How `operands` is laid out. */
export interface CallShape {
	/** The receiver is saved and the member read from it again. */
	readonly receiver: boolean;
	/** A computed key of that member, also saved. */
	readonly computed: boolean;
	readonly args: number;
	/** Numbers of computed keys and of arguments of each link after the first call. */
	readonly rest: readonly (readonly [keys: number, args: number])[];
}

export interface PendingSleep extends Issued {
	readonly kind: 'sleep';
	/** Ms since the epoch. */
	readonly until: number;
}

export interface PendingWait extends Issued {
	readonly kind: 'suspend' | 'receive';
	/** `suspend`: a copy of what it hands out, as a list of one. `receive`: empty. */
	readonly value: Copied;
	/** `receive`: the message's name. */
	readonly message: string | null;
	/** Ms since the epoch, or null. */
	readonly limit: number | null;
	/** `receive` with `otherwise`: what a time-out gives instead of an error. A list of one. */
	readonly otherwise: readonly unknown[] | null;
}

export interface PendingNative {
	readonly kind: 'native';
	readonly key: string;
	readonly target: Target;
	readonly promise: PromiseLike<unknown>;
}

/** When time alone moves it on (ms since the epoch), or null. */
export function dueAt(pending: Pending): number | null {
	switch (pending.kind) {
		case 'sleep':
			return pending.until;
		case 'effect':
			// After a restore nobody brings the outcome: there is nothing to wait for.
			return pending.graceAt === null || pending.flying ? pending.graceAt : pending.since;
		case 'suspend':
		case 'receive':
			return pending.limit;
		case 'native':
			return null;
	}
}

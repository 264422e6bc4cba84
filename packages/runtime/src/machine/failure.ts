import { ArgumentMutatedError } from '../errors/effect.ts';
import { ResourceError } from '../errors/saving.ts';
import { decode, decodeLive, encode } from './bytes.ts';
import type { Machine } from './machine.ts';
import type { Event } from './turn.ts';

/** What a run has failed by: its last state is the one before that event. */
export interface Failure {
	readonly event: StoredEvent;
	readonly error: unknown;
	/** What the event was read from: what is live in it is still closed. */
	readonly bytes?: Uint8Array;
}

/** `unsaveable`: the value was seen once and is gone. */
export type StoredEvent = Event & { readonly unsaveable?: true };

/** Begins a turn where a run only goes on with what is pending: fires what is due, and does nothing else. */
export const GO_ON: StoredEvent = { type: 'timerFired' };

/** How a failed run is tried again. */
export interface RetryOptions {
	/** The effect whose rejection began the failing turn is issued under a key of its own. Default false: under the same. */
	readonly newKeys?: boolean | undefined;
	/**
	 * An effect that has succeeded, but whose result could not be kept, or that has changed an argument, is done
	 * again. Default false: it counts as done.
	 */
	readonly reissue?: boolean | undefined;
}

/** `issue`: the effect of that key. `deliver`: the event. Null: there is nothing to be done but what was done. */
export type Again = { readonly issue: string } | { readonly deliver: Event } | null;

/** How the failing turn is computed again (runtime.md, "Retry of a failed run"). */
export function again({ event }: Failure, { reissue = false }: RetryOptions): Again {
	// Of a child that failed the end is asked for once more: it may have been tried again itself.
	if (event.type === 'childEnded' && event.ended?.status === 'failed') return { deliver: GO_ON };
	if (event.type !== 'effectSettled') return event.unsaveable ? null : { deliver: event };
	const { key, ok, value } = event;
	const mutated = !ok && ArgumentMutatedError.is(value);
	if (!ok && !mutated) return { issue: key };
	if (reissue && (mutated || event.unsaveable || event.copy === null)) return { issue: key };
	return event.unsaveable ? null : { deliver: event };
}

/**
 * A failed run is cancelled as it stood before the failing turn: whoever waited there for the effect whose outcome
 * began that turn is told how it went. Where it was a cancellation that it failed by, that is made again, with what it
 * had told.
 */
export function cancelFailed({ event }: Failure, reason: unknown): Event {
	if (event.type === 'cancelled') return event;
	if (event.type !== 'effectSettled' || event.unsaveable) return { type: 'cancelled', reason };
	const { key, ok, value } = event;
	return { type: 'cancelled', reason, settled: { key, ok, value } };
}

/** A value that cannot be saved is left out. */
export function eventBytes(event: StoredEvent): Uint8Array {
	const { copy: _, promise: __, ...facts } = event as Event & { copy?: unknown; promise?: unknown };
	try {
		return encode(facts);
	} catch {
		return encode({ ...facts, value: undefined, unsaveable: true });
	}
}

export function readEvent(bytes: Uint8Array): StoredEvent {
	return decode(bytes) as StoredEvent;
}

/**
 * Loads a machine that is to begin with a stored event: what is live in that is opened with what the machine has closed.
 * @param opened as `load` takes it: of the resources that the same bytes gave as the machine's `closed`.
 */
export function loadWith<T extends { readonly machine: Machine }>(
	bytes: Uint8Array,
	opened: readonly object[] | undefined,
	load: (opened?: readonly object[]) => T,
): T & { readonly event: StoredEvent } {
	const count = decodeLive(bytes).closed.length;
	const ofEvent = opened?.slice(0, count);
	const { value, closed } = decodeLive(bytes, ofEvent);
	const loaded = load(opened?.slice(count));
	loaded.machine.own(closed, ofEvent);
	return { ...loaded, event: value as StoredEvent };
}

/**
 * The outcome of a run that failed or was cancelled. An error that cannot be saved must not keep its run
 * from ending: it is kept as a plain error with the same name, message and stack.
 */
export function reasonBytes(reason: unknown): Uint8Array {
	try {
		return encode(reason);
	} catch {
		if (!ResourceError.is(reason)) return encode(plainError(reason));
		const { resource, problem, cause } = reason;
		return encode(new ResourceError({ resource, problem }, { cause: plainError(cause) }));
	}
}

function plainError(reason: unknown): Error {
	if (typeof reason !== 'object' || reason === null) return new Error(String(reason));
	const { name, message, stack } = reason as Partial<Error>;
	const plain = new Error(typeof message === 'string' ? message : 'the reason could not be saved');
	for (const [key, value] of Object.entries({ name, stack })) {
		if (typeof value === 'string') Object.defineProperty(plain, key, { value, configurable: true, writable: true });
	}
	return plain;
}

import { NotSerializableError } from '../errors/saving.ts';
import { decode, encode } from '../machine/bytes.ts';
import { mustBeList } from '../machine/copy.ts';
import { type RetryOptions, readEvent } from '../machine/failure.ts';
import type { OpenWait } from '../machine/turn.ts';
import type { RunRow } from '../ports/store.ts';

/** What the engine keeps in the bytes that a store never reads. Workers and clients of one store agree on these. */

/** `NewRun.input`: what a run begins with. */
export interface Input {
	readonly self: unknown;
	readonly args: readonly unknown[];
}

/** `NewMail.payload` of an answer: `ok` false is an error to throw at the suspension. */
export interface Answer {
	readonly ok: boolean;
	readonly value: unknown;
}

/** `RunRow.waits`. The value is bytes of its own: a process without its classes can still read the rest. */
interface StoredWait {
	readonly id: string;
	readonly kind: OpenWait['kind'];
	readonly name: string | null;
	readonly value: Uint8Array;
	readonly since: number;
	readonly limit: number | null;
}

/** @throws NotSerializableError naming the part of what was given. */
export function answerBytes(answer: Answer): Uint8Array {
	try {
		return encode(answer, 'answer');
	} catch (error) {
		if (!NotSerializableError.is(error)) throw error;
		throw error.at(undefined, undefined, error.path.replace(/^answer\.value/, answer.ok ? 'answer' : 'error'));
	}
}

/** `RunRow.blocked`. */
export interface Blocked {
	readonly code: string;
	readonly message: string;
	readonly help?: string;
	/** Slots that do not fit (`SchemaMismatchError`). */
	readonly differences?: readonly { readonly slot: string; readonly was: string | null; readonly is: string | null }[];
}

/** @throws NotSerializableError naming the argument and the function; TypeError. */
export function inputBytes(functionId: string, { self, args }: Input): Uint8Array {
	mustBeList(nameIn(functionId), args);
	try {
		return encode({ self, args: [...args] }, 'start');
	} catch (error) {
		if (!NotSerializableError.is(error)) throw error;
		const path = error.path.replace(/^start\.(?:self\b)?/, (start) => (start === 'start.' ? '' : 'this'));
		throw error.at(undefined, { as: 'parameter', of: nameIn(functionId) }, path);
	}
}

/** What a run returned. @throws NotSerializableError */
export function resultBytes(functionId: string, value: unknown): Uint8Array {
	try {
		return encode(value, 'result');
	} catch (error) {
		if (!NotSerializableError.is(error)) throw error;
		throw error.at(undefined, { as: 'result', of: nameIn(functionId) });
	}
}

/** `Order.pay` of `shop/src/order#Order.pay`. */
const nameIn = (functionId: string) => functionId.slice(functionId.indexOf('#') + 1);

export function waitsBytes(waits: readonly OpenWait[]): Uint8Array {
	return encode(
		waits.map(({ id, kind, name, value, since, limit }): StoredWait => {
			return { id, kind, name, value: encode(value), since, limit };
		}),
	);
}

/** The same waits under other ids. */
export function renamedWaits(bytes: Uint8Array | null, rename: (id: string) => string): Uint8Array {
	const waits = bytes === null ? [] : (decode(bytes) as StoredWait[]);
	return encode(waits.map((wait) => ({ ...wait, id: rename(wait.id) })));
}

export function readWaits(bytes: Uint8Array | null): OpenWait[] {
	if (bytes === null) return [];
	return (decode(bytes) as StoredWait[]).map((wait) => ({ ...wait, value: decode(wait.value) }));
}

/** Names of the questions that are asked, by suspension. */
export function readQuestions(bytes: Uint8Array | null): ReadonlyMap<string, string> {
	const asked = (bytes === null ? [] : (decode(bytes) as StoredWait[])).filter((wait) => wait.kind === 'suspend');
	return new Map(asked.flatMap(({ id, name }) => (name === null ? [] : [[id, name]])));
}

/** `RunRow.event` of a failed run that is tried again: how, which turn had failed, and the event that began it. */
export interface StoredRetry extends RetryOptions {
	readonly turn: number;
	readonly event: Uint8Array;
	/** It is not tried again but cancelled: the reason. */
	readonly cancel?: Uint8Array;
}

export function retryBytes(retry: StoredRetry): Uint8Array {
	return encode({ retry });
}

/** Null for the event of a run that has failed, or for a retry that has had its turn. */
export function readRetry(bytes: Uint8Array | null, turn: number): StoredRetry | null {
	if (bytes === null) return null;
	const { retry } = decode(bytes) as { readonly retry?: StoredRetry };
	return retry?.turn === turn ? retry : null;
}

/**
 * After how many turns a run stood as its state has it: one that failed, or that is tried again, before the turns that
 * failed. 0: the state is what it began with, however often its first turn failed.
 */
export function standsAfter({ status, turn, event }: RunRow): number {
	const retry = readRetry(event, turn);
	const failed = status === 'failed' ? event : (retry?.event ?? null);
	if (failed === null) return turn;
	return readEvent(failed).type === 'started' ? 0 : turn - 1;
}

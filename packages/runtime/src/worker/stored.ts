import { NotSerializableError } from '../errors/saving.ts';
import { decode, encode } from '../machine/bytes.ts';
import type { Event, OpenWait } from '../machine/turn.ts';

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

/** `RunRow.blocked`. */
export interface Blocked {
	readonly code: string;
	readonly message: string;
	readonly help?: string;
	/** Slots that do not fit (`SchemaMismatchError`). */
	readonly differences?: readonly { readonly slot: string; readonly was: string | null; readonly is: string | null }[];
}

/** @throws NotSerializableError naming the argument and the function. */
export function inputBytes(functionId: string, { self, args }: Input): Uint8Array {
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

export function readWaits(bytes: Uint8Array | null): OpenWait[] {
	if (bytes === null) return [];
	return (decode(bytes) as StoredWait[]).map((wait) => ({ ...wait, value: decode(wait.value) }));
}

/** Names of the questions that are asked, by suspension. */
export function readQuestions(bytes: Uint8Array | null): ReadonlyMap<string, string> {
	const asked = (bytes === null ? [] : (decode(bytes) as StoredWait[])).filter((wait) => wait.kind === 'suspend');
	return new Map(asked.flatMap(({ id, name }) => (name === null ? [] : [[id, name]])));
}

/**
 * The outcome of a run that failed or was cancelled. An error that cannot be saved must not keep its run
 * from ending: it is kept as a plain error with the same name, message and stack.
 */
export function reasonBytes(reason: unknown): Uint8Array {
	try {
		return encode(reason);
	} catch {
		return encode(plainError(reason));
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

/** The event that began a failing turn. A value that cannot be saved is left out: it was seen once and is gone. */
export function eventBytes(event: Event): Uint8Array {
	const { copy: _, promise: __, ...facts } = event as Event & { copy?: unknown; promise?: unknown };
	try {
		return encode(facts);
	} catch {
		return encode({ ...facts, value: undefined, unsaveable: true });
	}
}

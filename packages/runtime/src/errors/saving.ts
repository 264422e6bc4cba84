/** Errors of saving and loading: what cannot be saved, bytes that cannot be read. */
import { endedHelp, LIVE_HELP } from '@perdure/abi';
import { brand, brandOf, PerdureError } from './error.ts';
import type { Crossing, DecodeFacts, NotSerializableFacts, Place } from './facts.ts';
import { ROWS } from './table.ts';

/** Which of the PD3 codes applies: it follows the kind of the value. */
export type NotSerializableKind = 'value' | 'instance' | 'iterator' | 'function' | 'promise' | 'callee';

const KIND_ROWS = {
	value: ROWS.NotSerializableError,
	instance: ROWS.NotSerializableInstance,
	iterator: ROWS.NotSerializableIterator,
	function: ROWS.NotSerializableFunction,
	promise: ROWS.NotSerializablePromise,
	callee: ROWS.NotSerializableCallee,
} as const;

const CROSSING_ROWS = {
	argument: ROWS.NotSerializableArgument,
	receiver: ROWS.NotSerializableCallee,
	parameter: ROWS.NotSerializableBorder,
	result: ROWS.NotSerializableBorder,
} as const;

/** Of values: iterators and promises are looked for where they come from, wherever they are kept. */
const KEPT = new Set<NotSerializableKind>(['value', 'instance', 'function']);

function rowOf({ crossing, held }: NotSerializableFacts, kind: NotSerializableKind) {
	if (crossing !== undefined) return CROSSING_ROWS[crossing.as];
	if (held === 'closure') return ROWS.NotSerializableFunction;
	return held === 'kept' && KEPT.has(kind) ? ROWS.NotSerializableKept : KIND_ROWS[kind];
}

/** What a variable holds has to end before the await that its frame is parked at. */
function helpOf({ help, point, crossing, held }: NotSerializableFacts): string {
	const isVariable = crossing === undefined && held !== 'kept';
	const line = isVariable ? /:(\d+):\d+$/.exec(point ?? '')?.[1] : undefined;
	return help === LIVE_HELP && line !== undefined ? endedHelp(Number(line)) : help;
}

/** A value that had to be saved and cannot be. Nothing was written. */
export class NotSerializableError extends PerdureError {
	static readonly code = ROWS.NotSerializableError.code;
	/** Path of the value: `customer.session.socket`. */
	declare readonly path: string;
	/** Where the frame that holds it is parked, `file:line:column`; undefined outside a run. */
	declare readonly point: Place | undefined;
	/** What the value is. */
	declare readonly type: string;
	declare readonly kind: NotSerializableKind;
	/** How the frame holds it, unless in a variable. */
	declare readonly held: NotSerializableFacts['held'];
	/** Where it was to go; undefined for what a frame holds. */
	declare readonly crossing: Crossing | undefined;

	static {
		brand(NotSerializableError, 'NotSerializableError');
	}

	constructor(facts: NotSerializableFacts & { readonly kind?: NotSerializableKind }, options?: ErrorOptions) {
		const kind = facts.kind ?? 'value';
		super(rowOf(facts, kind), { point: undefined, ...facts, help: helpOf(facts), kind }, options);
	}

	/** The same finding with its place, and where it was to go: whoever knows adds them. */
	at(point: Place | undefined, crossing?: Crossing, path = this.path): NotSerializableError {
		const { type, kind, help, held } = this;
		return new NotSerializableError({ path, type, kind, help, held, point, crossing }, { cause: this.cause });
	}

	static override is(e: unknown): e is NotSerializableError {
		return brandOf(e) === 'NotSerializableError';
	}
}

/** Bytes that are cut, changed, hostile, or of another version; or that name a class unknown here. */
export class DecodeError extends PerdureError {
	static readonly code = ROWS.DecodeError.code;
	declare readonly problem: string;
	/** The class, function or kind that is unknown here, where that is the problem. */
	declare readonly unknown?: string;

	static {
		brand(DecodeError, 'DecodeError');
	}

	constructor(facts: DecodeFacts, options?: ErrorOptions) {
		super(ROWS.DecodeError, facts, options);
	}

	static override is(e: unknown): e is DecodeError {
		return brandOf(e) === 'DecodeError';
	}
}

/** The state of a run is over the hard limit. */
export class StateTooLargeError extends PerdureError {
	static readonly code = ROWS.StateTooLargeError.code;
	declare readonly bytes: number;
	declare readonly limit: number;
	/** The largest locals, largest first. */
	declare readonly largest: readonly { path: string; bytes: number }[];

	static {
		brand(StateTooLargeError, 'StateTooLargeError');
	}

	constructor(facts: Parameters<typeof ROWS.StateTooLargeError.message>[0], options?: ErrorOptions) {
		super(ROWS.StateTooLargeError, facts, options);
	}

	static override is(e: unknown): e is StateTooLargeError {
		return brandOf(e) === 'StateTooLargeError';
	}
}

const SEAL_ROWS = {
	tampered: ROWS.SealTampered,
	expired: ROWS.SealExpired,
	'unknown-key': ROWS.SealUnknownKey,
	'wrong-audience': ROWS.SealWrongAudience,
} as const;

export type SealErrorKind = keyof typeof SEAL_ROWS;

/** Sealed bytes that were refused before they were decoded; `kind` says why, and has a code of its own. */
export class SealError extends PerdureError {
	static readonly code = ROWS.SealTampered.code;
	declare readonly kind: SealErrorKind;

	static {
		brand(SealError, 'SealError');
	}

	constructor(
		facts: {
			kind: SealErrorKind;
			keyId?: string;
			expiredAt?: Date;
			audience?: string;
			unsealed?: true;
			cut?: true;
		},
		options?: ErrorOptions,
	) {
		super(SEAL_ROWS[facts.kind], facts, options);
	}

	static override is(e: unknown): e is SealError {
		return brandOf(e) === 'SealError';
	}
}

/** A resource that a saved run holds could not be opened again; nothing of the run was computed. */
export class ResourceError extends PerdureError {
	static readonly code = ROWS.ResourceError.code;
	/** Id of its class. */
	declare readonly resource: string;
	declare readonly problem: string;

	static {
		brand(ResourceError, 'ResourceError');
	}

	constructor(facts: { resource: string; problem: string }, options?: ErrorOptions) {
		super(ROWS.ResourceError, facts, options);
	}

	static override is(e: unknown): e is ResourceError {
		return brandOf(e) === 'ResourceError';
	}
}

/** What a keyring was to be made of is not what it needs. */
export class KeyringError extends PerdureError {
	static readonly code = ROWS.KeyringError.code;
	declare readonly problem: string;

	static {
		brand(KeyringError, 'KeyringError');
	}

	constructor(facts: { problem: string }) {
		super(ROWS.KeyringError, facts);
	}

	static override is(e: unknown): e is KeyringError {
		return brandOf(e) === 'KeyringError';
	}
}

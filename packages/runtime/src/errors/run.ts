/** Errors of a run's life: cancelled, answered twice, not there, outside a turn. */
import { brand, brandOf, PerdureError } from './error.ts';
import { ROWS } from './table.ts';

/** The effect a cancelled fiber was waiting for: `unknown` after a crash or when the grace has passed. */
export interface CancelledEffect {
	readonly name: string;
	readonly key: string;
	readonly outcome: { readonly value: unknown } | { readonly error: unknown } | 'unknown';
}

/** Thrown at the point where a cancelled fiber stands. */
export class CancelledError extends PerdureError {
	static readonly code = ROWS.CancelledError.code;
	/** What was given to `cancel`. */
	declare readonly reason: unknown;
	/** What became of the effect that was in flight. */
	declare readonly effect?: CancelledEffect;
	/** The run that was cancelled, where it is another one, whose result was waited for. */
	declare readonly runId?: string;

	static {
		brand(CancelledError, 'CancelledError');
	}

	constructor(facts: { reason?: unknown; effect?: CancelledEffect; runId?: string } = {}, options?: ErrorOptions) {
		super(ROWS.CancelledError, { reason: undefined, ...facts }, options);
	}

	static override is(e: unknown): e is CancelledError {
		return brandOf(e) === 'CancelledError';
	}
}

/** A closure of a run was entered when no turn of that run was being computed. */
export class OutsideTurnError extends PerdureError {
	static readonly code = ROWS.OutsideTurnError.code;
	declare readonly functionName: string;
	/** The run that has made it. */
	declare readonly runId?: string;

	static {
		brand(OutsideTurnError, 'OutsideTurnError');
	}

	constructor(facts: Parameters<typeof ROWS.OutsideTurnError.message>[0], options?: ErrorOptions) {
		super(ROWS.OutsideTurnError, facts, options);
	}

	static override is(e: unknown): e is OutsideTurnError {
		return brandOf(e) === 'OutsideTurnError';
	}
}

/** A primitive (`suspend`, `receive`, ...) was called where no run is. */
export class OutsideRunError extends PerdureError {
	static readonly code = ROWS.OutsideRunError.code;
	declare readonly primitive: string;
	/** The effect inside which it was called, as it is written where it is awaited. */
	declare readonly effect?: string;

	static {
		brand(OutsideRunError, 'OutsideRunError');
	}

	constructor(facts: Parameters<typeof ROWS.OutsideRunError.message>[0], options?: ErrorOptions) {
		super(ROWS.OutsideRunError, facts, options);
	}

	static override is(e: unknown): e is OutsideRunError {
		return brandOf(e) === 'OutsideRunError';
	}
}

/** A run that has not failed was to be tried again. */
export class NotFailedError extends PerdureError {
	static readonly code = ROWS.NotFailedError.code;
	declare readonly runId: string;

	static {
		brand(NotFailedError, 'NotFailedError');
	}

	constructor(facts: Parameters<typeof ROWS.NotFailedError.message>[0], options?: ErrorOptions) {
		super(ROWS.NotFailedError, facts, options);
	}

	static override is(e: unknown): e is NotFailedError {
		return brandOf(e) === 'NotFailedError';
	}
}

/** A wait took longer than its `timeout`. */
export class TimeoutError extends PerdureError {
	static readonly code = ROWS.TimeoutError.code;
	declare readonly what: string;
	declare readonly timeout: string | undefined;

	static {
		brand(TimeoutError, 'TimeoutError');
	}

	constructor(facts: Parameters<typeof ROWS.TimeoutError.message>[0], options?: ErrorOptions) {
		super(ROWS.TimeoutError, facts, options);
	}

	static override is(e: unknown): e is TimeoutError {
		return brandOf(e) === 'TimeoutError';
	}
}

/** An answer to a run that does not wait for one. */
export class NotSuspendedError extends PerdureError {
	static readonly code = ROWS.NotSuspendedError.code;
	declare readonly runId: string;
	declare readonly suspension: string | undefined;

	static {
		brand(NotSuspendedError, 'NotSuspendedError');
	}

	constructor(facts: Parameters<typeof ROWS.NotSuspendedError.message>[0], options?: ErrorOptions) {
		super(ROWS.NotSuspendedError, facts, options);
	}

	static override is(e: unknown): e is NotSuspendedError {
		return brandOf(e) === 'NotSuspendedError';
	}
}

/** A suspension that has another answer already. */
export class AlreadyResumedError extends PerdureError {
	static readonly code = ROWS.AlreadyResumedError.code;
	declare readonly runId: string;
	declare readonly suspension: string;

	static {
		brand(AlreadyResumedError, 'AlreadyResumedError');
	}

	constructor(facts: Parameters<typeof ROWS.AlreadyResumedError.message>[0], options?: ErrorOptions) {
		super(ROWS.AlreadyResumedError, facts, options);
	}

	static override is(e: unknown): e is AlreadyResumedError {
		return brandOf(e) === 'AlreadyResumedError';
	}
}

/** An answer without an address where several suspensions are open. */
export class AmbiguousResumeError extends PerdureError {
	static readonly code = ROWS.AmbiguousResumeError.code;
	declare readonly runId: string;
	declare readonly suspensions: readonly string[];

	static {
		brand(AmbiguousResumeError, 'AmbiguousResumeError');
	}

	constructor(facts: Parameters<typeof ROWS.AmbiguousResumeError.message>[0], options?: ErrorOptions) {
		super(ROWS.AmbiguousResumeError, facts, options);
	}

	static override is(e: unknown): e is AmbiguousResumeError {
		return brandOf(e) === 'AmbiguousResumeError';
	}
}

/** A continuation that is a view of an engine's run was asked to move it on. */
export class OwnedByEngineError extends PerdureError {
	static readonly code = ROWS.OwnedByEngineError.code;
	declare readonly runId: string;
	declare readonly method: string;

	static {
		brand(OwnedByEngineError, 'OwnedByEngineError');
	}

	constructor(facts: Parameters<typeof ROWS.OwnedByEngineError.message>[0], options?: ErrorOptions) {
		super(ROWS.OwnedByEngineError, facts, options);
	}

	static override is(e: unknown): e is OwnedByEngineError {
		return brandOf(e) === 'OwnedByEngineError';
	}
}

/** An answer or message that its schema refuses. The run still waits. */
export class InvalidAnswerError extends PerdureError {
	static readonly code = ROWS.InvalidAnswerError.code;
	declare readonly to: string;
	declare readonly issues: readonly string[];

	static {
		brand(InvalidAnswerError, 'InvalidAnswerError');
	}

	constructor(facts: Parameters<typeof ROWS.InvalidAnswerError.message>[0], options?: ErrorOptions) {
		super(ROWS.InvalidAnswerError, facts, options);
	}

	static override is(e: unknown): e is InvalidAnswerError {
		return brandOf(e) === 'InvalidAnswerError';
	}
}

/** No run with this id in the store. */
export class RunNotFoundError extends PerdureError {
	static readonly code = ROWS.RunNotFoundError.code;
	declare readonly runId: string;

	static {
		brand(RunNotFoundError, 'RunNotFoundError');
	}

	constructor(facts: Parameters<typeof ROWS.RunNotFoundError.message>[0], options?: ErrorOptions) {
		super(ROWS.RunNotFoundError, facts, options);
	}

	static override is(e: unknown): e is RunNotFoundError {
		return brandOf(e) === 'RunNotFoundError';
	}
}

/** A handle was taken for one function, and its run is one of another. */
export class WrongFunctionError extends PerdureError {
	static readonly code = ROWS.WrongFunctionError.code;
	declare readonly runId: string;
	/** What the handle was taken for, and what the run is one of: ids of functions. */
	declare readonly expected: string;
	declare readonly functionId: string;

	static {
		brand(WrongFunctionError, 'WrongFunctionError');
	}

	constructor(facts: Parameters<typeof ROWS.WrongFunctionError.message>[0], options?: ErrorOptions) {
		super(ROWS.WrongFunctionError, facts, options);
	}

	static override is(e: unknown): e is WrongFunctionError {
		return brandOf(e) === 'WrongFunctionError';
	}
}

/** A run id that is taken by another function or other arguments. */
export class RunConflictError extends PerdureError {
	static readonly code = ROWS.RunConflictError.code;
	declare readonly runId: string;
	declare readonly difference: string;

	static {
		brand(RunConflictError, 'RunConflictError');
	}

	constructor(facts: Parameters<typeof ROWS.RunConflictError.message>[0], options?: ErrorOptions) {
		super(ROWS.RunConflictError, facts, options);
	}

	static override is(e: unknown): e is RunConflictError {
		return brandOf(e) === 'RunConflictError';
	}
}

/** A run that cannot go on until somebody acts. */
export class BlockedError extends PerdureError {
	static readonly code = ROWS.BlockedError.code;
	declare readonly runId: string;
	declare readonly blocked: { readonly code: string; readonly message: string };

	static {
		brand(BlockedError, 'BlockedError');
	}

	constructor(facts: Parameters<typeof ROWS.BlockedError.message>[0], options?: ErrorOptions) {
		super(ROWS.BlockedError, facts, options);
	}

	static override is(e: unknown): e is BlockedError {
		return brandOf(e) === 'BlockedError';
	}
}

/** Something other than a duration where one is due. */
export class InvalidDurationError extends PerdureError {
	static readonly code = ROWS.InvalidDurationError.code;
	declare readonly given: string;

	static {
		brand(InvalidDurationError, 'InvalidDurationError');
	}

	constructor(facts: Parameters<typeof ROWS.InvalidDurationError.message>[0], options?: ErrorOptions) {
		super(ROWS.InvalidDurationError, facts, options);
	}

	static override is(e: unknown): e is InvalidDurationError {
		return brandOf(e) === 'InvalidDurationError';
	}
}

/** A run waits for what cannot come: promises of its own that nothing is left to settle, or its own end. */
export class DeadlockError extends PerdureError {
	static readonly code = ROWS.DeadlockError.code;
	declare readonly runId: string;
	/** Where the fibers stand, or where it waits for its own end, `file:line:column`. */
	declare readonly points: readonly string[];

	static {
		brand(DeadlockError, 'DeadlockError');
	}

	constructor(facts: Parameters<typeof ROWS.DeadlockError.message>[0], options?: ErrorOptions) {
		super(ROWS.DeadlockError, facts, options);
	}

	static override is(e: unknown): e is DeadlockError {
		return brandOf(e) === 'DeadlockError';
	}
}

/** A test asked for the result of a run that has not ended. */
export class NotSettledError extends PerdureError {
	static readonly code = ROWS.NotSettledError.code;
	declare readonly runId: string;
	/** What it waits for, as a clause. */
	declare readonly standing: string;

	static {
		brand(NotSettledError, 'NotSettledError');
	}

	constructor(facts: Parameters<typeof ROWS.NotSettledError.message>[0], options?: ErrorOptions) {
		super(ROWS.NotSettledError, facts, options);
	}

	static override is(e: unknown): e is NotSettledError {
		return brandOf(e) === 'NotSettledError';
	}
}

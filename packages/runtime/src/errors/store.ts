/** Errors of stores, leases and workers. */
import { brand, brandOf, PerdureError } from './error.ts';
import { ROWS } from './table.ts';

/** The store failed, or its file is not ours; `cause` is what it said. */
export class StoreError extends PerdureError {
	static readonly code = ROWS.StoreError.code;
	declare readonly problem: string;
	/** It is this write that the store does not take, now or later; otherwise it may work again. */
	declare readonly refused: boolean;

	static {
		brand(StoreError, 'StoreError');
	}

	constructor(
		facts: { readonly problem: string; readonly refused?: boolean; readonly help?: string },
		options?: ErrorOptions,
	) {
		super(ROWS.StoreError, { refused: false, ...facts }, options);
	}

	static override is(e: unknown): e is StoreError {
		return brandOf(e) === 'StoreError';
	}
}

/** A commit under an old epoch: it changed nothing. */
export class FencedError extends PerdureError {
	static readonly code = ROWS.FencedError.code;
	declare readonly runId: string;
	declare readonly epoch: number;

	static {
		brand(FencedError, 'FencedError');
	}

	constructor(facts: Parameters<typeof ROWS.FencedError.message>[0], options?: ErrorOptions) {
		super(ROWS.FencedError, facts, options);
	}

	static override is(e: unknown): e is FencedError {
		return brandOf(e) === 'FencedError';
	}
}

/** A run that was begun again and again, and each time its worker died before it had committed a turn. */
export class CrashLoopError extends PerdureError {
	static readonly code = ROWS.CrashLoopError.code;
	declare readonly runId: string;
	declare readonly deaths: number;

	static {
		brand(CrashLoopError, 'CrashLoopError');
	}

	constructor(facts: Parameters<typeof ROWS.CrashLoopError.message>[0], options?: ErrorOptions) {
		super(ROWS.CrashLoopError, facts, options);
	}

	static override is(e: unknown): e is CrashLoopError {
		return brandOf(e) === 'CrashLoopError';
	}
}

/** An event of the outbox was acknowledged by a consumer that has let go of it. */
export class EventLostError extends PerdureError {
	static readonly code = ROWS.EventLostError.code;
	declare readonly runId: string;
	declare readonly seq: number;

	static {
		brand(EventLostError, 'EventLostError');
	}

	constructor(facts: Parameters<typeof ROWS.EventLostError.message>[0], options?: ErrorOptions) {
		super(ROWS.EventLostError, facts, options);
	}

	static override is(e: unknown): e is EventLostError {
		return brandOf(e) === 'EventLostError';
	}
}

/** An engine was asked for something after `close`. */
export class EngineClosedError extends PerdureError {
	static readonly code = ROWS.EngineClosedError.code;

	static {
		brand(EngineClosedError, 'EngineClosedError');
	}

	constructor(facts: Parameters<typeof ROWS.EngineClosedError.message>[0] = {}, options?: ErrorOptions) {
		super(ROWS.EngineClosedError, facts, options);
	}

	static override is(e: unknown): e is EngineClosedError {
		return brandOf(e) === 'EngineClosedError';
	}
}

/** Errors of code that does not fit the bytes, or was never compiled. */
import { brand, brandOf, PerdureError } from './error.ts';
import type { SchemaMismatchFacts } from './facts.ts';
import { ROWS } from './table.ts';

/** A saved frame, closure or pending effect that this build of the code cannot take up. Nothing is lost. */
export class SchemaMismatchError extends PerdureError {
	static readonly code = ROWS.SchemaMismatchError.code;
	declare readonly functionId: string;
	declare readonly file: string;
	declare readonly line: number;
	/** What the saved frame needs. */
	declare readonly expected: string;
	/** What this build has. */
	declare readonly found: string;
	declare readonly differences: SchemaMismatchFacts['differences'];
	/** Ways out, most useful first. */
	declare readonly ways: readonly string[];

	static {
		brand(SchemaMismatchError, 'SchemaMismatchError');
	}

	constructor(facts: Parameters<typeof ROWS.SchemaMismatchError.message>[0], options?: ErrorOptions) {
		super(ROWS.SchemaMismatchError, facts, options);
	}

	static override is(e: unknown): e is SchemaMismatchError {
		return brandOf(e) === 'SchemaMismatchError';
	}
}

/** Bytes that name a function nobody has loaded. */
export class UnknownFunctionError extends PerdureError {
	static readonly code = ROWS.UnknownFunctionError.code;
	declare readonly functionId: string;

	static {
		brand(UnknownFunctionError, 'UnknownFunctionError');
	}

	constructor(facts: Parameters<typeof ROWS.UnknownFunctionError.message>[0], options?: ErrorOptions) {
		super(ROWS.UnknownFunctionError, facts, options);
	}

	static override is(e: unknown): e is UnknownFunctionError {
		return brandOf(e) === 'UnknownFunctionError';
	}
}

/** Two functions, or two classes, with one id. */
export class DuplicateFunctionError extends PerdureError {
	static readonly code = ROWS.DuplicateFunctionError.code;
	declare readonly id: string;
	declare readonly first: string;
	declare readonly second: string;

	static {
		brand(DuplicateFunctionError, 'DuplicateFunctionError');
	}

	constructor(facts: Parameters<typeof ROWS.DuplicateFunctionError.message>[0], options?: ErrorOptions) {
		super(ROWS.DuplicateFunctionError, facts, options);
	}

	static override is(e: unknown): e is DuplicateFunctionError {
		return brandOf(e) === 'DuplicateFunctionError';
	}
}

/** What is to be started is no durable function, or is one that the compiler has not seen. */
export class NotCompiledError extends PerdureError {
	static readonly code = ROWS.NotCompiledError.code;
	/** Of what is no function, the value. */
	declare readonly functionName: string;
	declare readonly problem: string;
	/** Where the function is written, where the host tells. */
	declare readonly file: string | undefined;
	/** Of a call of `start` in durable code. */
	declare readonly point: string | undefined;

	static {
		brand(NotCompiledError, 'NotCompiledError');
	}

	constructor(facts: Parameters<typeof ROWS.NotCompiledError.message>[0], options?: ErrorOptions) {
		super(ROWS.NotCompiledError, facts, options);
	}

	static override is(e: unknown): e is NotCompiledError {
		return brandOf(e) === 'NotCompiledError';
	}
}

/** A compiled module of another version than this runtime. */
export class AbiMismatchError extends PerdureError {
	static readonly code = ROWS.AbiMismatchError.code;
	declare readonly id: string;
	declare readonly built: number;
	declare readonly here: number;

	static {
		brand(AbiMismatchError, 'AbiMismatchError');
	}

	constructor(facts: Parameters<typeof ROWS.AbiMismatchError.message>[0], options?: ErrorOptions) {
		super(ROWS.AbiMismatchError, facts, options);
	}

	static override is(e: unknown): e is AbiMismatchError {
		return brandOf(e) === 'AbiMismatchError';
	}
}

/** A function whose module imports another copy of this package than the one that is to run it. */
export class TwoRuntimesError extends PerdureError {
	static readonly code = ROWS.TwoRuntimesError.code;
	declare readonly id: string;
	declare readonly file: string;

	static {
		brand(TwoRuntimesError, 'TwoRuntimesError');
	}

	constructor(facts: Parameters<typeof ROWS.TwoRuntimesError.message>[0], options?: ErrorOptions) {
		super(ROWS.TwoRuntimesError, facts, options);
	}

	static override is(e: unknown): e is TwoRuntimesError {
		return brandOf(e) === 'TwoRuntimesError';
	}
}

/** Our own mistakes, and what is not there yet. */
import { brand, brandOf, PerdureError } from './error.ts';
import { ROWS } from './table.ts';

/** A broken invariant of the library itself. */
export class InvariantError extends PerdureError {
	static readonly code = ROWS.InvariantError.code;
	declare readonly broken: string;

	static {
		brand(InvariantError, 'InvariantError');
	}

	constructor(facts: Parameters<typeof ROWS.InvariantError.message>[0], options?: ErrorOptions) {
		super(ROWS.InvariantError, facts, options);
	}

	static override is(e: unknown): e is InvariantError {
		return brandOf(e) === 'InvariantError';
	}
}

/** Something that only running could show, and that is not supported. */
export class UnsupportedError extends PerdureError {
	static readonly code = ROWS.UnsupportedError.code;
	declare readonly what: string;
	declare readonly point: string | undefined;

	static {
		brand(UnsupportedError, 'UnsupportedError');
	}

	constructor(facts: Parameters<typeof ROWS.UnsupportedError.message>[0], options?: ErrorOptions) {
		super(ROWS.UnsupportedError, facts, options);
	}

	static override is(e: unknown): e is UnsupportedError {
		return brandOf(e) === 'UnsupportedError';
	}
}

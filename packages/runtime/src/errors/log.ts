/** Errors of replay. */
import { brand, brandOf, PerdureError } from './error.ts';
import { ROWS } from './table.ts';

/** A replay did something else than the log says. */
export class DivergenceError extends PerdureError {
	static readonly code = ROWS.DivergenceError.code;
	declare readonly entry: number | null;
	declare readonly expected: string;
	declare readonly found: string;

	static {
		brand(DivergenceError, 'DivergenceError');
	}

	constructor(facts: Parameters<typeof ROWS.DivergenceError.message>[0], options?: ErrorOptions) {
		super(ROWS.DivergenceError, facts, options);
	}

	static override is(e: unknown): e is DivergenceError {
		return brandOf(e) === 'DivergenceError';
	}
}

/** A replay reached an entry that was pruned, excluded or redacted. */
export class LogPrunedError extends PerdureError {
	static readonly code = ROWS.LogPrunedError.code;
	declare readonly entry: number;
	declare readonly site: string;

	static {
		brand(LogPrunedError, 'LogPrunedError');
	}

	constructor(facts: Parameters<typeof ROWS.LogPrunedError.message>[0], options?: ErrorOptions) {
		super(ROWS.LogPrunedError, facts, options);
	}

	static override is(e: unknown): e is LogPrunedError {
		return brandOf(e) === 'LogPrunedError';
	}
}

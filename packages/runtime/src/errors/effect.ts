/** Errors of effects. */
import { brand, brandOf, PerdureError } from './error.ts';
import { ROWS } from './table.ts';

/** Thrown instead of issuing an effect again, where its policy says `interrupted: 'throw'`. */
export class EffectInterruptedError extends PerdureError {
	static readonly code = ROWS.EffectInterruptedError.code;
	declare readonly effect: string;
	declare readonly key: string;
	declare readonly attempt: number;

	static {
		brand(EffectInterruptedError, 'EffectInterruptedError');
	}

	constructor(facts: Parameters<typeof ROWS.EffectInterruptedError.message>[0], options?: ErrorOptions) {
		super(ROWS.EffectInterruptedError, facts, options);
	}

	static override is(e: unknown): e is EffectInterruptedError {
		return brandOf(e) === 'EffectInterruptedError';
	}
}

/** Thrown by an effect: no policy retries it. */
export class NonRetryableError extends PerdureError {
	static readonly code = ROWS.NonRetryableError.code;

	static {
		brand(NonRetryableError, 'NonRetryableError');
	}

	constructor(message: string, options?: ErrorOptions) {
		super(ROWS.NonRetryableError, { message }, options);
	}

	static override is(e: unknown): e is NonRetryableError {
		return brandOf(e) === 'NonRetryableError';
	}
}

/** An effect changed its copy of an argument or of a saved receiver; the run would never see it. */
export class ArgumentMutatedError extends PerdureError {
	static readonly code = ROWS.ArgumentMutatedError.code;
	declare readonly effect: string;
	declare readonly path: string;
	declare readonly point: string | undefined;

	static {
		brand(ArgumentMutatedError, 'ArgumentMutatedError');
	}

	constructor(facts: Parameters<typeof ROWS.ArgumentMutatedError.message>[0], options?: ErrorOptions) {
		super(ROWS.ArgumentMutatedError, facts, options);
	}

	static override is(e: unknown): e is ArgumentMutatedError {
		return brandOf(e) === 'ArgumentMutatedError';
	}
}

/** A policy that cannot be followed; thrown where the effect is declared, or (a key) where it is issued. */
export class InvalidPolicyError extends PerdureError {
	static readonly code = ROWS.InvalidPolicyError.code;
	declare readonly effect: string;
	declare readonly problem: string;

	static {
		brand(InvalidPolicyError, 'InvalidPolicyError');
	}

	constructor(facts: Parameters<typeof ROWS.InvalidPolicyError.message>[0], options?: ErrorOptions) {
		super(ROWS.InvalidPolicyError, facts, options);
	}

	static override is(e: unknown): e is InvalidPolicyError {
		return brandOf(e) === 'InvalidPolicyError';
	}
}

import { ArgumentMutatedError, InvalidPolicyError, NonRetryableError } from '../errors/effect.ts';
import type { Policy, Retry } from '../registry/effects.ts';
import { fraction } from './key.ts';

/** An attempt that failed, as its policy looks at it. */
export interface FailedAttempt {
	/** Of the effect's issue: what the jitter of its delays is drawn from, so that a simulation can repeat it. */
	readonly key: string;
	/** Of the effect, for messages. */
	readonly name: string;
	/** Attempts that have failed before this one. */
	readonly failures: number;
	readonly error: unknown;
}

/**
 * How long after a failed attempt the next one is made (ms), or null when there is none. Runs `when`, which
 * is the user's: never call it inside a turn. Throws what that throws.
 */
export function retryDelay(policy: Policy | null, { key, name, failures, error }: FailedAttempt): number | null {
	const retry = policy?.retry ?? null;
	if (retry === null || failures + 1 >= retry.attempts) return null;
	// An effect that changed its arguments has happened.
	if (NonRetryableError.is(error) || ArgumentMutatedError.is(error)) return null;
	if (retry.when !== null && !isWorth(name, retry.when(error))) return null;
	return Math.round(backoff(retry, failures) * (retry.jitter ? 1 - fraction(`${key}\0${failures}`) / 2 : 1));
}

/** A promise would be worth it whatever it comes to. */
function isWorth(effect: string, given: unknown): boolean {
	if (typeof (given as PromiseLike<unknown> | undefined)?.then !== 'function') return Boolean(given);
	throw new InvalidPolicyError({ effect, problem: 'its retry.when gave a promise where true or false is due' });
}

function backoff({ delay, factor, maxDelay }: Retry, failures: number): number {
	return delay === 0 ? 0 : Math.min(delay * factor ** failures, maxDelay);
}

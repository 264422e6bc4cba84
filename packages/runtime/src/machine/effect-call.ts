import type { Policy } from '../registry/effects.ts';
import type { Transaction } from '../registry/transactions.ts';

/** An effect that the machine asks its driver to perform. */
export interface EffectCall {
	/** Of its issue: what its outcome is delivered by. */
	readonly key: string;
	/** Idempotency key, as the effect itself is told it: the same on every attempt. */
	readonly effectKey: string;
	/** From 1. */
	readonly attempt: number;
	/** Attempts that failed: with an `attempt` higher by more than one, the one before may have been cut off. */
	readonly failures: number;
	/** The callee as written. */
	readonly name: string;
	/** `file:line:column` of the call. */
	readonly at: string;
	readonly runId: string;
	/** Set where it is to be committed with its outcome. Reads the callee: never call it inside a turn. */
	transaction(): Transaction | null;
	/** How it is to be performed. Reads the callee: never call it inside a turn. */
	policy(): Policy | null;
	/**
	 * Calls the callee with copies of the arguments. What it throws synchronously comes as a rejection.
	 * Never call it inside a turn.
	 */
	invoke(): Promise<unknown>;
}

/** An effect that the machine asks its driver to perform. */
export interface EffectCall {
	/** Idempotency key: the same on every attempt. */
	readonly key: string;
	/** From 1. */
	readonly attempt: number;
	/** The callee as written. */
	readonly name: string;
	/** `file:line:column` of the call. */
	readonly at: string;
	readonly runId: string;
	/**
	 * Calls the callee with copies of the arguments. What it throws synchronously comes as a rejection.
	 * Never call it inside a turn.
	 */
	invoke(): Promise<unknown>;
}

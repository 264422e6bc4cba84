import { AsyncLocalStorage } from 'node:async_hooks';
import { OutsideRunError } from '../errors/run.ts';
import type { Copied } from '../machine/copied.ts';
import { captureOutcome } from '../machine/copy.ts';
import type { EffectCall } from '../machine/effect-call.ts';
import { type Clock, realClock } from '../ports/clock.ts';

/** What an effect may ask about itself. */
export interface EffectContext {
	/** Idempotency key: the same on every attempt. */
	readonly key: string;
	/** From 1. */
	readonly attempt: number;
	/** Aborted when the outcome is no longer wanted: cancelled, timed out, taken over. */
	readonly signal: AbortSignal;
	readonly runId: string;
}

const contexts = new AsyncLocalStorage<{ readonly effect: EffectContext; readonly clock: Clock }>();

/**
 * The effect that is being performed, across its own awaits.
 * @throws OutsideRunError outside effects.
 */
export function currentEffect(): EffectContext {
	const context = contexts.getStore();
	if (context === undefined) throw new OutsideRunError({ primitive: 'currentEffect' });
	return context.effect;
}

/** What `sleep` waits by outside durable code: the clock of the effect that is being performed, or the real one. */
export function plainClock(): Clock {
	return contexts.getStore()?.clock ?? realClock;
}

export interface Settled {
	readonly ok: boolean;
	readonly value: unknown;
	/** Taken at once: the event may have to wait for its turn, and whoever made the value may go on using it. */
	readonly copy: Copied | null;
}

/** Performs one attempt. Never rejects: what the effect throws is its outcome. */
export async function performEffect(call: EffectCall, signal: AbortSignal, clock: Clock = realClock): Promise<Settled> {
	const { key, attempt, runId } = call;
	try {
		const value = await contexts.run({ effect: { key, attempt, signal, runId }, clock }, () => call.invoke());
		return { ok: true, value, copy: captureOutcome(value) };
	} catch (error) {
		return { ok: false, value: error, copy: captureOutcome(error) };
	}
}

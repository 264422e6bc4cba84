import { AsyncLocalStorage } from 'node:async_hooks';
import { EffectInterruptedError } from '../errors/effect.ts';
import { OutsideRunError, TimeoutError } from '../errors/run.ts';
import { durationText } from '../language/duration-text.ts';
import type { Copied } from '../machine/copied.ts';
import { captureOutcome } from '../machine/copy.ts';
import type { EffectCall } from '../machine/effect-call.ts';
import { retryDelay } from '../machine/retry.ts';
import { type Clock, realClock } from '../ports/clock.ts';
import type { OpenTransaction } from '../ports/store.ts';
import type { Policy } from '../registry/effects.ts';

/** What an effect may ask about itself. */
export interface EffectContext {
	/** Idempotency key: the same on every attempt. The policy's `key`, where it has one. */
	readonly key: string;
	/** From 1. */
	readonly attempt: number;
	/** Aborted when the outcome is no longer wanted: cancelled, timed out, taken over. */
	readonly signal: AbortSignal;
	readonly runId: string;
}

/** Where a child run stands for whoever answers it, or how it ended: an outcome as a value that can be saved. */
export type ChildOutcome<R = unknown> =
	| { readonly status: 'completed'; readonly value: R }
	| { readonly status: 'failed'; readonly error: unknown }
	| { readonly status: 'cancelled'; readonly reason: unknown }
	/** `value`: what `suspend` handed out; undefined for `receive`. */
	| { readonly status: 'suspended'; readonly id: string; readonly value: unknown };

/** Runs of the engine that an effect is performed by, as its handles. */
export interface Runs {
	get(id: string): {
		result(o: { readonly timeout?: number }): Promise<unknown>;
		next(o: { readonly timeout?: number }): Promise<ChildOutcome | { readonly status: 'parked' }>;
		send(name: string, payload: unknown): Promise<void>;
		resume(...given: unknown[]): Promise<void>;
		cancel(reason: unknown): Promise<void>;
		status(): Promise<string>;
	};
}

const contexts = new AsyncLocalStorage<{
	readonly effect: EffectContext;
	/** As it is written where it is awaited. */
	readonly name: string;
	readonly clock: Clock;
	readonly runs: Runs | null;
	readonly transaction: OpenTransaction | null;
}>();

/**
 * The effect that is being performed, across its own awaits.
 * @throws OutsideRunError outside effects.
 */
export function currentEffect(): EffectContext {
	const context = contexts.getStore();
	if (context === undefined) throw new OutsideRunError({ primitive: 'currentEffect' });
	return context.effect;
}

/** What durable code alone may call was called elsewhere: inside an effect, if there is one. */
export function outsideRun(primitive: string): OutsideRunError {
	return new OutsideRunError({ primitive, effect: contexts.getStore()?.name });
}

/** What `sleep` waits by outside durable code: the clock of the effect that is being performed, or the real one. */
export function plainClock(): Clock {
	return contexts.getStore()?.clock ?? realClock;
}

/** The transaction that the effect is part of, until it has ended. */
export function transactionOfEffect(): OpenTransaction | null {
	const open = contexts.getStore()?.transaction ?? null;
	return open?.ended === false ? open : null;
}

/** Null outside effects, and in those that no engine performs. */
export function runsOfEffect(): Runs | null {
	return contexts.getStore()?.runs ?? null;
}

export interface Settled {
	readonly ok: boolean;
	readonly value: unknown;
	/** Taken at once: the event may have to wait for its turn, and whoever made the value may go on using it. */
	readonly copy: Copied | null;
	/** The policy asks for another attempt, so many ms later. */
	readonly retryIn?: number;
}

/** What surrounds an effect; its time is taken from these clocks. */
export interface Surroundings {
	readonly runs?: Runs;
	readonly transaction?: OpenTransaction;
	/** What `sleep` waits by inside the effect. Default: the real clock. */
	readonly own?: Clock;
	/** What its policy's `timeout` is measured by. Default: `own`. */
	readonly limit?: Clock;
}

/**
 * Performs one attempt, as the policy of the effect says. Never rejects: what the effect throws is its outcome.
 */
export async function performEffect(
	call: EffectCall,
	signal: AbortSignal,
	around: Surroundings = {},
): Promise<Settled> {
	const policy = call.policy();
	const { effectKey: key, attempt, failures, name } = call;
	if (policy?.interrupted === 'throw' && attempt > failures + 1) {
		return settledWith(new EffectInterruptedError({ effect: name, key, attempt: attempt - 1 }));
	}
	try {
		const value = await attemptOf(call, policy, signal, around);
		return { ok: true, value, copy: captureOutcome(value) };
	} catch (error) {
		return afterFailure(call, policy, error);
	}
}

function afterFailure({ key, name, failures }: EffectCall, policy: Policy | null, error: unknown): Settled {
	try {
		const retryIn = retryDelay(policy, { key, name, failures, error });
		return { ...settledWith(error), ...(retryIn === null ? {} : { retryIn }) };
	} catch (thrown) {
		return settledWith(thrown);
	}
}

export function settledWith(error: unknown): Settled {
	return { ok: false, value: error, copy: captureOutcome(error) };
}

async function attemptOf(
	call: EffectCall,
	policy: Policy | null,
	signal: AbortSignal,
	{ own = realClock, limit = own, runs, transaction }: Surroundings,
): Promise<unknown> {
	const { effectKey: key, attempt, runId, name, at } = call;
	const timeout = policy?.timeout ?? null;
	const late = new AbortController();
	const either = timeout === null ? signal : AbortSignal.any([signal, late.signal]);
	const work = contexts.run(
		{
			effect: { key, attempt, signal: either, runId },
			name,
			clock: own,
			runs: runs ?? null,
			transaction: transaction ?? null,
		},
		() => call.invoke(),
	);
	if (timeout === null) return work;
	return new Promise((resolve, reject) => {
		const stop = limit.timer(limit.now() + timeout, () => {
			const error = new TimeoutError({ what: `the effect '${name}' (${at})`, timeout: durationText(timeout) });
			late.abort(error);
			// What the attempt still does is its own: its outcome is this.
			reject(error);
		});
		work.finally(stop).then(resolve, reject);
	});
}

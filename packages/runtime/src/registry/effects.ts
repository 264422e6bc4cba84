/**
 * Functions that a program declares to be effects: how their attempts are repeated, timed and named is
 * found by the function itself, so it is there again in any process that has loaded its module.
 */
import { InvalidPolicyError } from '../errors/effect.ts';
import { type Duration, milliseconds } from '../language/duration.ts';
import { DEFINITION, ENV } from './functions.ts';
import { type Callable, shared } from './shared.ts';
import { transactionOf } from './transactions.ts';

/** How an effect is performed. What is not said is as without a policy: one attempt, without a limit. */
// biome-ignore lint/suspicious/noExplicitAny: any arguments of the user's
export interface EffectPolicy<A extends any[] = any[]> {
	/** In logs and messages. Default: the callee as written. */
	readonly name?: string | undefined;
	/** Of one attempt: then its signal is aborted and `TimeoutError` is its outcome, which is retried like any other. */
	readonly timeout?: Duration | undefined;
	/** How long a cancelled fiber waits for an attempt in flight, whose signal is aborted at once. Default 10 s. */
	readonly cancelGrace?: Duration | undefined;
	/**
	 * After a crash in flight: `'reissue'` (default) makes another attempt with the same key, `'throw'` throws
	 * `EffectInterruptedError`, so that no attempt is made that might be a second one.
	 */
	readonly interrupted?: 'reissue' | 'throw' | undefined;
	/**
	 * The idempotency key, from the arguments, in place of one of the run's own: not empty. Called once, when
	 * the effect is issued.
	 */
	readonly key?: ((...args: A) => string) | undefined;
	readonly retry?: RetryPolicy | undefined;
}

/** When a failed attempt is followed by another. Delays are durable: no process is held meanwhile. */
export interface RetryPolicy {
	/** How many attempts may fail, from 1, or `Infinity`. One that the end of a process cut off is not counted. */
	readonly attempts: number;
	/** Before the second attempt. Default 100 ms. */
	readonly delay?: Duration | undefined;
	/** What each further delay is multiplied by, from 1. Default 2. */
	readonly factor?: number | undefined;
	/** No delay is longer. Default one hour. */
	readonly maxDelay?: Duration | undefined;
	/** Takes up to a half off each delay, so that what failed together is not repeated together. Default false. */
	readonly jitter?: boolean | undefined;
	/** Is this error worth another attempt? Default: any is but `NonRetryableError`, which never is. */
	readonly when?: ((error: unknown) => boolean) | undefined;
}

/** A policy, checked, in milliseconds. */
export interface Policy {
	readonly name: string | null;
	readonly timeout: number | null;
	readonly cancelGrace: number | null;
	readonly interrupted: 'reissue' | 'throw';
	readonly key: ((...args: unknown[]) => unknown) | null;
	readonly retry: Retry | null;
}

export interface Retry {
	readonly attempts: number;
	readonly delay: number;
	readonly factor: number;
	readonly maxDelay: number;
	readonly jitter: boolean;
	readonly when: ((error: unknown) => unknown) | null;
}

/** What `effect` has made of a function. */
interface Declared {
	readonly fn: Callable;
	readonly given: EffectPolicy;
	readonly policy: Policy;
}

/** Registered: two copies of the package know each other's effects. */
const EFFECT = Symbol.for('perdure.effect');

const DELAY = 100;
const FACTOR = 2;
const MAX_DELAY = 3_600_000;

/**
 * Declares a function to be an effect, with a policy. Awaited in durable code it is performed by it; called
 * there without `await` it gives a promise of the run, and is dispatched once the turn is committed.
 * Anywhere else (outside runs, inside other effects) a call of it is a call of `fn`, without any policy.
 * Of an effect: the same function, with what `policy` says in place of what was said before.
 *
 * @throws InvalidPolicyError, InvalidDurationError for a policy that cannot be followed; TypeError for no function.
 */
// biome-ignore lint/suspicious/noExplicitAny: any function of the user's
export function effect<F extends (...args: any[]) => PromiseLike<any>>(
	fn: F,
	policy: EffectPolicy<Parameters<F>> = {},
): F {
	if (typeof fn !== 'function') throw new TypeError('effect(fn, policy): fn is a function that gives a promise.');
	const before = declaredOf(fn);
	const inner: Callable = before?.fn ?? fn;
	const given: EffectPolicy = { ...before?.given, ...policy };
	const known = transactionOf(inner) === null ? KNOWN : KNOWN_TRANSACTION;
	const declared: Declared = { fn: inner, given, policy: complete(given, fn.name || 'anonymous', known) };
	function performed(this: unknown, ...args: unknown[]): unknown {
		if (shared.current !== null) return shared.current.effect(performed, this, args);
		return Reflect.apply(inner, this, args);
	}
	dress(performed, fn);
	return Object.defineProperty(performed, EFFECT, { value: declared }) as unknown as F;
}

/** The policy of a function that was declared to be an effect; null for any other value. */
export function policyOf(callee: unknown): Policy | null {
	return declaredOf(callee)?.policy ?? null;
}

/** The function that was declared to be an effect; undefined for any other value. */
export function effectFunction(callee: unknown): Callable | undefined {
	return declaredOf(callee)?.fn;
}

function declaredOf(callee: unknown): Declared | undefined {
	return typeof callee === 'function' ? (callee as { [EFFECT]?: Declared })[EFFECT] : undefined;
}

/** Name, length and whatever else the function carries. A durable function is no frame of the run when it is an effect. */
function dress(wrapper: Callable, fn: Callable): void {
	for (const key of Reflect.ownKeys(fn)) {
		if (key === 'prototype' || key === EFFECT || key === DEFINITION || key === ENV) continue;
		const own = Object.getOwnPropertyDescriptor(fn, key)!;
		if (Object.getOwnPropertyDescriptor(wrapper, key)?.configurable !== false) Object.defineProperty(wrapper, key, own);
	}
}

const KNOWN = ['name', 'timeout', 'cancelGrace', 'interrupted', 'key', 'retry'];
/** A transaction that was cut off has not happened; one under way ends before its run goes on, a cancellation included. */
const KNOWN_TRANSACTION = KNOWN.filter((name) => name !== 'interrupted' && name !== 'cancelGrace');
const KNOWN_RETRY = ['attempts', 'delay', 'factor', 'maxDelay', 'jitter', 'when'];

function complete(policy: EffectPolicy, effect: string, known: readonly string[]): Policy {
	const check = (holds: boolean, problem: string) => {
		if (!holds) throw new InvalidPolicyError({ effect, problem });
	};
	const { name, timeout, cancelGrace, interrupted = 'reissue', key, retry } = policy;
	check(name === undefined || (typeof name === 'string' && name !== ''), 'name is to be a text that is not empty');
	check(interrupted === 'reissue' || interrupted === 'throw', "interrupted is to be 'reissue' or 'throw'");
	check(key === undefined || typeof key === 'function', 'key is to be a function of the arguments');
	check(retry === undefined || (typeof retry === 'object' && retry !== null), 'retry is to be an object');
	checkNames(policy, known, '', check);
	return {
		name: name ?? null,
		timeout: timeout === undefined ? null : milliseconds(timeout),
		cancelGrace: cancelGrace === undefined ? null : milliseconds(cancelGrace),
		interrupted,
		key: key ?? null,
		retry: retry === undefined ? null : completeRetry(retry, check),
	};
}

function completeRetry(retry: RetryPolicy, check: (holds: boolean, problem: string) => void): Retry {
	const { attempts, delay = DELAY, factor = FACTOR, maxDelay = MAX_DELAY, jitter = false, when } = retry;
	const counts = Number.isSafeInteger(attempts) || attempts === Number.POSITIVE_INFINITY;
	check(counts && attempts >= 1, 'retry.attempts is to be a whole number from 1, or Infinity');
	check(Number.isFinite(factor) && factor >= 1, 'retry.factor is to be a number from 1');
	check(typeof jitter === 'boolean', 'retry.jitter is to be true or false');
	check(when === undefined || typeof when === 'function', 'retry.when is to be a function of the error');
	checkNames(retry, KNOWN_RETRY, 'retry.', check);
	return {
		attempts,
		delay: milliseconds(delay),
		factor,
		maxDelay: milliseconds(maxDelay),
		jitter,
		when: when ?? null,
	};
}

/** A name that is misspelt would be a policy that is silently not followed. */
function checkNames(
	given: object,
	known: readonly string[],
	prefix: string,
	check: (holds: boolean, problem: string) => void,
): void {
	for (const name of Object.keys(given)) check(known.includes(name), `it has no '${prefix}${name}'`);
}

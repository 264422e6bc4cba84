import { type ChildOutcome, plainClock, runsOfEffect } from '../driver/effects.ts';
import { InvariantError, UnsupportedError } from '../errors/internal.ts';
import { type Duration, deadline } from '../language/duration.ts';
import { serializable } from '../registry/classes.ts';
import { PRIMITIVE } from '../registry/primitives.ts';
import { shared } from '../registry/shared.ts';
import type { Message, Question } from '../registry/topics.ts';

/** Limits of a wait for a child. */
export interface ChildWaitOptions {
	/** How long to wait: a duration from now, or a moment. Then `TimeoutError` is thrown at the await. */
	readonly timeout?: Duration | Date | undefined;
}

/**
 * A run that durable code has started: a value of its run, kept by its id. It lives by itself: neither the end nor
 * a cancellation of the run that started it touches it. Its methods are for durable code, and for effects of an
 * engine; elsewhere `engine.get(child.id)` is the same run.
 */
export class ChildRun<R = unknown> {
	/** Only for types. */
	declare readonly _result?: R;
	readonly id: string;
	readonly functionId: string;

	/** Not for users: `start` makes them. */
	constructor(id: string, functionId: string) {
		this.id = id;
		this.functionId = functionId;
	}

	/**
	 * What the child returned; throws what it threw, or `CancelledError` that names it. In durable code the run is
	 * parked meanwhile and holds no process. Runs that wait for one another in a circle wait until one of them is
	 * cancelled, or its `timeout` has come.
	 * @throws TimeoutError, DeadlockError where it is the run itself
	 */
	result(o: ChildWaitOptions = {}): Promise<R> {
		// Not awaited where it stands, but of a run; where it is awaited, the machine takes over (by `PRIMITIVE`).
		if (shared.current !== null) return shared.current.primitive('result', [this, o]) as Promise<R>;
		return resultOutside(this, o) as Promise<R>;
	}

	/** Sends it a message. @throws as `handle.send` does. */
	send<T, I>(message: Message<T, I>, payload: NoInfer<I>): Promise<void>;
	send(name: string, payload?: unknown): Promise<void>;
	async send(message: string | Message, payload?: unknown): Promise<void> {
		await handleOf(this, 'send').send(message as string, payload);
	}

	/**
	 * Its next open suspension that has no answer yet, or its end, as `handle.next` gives it: a child that was just
	 * started has asked nothing yet. Waiting for it is an effect like any other, so the run is not parked meanwhile.
	 *
	 *     const child = await start(approval, [order]);
	 *     const asked = await child.next();
	 *     if (asked.status === 'suspended') await child.resume('yes', { suspension: asked.id });
	 * @throws TimeoutError, BlockedError
	 */
	async next(o: ChildWaitOptions = {}): Promise<ChildOutcome<R>> {
		const outcome = await handleOf(this, 'next').next(limitsOf(o));
		switch (outcome.status) {
			case 'completed':
				return { status: 'completed', value: outcome.value as R };
			case 'failed':
				return { status: 'failed', error: outcome.error };
			case 'cancelled':
				return { status: 'cancelled', reason: outcome.reason };
			case 'suspended':
				return { status: 'suspended', id: outcome.id, value: outcome.value };
			case 'parked':
				throw new InvariantError({ broken: `run '${this.id}' of an engine is parked` });
		}
	}

	/** Answers what it asks, once it does: `next` waits for that. @throws as `handle.resume` does. */
	resume<V, A, I>(question: Question<V, A, I>, answer: NoInfer<I>): Promise<void>;
	resume(answer?: unknown, o?: { readonly suspension?: string }): Promise<void>;
	async resume(...given: unknown[]): Promise<void> {
		await handleOf(this, 'resume').resume(...given);
	}

	/** Asks it to be cancelled; a child that is over stays as it is. */
	async cancel(reason?: unknown): Promise<void> {
		await handleOf(this, 'cancel').cancel(reason);
	}

	/** Where it stands, as `handle.status` says. */
	async status(): Promise<string> {
		return handleOf(this, 'status').status();
	}
}

Object.assign(ChildRun.prototype.result, { [PRIMITIVE]: 'result' });
serializable(ChildRun, undefined, { id: 'perdure.ChildRun' });

async function resultOutside(child: ChildRun, o: ChildWaitOptions): Promise<unknown> {
	return handleOf(child, 'result').result(limitsOf(o));
}

function limitsOf({ timeout }: ChildWaitOptions): { readonly timeout?: number } {
	const now = plainClock().now();
	return timeout === undefined ? {} : { timeout: Math.max(0, deadline(timeout, now) - now) };
}

function handleOf(child: ChildRun, method: string) {
	const runs = runsOfEffect();
	if (runs !== null) return runs.get(child.id);
	throw new UnsupportedError({
		what: `'${method}' of a child run outside durable code and effects of an engine`,
		help: 'take engine.get(child.id), which is the same run',
	});
}

import type { Duration, Inspection, LogEntry, Message, PendingInspection, Question } from '@perdure/runtime';
import type { Standing } from './standing.ts';

/**
 * A run of a durable function under a test's control. It has begun when it is first asked for anything;
 * what it is asked for happens one after the other, awaited or not.
 */
export interface TestRun<R> {
	/**
	 * Lets it run until nothing moves by itself: it is suspended, sleeps or is over. Asked again, it tells the
	 * same, so it may also follow any of the other calls, each of which tells it too.
	 */
	next(): Promise<Standing<R>>;
	/**
	 * Answers the open suspension, or the one that asks the question. As elsewhere, what the question's schema
	 * gives is what the run gets.
	 * @throws NotSuspendedError saying what it waits for instead. AmbiguousResumeError when several are open and
	 * none is named. InvalidAnswerError, NotSerializableError
	 */
	resume<V, A, I>(
		question: Question<V, A, I>,
		answer: NoInfer<I>,
		o?: { readonly suspension?: string },
	): Promise<Standing<R>>;
	resume(answer?: unknown, o?: { readonly suspension?: string }): Promise<Standing<R>>;
	/** Throws an error at the open suspension. @throws as `resume` does. */
	throw(error: unknown, o?: { readonly suspension?: string }): Promise<Standing<R>>;
	/**
	 * Sends a message, as `receive` takes it; kept when nobody has asked for it yet.
	 * @throws InvalidAnswerError, NotSerializableError
	 */
	send<T, I>(message: Message<T, I>, payload: NoInfer<I>): Promise<Standing<R>>;
	send(name: string, payload?: unknown): Promise<Standing<R>>;
	/** Throws `CancelledError` wherever it stands, and lets its clean-up run. Does nothing once it is over. */
	cancel(reason?: unknown): Promise<Standing<R>>;
	/**
	 * Moves the virtual clock by a duration or to a moment, and lets everything happen that is due on the way,
	 * each at its time. Nothing waits for real time.
	 * @throws InvalidDurationError
	 */
	advance(time: Duration | Date): Promise<Standing<R>>;
	/**
	 * What it returns.
	 * @throws what the run throws; CancelledError when it was cancelled; NotSettledError, which says what it
	 * waits for, when it has not ended.
	 */
	result(): Promise<R>;
	/** Every effect, sleep, wait and durable call so far, with arguments and outcomes. */
	readonly log: LogEntry[];
	/** `'ready'` before it has begun. */
	readonly status: Standing<R>['status'] | 'ready';
	/** Open `suspend`s and `receive`s, oldest first. */
	readonly suspensions: readonly { readonly id: string; readonly value: unknown; readonly since: Date }[];
	/** What it has emitted, in order. */
	readonly emitted: readonly unknown[];
	/**
	 * The runs that it has started so far, in order: each a run of its own, of the same clock, whose questions and
	 * messages are answered by itself. They begin and go on with whatever any of these is asked for.
	 */
	readonly children: readonly TestRun<unknown>[];
	/** Its name; a child's is the one it was started under, or the key of its start. */
	readonly id: string;
	readonly functionId: string;
	/** What it waits for, of any kind: effects in flight, sleeps, suspensions. */
	readonly pending: readonly PendingInspection[];
	/** What the virtual clock shows. */
	readonly now: Date;
	/** What `setProgress` was last given. */
	readonly progress: unknown;
	/** How often it was dropped and restored. */
	readonly restarts: number;
	/** Fibers, frames and locals. */
	inspect(): Inspection;
}

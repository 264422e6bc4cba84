import {
	AlreadyResumedError,
	AmbiguousResumeError,
	BlockedError,
	CancelledError,
	DeadlockError,
	NotFailedError,
	NotSuspendedError,
	RunConflictError,
	RunNotFoundError,
	WrongFunctionError,
} from '../errors/run.ts';
import { NotSerializableError } from '../errors/saving.ts';
import { decode, encode } from '../machine/bytes.ts';
import { again, type RetryOptions, readEvent, reasonBytes } from '../machine/failure.ts';
import type { Inspection } from '../machine/inspect.ts';
import { hash } from '../machine/key.ts';
import type { LogEntry } from '../machine/log.ts';
import { mustBeId } from '../machine/start-options.ts';
import type { Outcome } from '../outcome.ts';
import type { Random } from '../ports/clock.ts';
import { differenceOf, type NewMail, type RunRow, type StoreSession } from '../ports/store.ts';
import { isQuestion, type Message, type Question, sent } from '../registry/topics.ts';
import { type Answer, answerBytes, retryBytes } from '../worker/stored.ts';
import { addressed } from './addressing.ts';
import type { Changes, WaitLimits } from './changes.ts';
import { blockedOf, type Description, describe, type Status, statusOf, whyNoAnswer, whyNoRetry } from './describe.ts';
import { forkHash, forkOf } from './fork.ts';
import { effectAround, idInsideEffect } from './inside-effect.ts';
import { type Ended, endedOf, hasEnded, logOf, openWaitOf, type Reading } from './outcome.ts';
import { inspectRow, viewOf } from './view.ts';

/** Which suspension is answered, where several are open. */
export interface AnswerOptions {
	readonly suspension?: string | undefined;
}

export interface SendOptions {
	/** One message for each id. Default: none; inside an effect, one of the effect's own. */
	readonly id?: string | undefined;
}

/** What handles need of their engine. */
export interface HandleHost extends Reading {
	/** Resolves once the store is open. @throws EngineClosedError */
	session(): Promise<StoreSession>;
	readonly random: Random;
	readonly changes: Changes;
}

/**
 * A run of an engine, by its id. Holds nothing: every method asks the store, so it does not matter
 * which process drives the run. Every method throws `RunNotFoundError` where there is no such run, and
 * `WrongFunctionError` where it is one of another function than the handle was taken for.
 */
export class RunHandle<R> {
	readonly id: string;
	readonly #host: HandleHost;
	/** The function that its run has to be of; null once that is known, or where any will do. */
	#expected: string | null;

	/** Not for users: `engine.start` and `engine.get` make handles. */
	constructor(host: HandleHost, id: string, expected: string | null = null) {
		this.#host = host;
		this.id = id;
		this.#expected = expected;
	}

	async describe(): Promise<Description<R>> {
		const session = await this.#session();
		return describe<R>(session, await this.#read(session, true), this.#host);
	}

	async status(): Promise<Status> {
		return statusOf(await this.#read(await this.#session(), false));
	}

	/**
	 * The next open suspension that has no answer yet, or the end.
	 * @throws BlockedError, TimeoutError
	 */
	next(o: WaitLimits = {}): Promise<Outcome<R>> {
		return this.#until('the next suspension', o, (session, row) => this.#standing(session, row));
	}

	/**
	 * The end of the run. Never throws the run's own error.
	 * @throws BlockedError, TimeoutError, DeadlockError inside an effect of the run itself
	 */
	async settled(o: WaitLimits = {}): Promise<Ended<R>> {
		this.#mustBeAnother();
		return this.#until('the end', o, async (session, row) => {
			return hasEnded(row) ? this.#ended(session) : undefined;
		});
	}

	/**
	 * What the run returned; throws what it threw, or `CancelledError` with the reason it was cancelled for.
	 * @throws BlockedError, TimeoutError, DeadlockError inside an effect of the run itself
	 */
	async result(o: WaitLimits = {}): Promise<R> {
		this.#mustBeAnother();
		// Without the log, which may be long.
		const { status, outcome } = await this.#until('the end', o, async (_, row) => (hasEnded(row) ? row : undefined));
		const value = decode(outcome!);
		if (status === 'completed') return value as R;
		throw status === 'failed' ? value : new CancelledError({ reason: value, runId: this.id });
	}

	/** Each suspension as it opens, answered or not, then the end. The limits are those of each step. */
	async *outcomes(o: WaitLimits = {}): AsyncGenerator<Outcome<R>, void, undefined> {
		const told = new Set<string>();
		for (;;) {
			const outcome = await this.#until('the next suspension', o, (session, row) => this.#standing(session, row, told));
			yield outcome;
			if (outcome.status !== 'suspended') return;
			const open = new Set(outcome.continuation.suspensions.map(({ id }) => id));
			for (const id of told) if (!open.has(id)) told.delete(id);
			told.add(outcome.id);
		}
	}

	/**
	 * Answers an open suspension; without an id the only one, or the only one that asks the question. Resolves
	 * once the answer is committed. The same answer to the same id is acknowledged again. What the question's
	 * schema gives is what the run gets; where only the answer is given, that of the question which the
	 * suspension asks, if this process defines it.
	 * @throws NotSuspendedError, AmbiguousResumeError, AlreadyResumedError, InvalidAnswerError, NotSerializableError
	 */
	resume<V, A, I>(question: Question<V, A, I>, answer: NoInfer<I>, o?: AnswerOptions): Promise<void>;
	resume(answer?: unknown, o?: AnswerOptions): Promise<void>;
	async resume(...given: unknown[]): Promise<void> {
		const question = isQuestion(given[0]) ? (given.shift() as Question) : null;
		const [answer, o = {}] = given as [unknown, AnswerOptions?];
		const session = await this.#session();
		const sender = this.#senderOf(o);
		// The run may have moved on since, so that there is nothing left that the answer could be for.
		if (sender !== undefined && (await session.answered(this.id, sender))) return;
		const read = () => this.#read(session, false);
		const { suspension, value } = await addressed(session, read, { question, answer, suspension: o.suspension });
		return this.#answer({ ok: true, value }, suspension ?? undefined, sender, knownBy({ ok: true, value: answer }));
	}

	/** Throws an error at an open suspension; otherwise as `resume`. */
	throw(error: unknown, o: AnswerOptions = {}): Promise<void> {
		return this.#answer({ ok: false, value: error }, o.suspension, this.#senderOf(o));
	}

	/**
	 * Sends a message, for `receive`. With an id, one message for each id, however often it is sent. Where this
	 * process defines a message of that name, what its schema gives is what the run gets.
	 * @throws NotSuspendedError when the run is over, InvalidAnswerError, NotSerializableError
	 */
	send<T, I>(message: Message<T, I>, payload: NoInfer<I>, o?: SendOptions): Promise<void>;
	send(name: string, payload?: unknown, o?: SendOptions): Promise<void>;
	async send(message: string | Message, given?: unknown, o: SendOptions = {}): Promise<void> {
		const id = o.id ?? idInsideEffect() ?? null;
		const { name, payload } = await sent(message, given);
		await this.#post({ runId: this.id, kind: 'message', name, id, payload: encode(payload, 'payload') });
	}

	/**
	 * Asks for cancellation; a run that is over stays as it is. One that failed, which could be tried again, is given
	 * up: what was open in it before the turn that failed is cleaned up. Resolves once that is committed.
	 */
	async cancel(reason?: unknown): Promise<void> {
		const session = await this.#session();
		const cancel = reasonBytes(reason);
		for (;;) {
			if ((await this.#post({ runId: this.id, kind: 'cancel', payload: cancel })) === 'posted') return;
			const { status, turn, event } = await this.#read(session, false);
			if (status !== 'failed' || event === null) return;
			if (await session.retry(this.id, turn, retryBytes({ turn, event, cancel }))) return;
		}
	}

	/**
	 * Tries a failed run again: the turn that failed, from the state before it. If a rejection began it, that
	 * effect is issued again, with the same key, or the child run that failed is asked for its end again, which may
	 * be another by now; any other event is delivered again. What succeeded is not repeated. Resolves once that is
	 * committed.
	 * A cancelled run whose own clean-up failed before that of its other fibers was over has that behind it, and fails
	 * again: what is left to be done is for a run of its own.
	 * @throws NotFailedError
	 */
	async retry(o: RetryOptions = {}): Promise<void> {
		const session = await this.#session();
		const row = await this.#read(session, false);
		if (row.status !== 'failed' || row.event === null) {
			throw new NotFailedError({ runId: this.id, ...whyNoRetry(row) });
		}
		const failure = { event: readEvent(row.event), error: decode(row.outcome!) };
		if (again(failure, o) === null) return;
		if (!(await session.retry(this.id, row.turn, retryBytes({ ...o, turn: row.turn, event: row.event })))) {
			throw new NotFailedError({ runId: this.id, ...whyNoRetry(await this.#read(session, false)) });
		}
	}

	/**
	 * Another run that begins where this one stands after its last committed turn (one that failed: before the turn
	 * that failed), with its log. Its effect keys are its own: what is in flight here is issued there too. `id` names
	 * it: a fork under an id that a fork of this run has already is that one. Resolves once it is committed.
	 * @throws RunConflictError, UnsupportedError for a run that is over, SealError without the key that it is sealed under.
	 */
	async fork(o: { readonly id?: string | undefined } = {}): Promise<RunHandle<R>> {
		mustBeId(o.id);
		const session = await this.#session();
		const id = o.id ?? idInsideEffect() ?? this.#host.random.id();
		// This one may be over by now.
		if ((await session.read(id))?.hash === forkHash(this.id)) return new RunHandle(this.#host, id);
		const made = await forkOf(session, this.id, id);
		const { outcome, run } = await session.start(made);
		if (outcome === 'conflict') throw new RunConflictError({ runId: id, difference: differenceOf(run, made)! });
		return new RunHandle(this.#host, id);
	}

	async log(): Promise<LogEntry[]> {
		const session = await this.#session();
		return logOf(session, await this.#read(session, false), this.#host);
	}

	/**
	 * Fibers, frames and locals as of the last committed turn, and what is pending.
	 * @throws UnknownFunctionError, SchemaMismatchError where this process has other code.
	 */
	async inspect(): Promise<Inspection> {
		const row = await this.#read(await this.#session(), true);
		return inspectRow(row, this.#host.handlers);
	}

	/** Inside an effect an answer without an address is known by the effect, so that another attempt repeats it. */
	#senderOf({ suspension }: AnswerOptions): string | undefined {
		return suspension === undefined ? idInsideEffect() : undefined;
	}

	async #answer(
		answer: Answer,
		suspension: string | undefined,
		sender: string | undefined,
		known: string | null = null,
	): Promise<void> {
		const payload = answerBytes(answer);
		await this.#post({
			runId: this.id,
			kind: 'answer',
			suspension: suspension ?? null,
			hash: known ?? hash(payload),
			sender,
			payload,
		});
	}

	async #post(mail: NewMail): Promise<'posted' | 'repeated' | 'over'> {
		const session = await this.#session();
		const runId = this.id;
		const posted = await session.post(mail);
		const suspension = mail.kind === 'answer' ? (mail.suspension ?? undefined) : undefined;
		switch (posted.outcome) {
			case 'posted':
			case 'repeated':
				return posted.outcome;
			case 'missing':
				throw new RunNotFoundError({ runId });
			case 'over':
				if (mail.kind === 'cancel') return posted.outcome;
				throw new NotSuspendedError({ runId, ...whyNoAnswer(await this.#read(session, false)) });
			case 'closed':
				if (suspension !== undefined) throw new NotSuspendedError({ runId, suspension });
				throw new NotSuspendedError({ runId, ...whyNoAnswer(await this.#read(session, false)) });
			case 'answered':
				throw new AlreadyResumedError({ runId, suspension: posted.suspension });
			case 'ambiguous':
				throw new AmbiguousResumeError({ runId, suspensions: posted.open });
		}
	}

	/** `seen`: the row without its state; where there is something to show it is read again, with it. `told`: ids that are not shown. */
	async #standing(session: StoreSession, seen: RunRow, told?: ReadonlySet<string>): Promise<Outcome<R> | undefined> {
		if (hasEnded(seen)) return this.#ended(session);
		if (openWaitOf(seen, [], told) === null) return undefined;
		const mail = seen.sent > seen.seen ? await session.mail(this.id, seen.seen) : [];
		// After the mail: what that answers is open no more, or is known to be answered.
		const row = await this.#read(session, true);
		const wait = openWaitOf(row, mail, told);
		if (wait === null) return undefined;
		const log = await logOf(session, row, this.#host);
		const continuation = viewOf<R>(row, log, this.#host.handlers);
		return { status: 'suspended', id: wait.id, value: wait.value, continuation, log, emitted: [] };
	}

	/** Undefined for one that had failed and is tried again by now. */
	async #ended(session: StoreSession): Promise<Ended<R> | undefined> {
		const row = await this.#read(session, true);
		return hasEnded(row) ? endedOf<R>(session, row, this.#host) : undefined;
	}

	/** A run ends when its effects have settled: one that waited for that would wait for itself. */
	#mustBeAnother(): void {
		if (effectAround()?.runId === this.id) throw new DeadlockError({ runId: this.id, points: [], own: true });
	}

	/** Looks at the stored run after each change, until `find` finds what is waited for. */
	#until<T>(
		what: string,
		limits: WaitLimits,
		find: (session: StoreSession, row: RunRow) => Promise<T | undefined>,
	): Promise<T> {
		const look = async () => {
			const session = await this.#session();
			const row = await this.#read(session, false);
			if (row.status === 'blocked') throw new BlockedError({ runId: this.id, blocked: blockedOf(row)! });
			return find(session, row);
		};
		return this.#host.changes.until(this.id, `${what} of run '${this.id}'`, look, limits);
	}

	/** The store, once it is known that the run is what the handle is for: a run of another function is not even cancelled. */
	async #session(): Promise<StoreSession> {
		const session = await this.#host.session();
		if (this.#expected === null) return session;
		const { functionId } = await this.#read(session, false);
		if (functionId !== this.#expected) {
			throw new WrongFunctionError({ runId: this.id, expected: this.#expected, functionId });
		}
		this.#expected = null;
		return session;
	}

	async #read(session: StoreSession, state: boolean): Promise<RunRow> {
		const row = await session.read(this.id, { state });
		if (row === null) throw new RunNotFoundError({ runId: this.id });
		return row;
	}
}

/**
 * What tells whether an answer is the same one again: what its sender gave, since a schema may give another value each
 * time, and once it is answered nobody knows what was asked. Null for what cannot be saved until a schema has made
 * something of it.
 */
function knownBy(given: Answer): string | null {
	try {
		return hash(answerBytes(given));
	} catch (error) {
		if (NotSerializableError.is(error)) return null;
		throw error;
	}
}

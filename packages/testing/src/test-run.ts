import type {
	Duration,
	Handler,
	Inspection,
	LogEntry,
	LogOptions,
	Message,
	PendingInspection,
	Question,
} from '@perdure/runtime';
import {
	AmbiguousResumeError,
	CancelledError,
	Continuation,
	capture,
	captureStart,
	deadline,
	durable,
	type Event,
	handlerMap,
	isMessage,
	isQuestion,
	logRules,
	Machine,
	NotSerializableError,
	NotSettledError,
	NotSuspendedError,
	readLog,
	release,
	validated,
	validatedByName,
} from '@perdure/runtime/simulation';
import { drawnFrom, inOrder } from './order.ts';
import { Simulation } from './simulation.ts';
import { describe, type Standing } from './standing.ts';
import { VirtualClock } from './virtual-clock.ts';

/** How `testRun` starts a run and what surrounds it. */
export interface TestRunOptions {
	/** Called in place of other functions where durable code awaits these: `replace(charge, () => 'paid')`. */
	readonly handlers?: readonly Handler[];
	/** What of the effect log is kept. Default `'all'`. */
	readonly log?: LogOptions;
	/**
	 * `'every-await'` (default): after each turn the run is saved to bytes, dropped and restored, before any
	 * effect of that turn is performed, so that what does not survive a restart fails in the test. `'never'`:
	 * it stays in memory. A function says after which turns (from 1).
	 */
	readonly restart?: 'every-await' | 'never' | ((turn: number) => boolean);
	/**
	 * Draws in which order outcomes are delivered of effects that have ended together; the same seed draws
	 * the same order. Without it they come in the order in which they ended.
	 */
	readonly seed?: number;
	/** What the virtual clock shows at first. Default: the time at which the test run is made. */
	readonly now?: Date;
	/** Name of the run; part of the keys of its effects. Default `'test'`, so that keys are the same each time. */
	readonly id?: string;
	/** `this` of the durable function. */
	readonly this?: unknown;
	/** How long (real time) an effect may do real work before it is taken for one that never ends. Default one second. */
	readonly patience?: Duration;
	/** Called each time the run has been dropped and is not yet restored: to forget or reload what a new process would. */
	readonly onRestart?: () => void;
}

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

/**
 * Runs a durable function under a test's control, with a virtual clock and, unless told otherwise, with a
 * restart at every await.
 *
 * @throws NotCompiledError when `fn` is no durable function, or was not compiled.
 * NotSerializableError when an argument cannot be saved.
 */
export function testRun<A extends unknown[], R>(
	fn: (...args: A) => Promise<R>,
	args: Readonly<A>,
	o: TestRunOptions = {},
): TestRun<R> {
	const def = durable(fn);
	const [self, ...copies] = release(captureStart(def.name, o.this, args));
	const clock = new VirtualClock((o.now ?? new Date()).getTime());
	// Real runs have a random nonce; the keys of a test are to be the same each time.
	const machine = { handlers: handlerMap(o.handlers), rules: logRules(o.log ?? 'all'), nonce: '' };
	const { restart = 'every-await' } = o;
	const simulation = new Simulation(
		Machine.start({ runId: o.id ?? 'test', def, self, args: copies, now: clock.now(), ...machine }),
		{
			clock,
			machine,
			pick: o.seed === undefined ? inOrder : drawnFrom(o.seed),
			patience: deadline(o.patience ?? 1000, 0),
			restart: typeof restart === 'function' ? restart : () => restart === 'every-await',
			onRestart: () => o.onRestart?.(),
		},
	);
	return new Driver<R>(simulation, clock);
}

class Driver<R> implements TestRun<R> {
	readonly #simulation: Simulation;
	readonly #clock: VirtualClock;
	#began = false;
	/** The last call: the next one waits for it. */
	#last: Promise<unknown> = Promise.resolve();

	constructor(simulation: Simulation, clock: VirtualClock) {
		this.#simulation = simulation;
		this.#clock = clock;
	}

	next(): Promise<Standing<R>> {
		return this.#then(() => {
			this.#simulation.forgive();
			return this.#simulation.settle(null);
		});
	}

	resume(...given: unknown[]): Promise<Standing<R>> {
		const question = isQuestion(given[0]) ? (given.shift() as Question) : null;
		const [answer, o = {}] = given as [unknown, { readonly suspension?: string }?];
		return this.#answer(true, answer, o.suspension, question);
	}

	throw(error: unknown, o: { readonly suspension?: string } = {}): Promise<Standing<R>> {
		return this.#answer(false, error, o.suspension);
	}

	send(message: string | Message, given?: unknown): Promise<Standing<R>> {
		return this.#deliver(async () => {
			const name = isMessage(message) ? message.name : message;
			const payload = await (isMessage(message) ? validated(message, given) : validatedByName('message', name, given));
			return { type: 'received', name, payload: copyOf(payload, 'payload') };
		});
	}

	cancel(reason?: unknown): Promise<Standing<R>> {
		return this.#deliver(() => ({ type: 'cancelled', reason: copyOf(reason, 'reason') }));
	}

	advance(time: Duration | Date): Promise<Standing<R>> {
		return this.#then(() => this.#simulation.advance(deadline(time, this.#clock.now())));
	}

	async result(): Promise<R> {
		const standing = await this.next();
		switch (standing.status) {
			case 'completed':
				return standing.value;
			case 'failed':
				throw standing.error;
			case 'cancelled':
				throw new CancelledError({ reason: standing.reason });
			default:
				throw new NotSettledError({ runId: this.#machine.runId, standing: this.#described() });
		}
	}

	get log(): LogEntry[] {
		return readLog(this.#simulation.log.items);
	}

	get status(): Standing<R>['status'] | 'ready' {
		return this.#began ? this.#standing().status : 'ready';
	}

	get suspensions(): readonly { readonly id: string; readonly value: unknown; readonly since: Date }[] {
		return this.#machine.waits.map(({ id, value, since }) => ({ id, value, since: new Date(since) }));
	}

	get pending(): readonly PendingInspection[] {
		return this.#machine.inspect().pending;
	}

	get now(): Date {
		return new Date(this.#clock.now());
	}

	get progress(): unknown {
		return copyOf(this.#machine.progress, 'progress');
	}

	get restarts(): number {
		return this.#simulation.restarts;
	}

	inspect(): Inspection {
		return this.#machine.inspect();
	}

	get #machine(): Machine {
		return this.#simulation.machine;
	}

	/** One call after the other; the first begins the run. */
	#then(act: () => Promise<void>): Promise<Standing<R>> {
		const turn = async () => {
			if (!this.#began) {
				this.#began = true;
				await this.#simulation.settle({ type: 'started' });
			}
			await act();
			return this.#standing();
		};
		const result = this.#last.then(turn);
		this.#last = result.catch(() => {});
		return result;
	}

	#deliver(event: () => Event | Promise<Event>): Promise<Standing<R>> {
		return this.#then(async () => {
			if (!this.#simulation.hasEnded) await this.#simulation.settle(await event());
		});
	}

	#answer(
		ok: boolean,
		value: unknown,
		named: string | undefined,
		question: Question | null = null,
	): Promise<Standing<R>> {
		return this.#then(async () => {
			const { runId } = this.#machine;
			const waits = this.#simulation.hasEnded ? [] : this.#machine.waits.filter(({ kind }) => kind === 'suspend');
			const open = waits.filter(({ name }) => question === null || name === question.name).map(({ id }) => id);
			const suspension = named ?? open[0];
			if (suspension === undefined || !open.includes(suspension)) {
				const cause = this.#simulation.failure?.error;
				const facts = { runId, suspension: named, standing: this.#described() };
				throw new NotSuspendedError(facts, cause === undefined ? {} : { cause });
			}
			if (named === undefined && open.length > 1) throw new AmbiguousResumeError({ runId, suspensions: open });
			const answer = ok ? await valid(value, question, waits.find(({ id }) => id === suspension)!.name) : value;
			await this.#simulation.settle({
				type: 'resumed',
				suspension,
				ok,
				value: copyOf(answer, ok ? 'answer' : 'error'),
			});
		});
	}

	#standing(): Standing<R> {
		const { failure, wakeAt } = this.#simulation;
		const told = { log: this.log, emitted: [...this.#simulation.emitted] };
		const records = this.#simulation.log.items;
		if (failure !== null) {
			const { error, before } = failure;
			return { status: 'failed', error, continuation: new Continuation<R>(before ?? this.#machine, records), ...told };
		}
		const { ended } = this.#machine.state;
		if (ended?.status === 'completed') return { status: 'completed', value: ended.outcome as R, ...told };
		if (ended?.status === 'cancelled') return { status: 'cancelled', reason: ended.outcome, ...told };
		const [wait] = this.#machine.waits;
		if (wait === undefined && wakeAt === null) return { status: 'running', effects: this.pending, ...told };
		// Taken now, since the machine goes on; refused only to whoever asks for it.
		const saved = this.#saved();
		const open = {
			get continuation() {
				if (saved instanceof Uint8Array) return new Continuation<R>(saved, records);
				throw saved;
			},
			...told,
		};
		return wait === undefined
			? Object.assign(open, { status: 'sleeping' as const, until: new Date(wakeAt!) })
			: Object.assign(open, { status: 'suspended' as const, id: wait.id, value: wait.value });
	}

	#saved(): Uint8Array | NotSerializableError {
		try {
			return this.#machine.save();
		} catch (error) {
			if (NotSerializableError.is(error)) return error;
			throw error;
		}
	}

	#described(): string {
		const standing = this.#standing();
		const waits = this.#machine.waits.map(
			(wait) => [wait.id, wait.kind === 'receive' ? wait.name : wait.value] as const,
		);
		return describe(standing, this.pending, new Map(waits));
	}
}

/** What enters a run is a copy. @throws NotSerializableError that names it. */
function copyOf(value: unknown, name: string): unknown {
	return release(capture([value], { names: [name] }))[0];
}

/** As its question takes it: of a suspension that was only named, the one of the name that it asks. */
async function valid(answer: unknown, question: Question | null, asked: string | null): Promise<unknown> {
	if (question !== null) return validated(question, answer);
	return asked === null ? answer : validatedByName('question', asked, answer);
}

import { type Chain, drive, type Standing } from './driver/drive.ts';
import type { Replayer } from './driver/replayer.ts';
import { leave } from './driver/resources.ts';
import { AmbiguousResumeError, NotFailedError, NotSuspendedError } from './errors/run.ts';
import { DecodeError, NotSerializableError, ResourceError } from './errors/saving.ts';
import { decode } from './machine/bytes.ts';
import { bytesOf, capture } from './machine/copy.ts';
import { again, cancelFailed, type Failure, GO_ON, type RetryOptions, readEvent } from './machine/failure.ts';
import type { Inspection } from './machine/inspect.ts';
import { KeptLog } from './machine/kept-log.ts';
import { hash } from './machine/key.ts';
import { type LogEntry, type LogItem, readLog } from './machine/log.ts';
import { LogFold } from './machine/log-fold.ts';
import { Machine } from './machine/machine.ts';
import { mustBeId } from './machine/start-options.ts';
import { loadState, saveState, schemaIdOf } from './machine/state.ts';
import type { Event, OpenWait } from './machine/turn.ts';
import {
	isSuspension,
	type Outcome,
	type ResumeOptions,
	type RunOptions,
	type Suspension,
	suspensionOf,
} from './outcome.ts';
import { type Copy, Parked } from './parked.ts';
import { realClock, realRandom } from './ports/clock.ts';
import { type AsyncFunction, durable } from './registry/functions.ts';
import { isQuestion, type Message, type Question, sent, validated, validatedByName } from './registry/topics.ts';

/**
 * A parked run: the rest of its computation. It never changes; each way of going on begins from an
 * independent copy (the deep copy of Turmeric's serialisable continuations, identity kept inside).
 */
export class Continuation<R> {
	readonly #parked: Parked;
	/** The first `#count` of these; more may be added by the run that goes on. */
	readonly #records: readonly LogItem[];
	readonly #count: number;
	/** Of a run that failed: what by, after this state. */
	readonly #failure: Failure | null;
	/** Makes the machine anew of a run whose first turn failed. */
	readonly #anew: (() => Machine) | null;

	/** Not for users: `run`, `fromBytes` and the engine make continuations. */
	constructor(
		from: Machine | Chain | Uint8Array,
		records: readonly LogItem[],
		o: { readonly failure?: Failure | null; readonly anew?: (() => Machine) | undefined } = {},
	) {
		this.#failure = o.failure ?? null;
		this.#anew = o.anew ?? null;
		this.#parked = new Parked(from, this.#failure);
		this.#records = records;
		this.#count = records.length;
	}

	get #machine(): Machine {
		return this.#parked.machine;
	}

	get #log(): readonly LogItem[] {
		return this.#records.slice(0, this.#count);
	}

	/**
	 * Reads what `toBytes` gave. Opens no resource and runs no code of the user's.
	 * @throws DecodeError, UnknownFunctionError, SchemaMismatchError
	 */
	static fromBytes<F extends AsyncFunction>(bytes: Uint8Array, fn: F): Continuation<Awaited<ReturnType<F>>>;
	static fromBytes<R>(bytes: Uint8Array): Continuation<R>;
	static fromBytes(bytes: Uint8Array, fn?: AsyncFunction): Continuation<unknown> {
		const expected = fn === undefined ? undefined : durable(fn);
		const { state, log } = loadState(bytes);
		if (expected !== undefined && expected.id !== state.functionId) {
			throw new DecodeError({ problem: `they are a continuation of '${state.functionId}', not of '${expected.id}'` });
		}
		const { failed } = state;
		const failure = failed && { event: readEvent(failed.event), error: decode(failed.error), bytes: failed.event };
		return new Continuation(new Machine(state), log, { failure });
	}

	get functionId(): string {
		return this.#machine.state.functionId;
	}

	get runId(): string {
		return this.#machine.state.runId;
	}

	/** Changes when code that the saved frames depend on changes (design/schema.md). */
	get schemaId(): string {
		return schemaIdOf(this.#machine.state);
	}

	get log(): LogEntry[] {
		return readLog(this.#log);
	}

	/** Open `suspend`s and `receive`s, oldest first. */
	get suspensions(): Suspension[] {
		return this.#machine.waits.filter(isSuspension).map(suspensionOf);
	}

	/** When time alone would move it on. */
	get wakeAt(): Date | null {
		const at = this.#machine.wakeAt;
		return at === null ? null : new Date(at);
	}

	/**
	 * The state, without code and (unless asked for) without the log.
	 * @throws NotSerializableError names the variable, the point and the way out.
	 */
	toBytes(o: { log?: boolean } = {}): Uint8Array {
		const bytes = this.#parked.saved();
		return o.log ? saveState(this.#machine.state, new LogFold(this.#log).records) : new Uint8Array(bytes);
	}

	/** Goes on with what is pending; answers nothing. */
	async continue(o: RunOptions = {}): Promise<Outcome<R>> {
		return this.#go(null, o);
	}

	/**
	 * Tries a failed run again: the turn that failed, from the state before it. If a rejection began it, that
	 * effect is issued again, with the same key; any other event is delivered again. What succeeded is not repeated.
	 * That state is kept while it has at most 16 KiB, whatever its size where a rejection began the turn, and always
	 * with `onCheckpoint`.
	 * @throws NotFailedError also where that state was not kept.
	 */
	async retry(o: RunOptions & RetryOptions = {}): Promise<Outcome<R>> {
		const failure = this.#failure;
		if (failure === null) throw new NotFailedError({ runId: this.runId });
		const what = again(failure, o);
		if (what === null) return this.#stillFailed(failure);
		if (this.#anew !== null) {
			const anew = this.#anew;
			return proceed<R>(anew(), { type: 'started' }, new KeptLog(this.#log), o, { anew });
		}
		if ('deliver' in what) return this.#go(what.deliver, o, failure);
		const rekey = (machine: Machine) => machine.rekey(what.issue);
		return this.#go(null, o, { event: failure.event, ...(o.newKeys ? { prepare: rekey } : {}) });
	}

	/**
	 * Answers an open suspension; with a question, one that asks it. What the question's schema gives is what
	 * the run gets; where only the answer is given, that of the question which the suspension asks, if this
	 * process defines it.
	 * @throws NotSuspendedError, AmbiguousResumeError, InvalidAnswerError
	 */
	resume<V, A, I>(question: Question<V, A, I>, answer: NoInfer<I>, o?: ResumeOptions): Promise<Outcome<R>>;
	resume(answer?: unknown, o?: ResumeOptions): Promise<Outcome<R>>;
	async resume(...given: unknown[]): Promise<Outcome<R>> {
		const question = isQuestion(given[0]) ? (given.shift() as Question) : null;
		const [answer, o = {}] = given as [unknown, ResumeOptions?];
		const { id, name } = this.#suspension(o.suspension, question?.name ?? null);
		const valid =
			question !== null
				? await validated(question, answer)
				: name !== null
					? await validatedByName('question', name, answer)
					: answer;
		return this.#answer(true, valid, id, o);
	}

	/** Throws an error at an open suspension. */
	async throw(error: unknown, o: ResumeOptions = {}): Promise<Outcome<R>> {
		return this.#answer(false, error, this.#suspension(o.suspension, null).id, o);
	}

	/**
	 * Sends a message, as `receive` takes it. Where this process defines a message of that name, what its schema
	 * gives is what the run gets.
	 * @throws InvalidAnswerError
	 */
	send<T, I>(message: Message<T, I>, payload: NoInfer<I>, o?: RunOptions): Promise<Outcome<R>>;
	send(name: string, payload?: unknown, o?: RunOptions): Promise<Outcome<R>>;
	async send(message: string | Message, given?: unknown, o: RunOptions = {}): Promise<Outcome<R>> {
		const { name, payload } = await sent(message, given);
		return this.#take('send', { name, payload }, { type: 'received', name, payload }, o);
	}

	/** Throws `CancelledError` where it waits (of a failed run: before the turn that failed), and drives its clean-up. */
	async cancel(reason?: unknown, o: RunOptions = {}): Promise<Outcome<R>> {
		const failure = this.#failure;
		const event: Event = failure === null ? { type: 'cancelled', reason } : cancelFailed(failure, reason);
		if (this.#anew !== null) return proceed<R>(this.#anew(), event, new KeptLog(this.#log), o);
		// It failed as it was cleaning up.
		if (failure !== null && this.#machine.state.cancel !== null) return this.#stillFailed(failure);
		return this.#take('cancel', { reason }, event, o);
	}

	/** A copy with effect keys of its own. */
	fork(o: { readonly id?: string | undefined } = {}): Continuation<R> {
		mustBeId(o.id);
		const machine = Machine.load(this.#parked.saved());
		machine.fork(o.id ?? machine.state.runId, realRandom.id());
		return new Continuation(machine, this.#log);
	}

	/** Fibers, frames and locals, and what is pending; opens no resource. */
	inspect(): Inspection {
		return this.#machine.inspect();
	}

	#stillFailed({ error }: Failure): Outcome<R> {
		return { status: 'failed', error, continuation: this, log: this.log, emitted: [] };
	}

	/** The one open suspension of that id, or of that question. */
	#suspension(id: string | undefined, question: string | null): OpenWait {
		this.#parked.mustBeUnspent();
		const { runId } = this;
		const open = this.#machine.waits.filter((wait) => {
			if (wait.kind !== 'suspend' || (id !== undefined && wait.id !== id)) return false;
			return question === null || wait.name === question;
		});
		const [first, another] = open;
		if (first === undefined) throw new NotSuspendedError({ runId, suspension: id });
		if (another !== undefined) throw new AmbiguousResumeError({ runId, suspensions: open.map(({ id }) => id) });
		return first;
	}

	#answer(ok: boolean, value: unknown, suspension: string, o: RunOptions): Promise<Outcome<R>> {
		const input = ok ? { suspension, answer: value } : { suspension, error: value };
		return this.#take(ok ? 'resume' : 'throw', input, { type: 'resumed', suspension, ok, value }, o);
	}

	/**
	 * Goes on with some input, which opens a lineage: the same input twice leads to the same effect keys,
	 * another input to others.
	 * @throws NotSerializableError naming the part of the input.
	 */
	async #take(kind: string, input: object, event: Event, o: RunOptions): Promise<Outcome<R>> {
		// Before the copy: a continuation that can go on only once is not spent on input that is refused.
		const copy = capture([kind, ...Object.values(input)], { names: ['kind', ...Object.keys(input)] });
		const given = hash(bytesOf(copy));
		return this.#go(event, o, { prepare: (machine) => machine.branch(hash(`${machine.state.lineage}\0${given}`)) });
	}

	/**
	 * @param prepare makes of the copy what goes on, before its first event.
	 * @param event what a failure before that event is tried again with; `bytes`: what it was read from, if it was.
	 */
	async #go(
		first: Event | null,
		o: RunOptions,
		{
			prepare = () => {},
			event = first ?? GO_ON,
			bytes,
		}: Partial<Failure> & { prepare?: (copy: Machine) => void } = {},
	): Promise<Outcome<R>> {
		const origin = () => this.#parked.origin(prepare);
		let copy: Copy;
		try {
			copy = await this.#parked.copy(o, bytes);
		} catch (error) {
			if (!ResourceError.is(error)) throw error;
			const failure = { event, error, ...(bytes && { bytes }) };
			const continuation = new Continuation<R>(origin()!, this.#log, { failure });
			return { status: 'failed', error, continuation, log: this.log, emitted: [] };
		}
		prepare(copy.machine);
		return proceed<R>(copy.machine, copy.event ?? first, new KeptLog(this.#log), o, { origin });
	}
}

/** What there is besides the machine. */
interface Proceeding {
	readonly replay?: Replayer;
	/** The state before the first turn. */
	readonly origin?: () => Chain | null;
	/** Of a run that begins: makes the machine once more. */
	readonly anew?: () => Machine;
}

/** Drives a machine and tells its caller how that ended. */
export async function proceed<R>(
	machine: Machine,
	first: Event | null,
	log: KeptLog,
	o: RunOptions,
	how: Proceeding = {},
): Promise<Outcome<R>> {
	try {
		return await driven<R>(machine, first, log, o, how);
	} catch (error) {
		await leave(machine, false, realClock);
		throw error;
	}
}

async function driven<R>(
	machine: Machine,
	first: Event | null,
	log: KeptLog,
	o: RunOptions,
	{ replay, origin, anew }: Proceeding,
): Promise<Outcome<R>> {
	const emitted: unknown[] = [];
	const standing = await drive(machine, first, {
		clock: realClock,
		log,
		emitted,
		replay,
		origin,
		park: o.park,
		onTurn:
			o.onCheckpoint &&
			((chain, turn) =>
				// A continuation is immutable and the machine is not: what is handed out is the state as saved.
				o.onCheckpoint!(new Continuation(chain, log.items), {
					turn: turn.number,
					...(turn.mark === null ? {} : { mark: turn.mark }),
					emitted: turn.emitted.map(({ event }) => decode(event)),
				})),
	});
	const from = closing(standing, machine);
	if (from !== null) await leave(machine, false, realClock);
	return outcomeOf<R>(standing, machine, log.items, emitted, from ?? machine, anew);
}

/** What the next continuation goes on from; null when that is the machine itself, with what is open in it. */
function closing({ status }: Standing, machine: Machine): Machine | Uint8Array | null {
	if (machine.opened.length === 0) return null;
	if (status !== 'suspended' && status !== 'parked') return machine;
	try {
		return machine.save();
	} catch (error) {
		if (NotSerializableError.is(error)) return null;
		throw error;
	}
}

function outcomeOf<R>(
	standing: Standing,
	machine: Machine,
	records: readonly LogItem[],
	emitted: readonly unknown[],
	from: Machine | Uint8Array,
	anew: (() => Machine) | undefined,
): Outcome<R> {
	const told = { log: readLog(records), emitted };
	switch (standing.status) {
		case 'completed':
			return { status: 'completed', value: standing.value as R, ...told };
		case 'cancelled':
			return { status: 'cancelled', reason: standing.reason, ...told };
		case 'failed': {
			const { error, before, event } = standing;
			const first = event.type === 'started' ? anew : undefined;
			// What there is nothing to go on from is not tried again.
			const failure = before !== null || first !== undefined ? { event, error } : null;
			const continuation = new Continuation<R>(before ?? machine, records, { failure, anew: first });
			return { status: 'failed', error, continuation, ...told };
		}
		case 'parked':
			return { status: 'parked', continuation: new Continuation<R>(from, records), ...told };
		case 'suspended': {
			const { id, value } = machine.waits[0]!;
			return { status: 'suspended', id, value, continuation: new Continuation<R>(from, records), ...told };
		}
	}
}

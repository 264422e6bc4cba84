import type { FunctionDef, Mode, SiteDef } from '@perdure/abi';
import { UnsupportedError } from '../errors/internal.ts';
import { type CancelledEffect, CancelledError, TimeoutError } from '../errors/run.ts';
import { NotSerializableError } from '../errors/saving.ts';
import { definitionOf, environmentOf } from '../registry/functions.ts';
import { type Callable, type ChainArguments, shared, type TurnHost } from '../registry/shared.ts';
import { constructsInTurn, isIntrinsic, primitiveOf } from './callee.ts';
import { CANCEL_GRACE, insist, isShielded } from './cancellation.ts';
import { type Copied, capture, captureOutcome, release } from './copy.ts';
import { callOf, copyOperands, type Issue, shapeOf } from './effect.ts';
import type { EffectCall } from './effect-call.ts';
import type { Fiber } from './fiber.ts';
import { Frame } from './frame.ts';
import { type Inspection, inspect } from './inspect.ts';
import { keyPrefix } from './key.ts';
import { Thunk } from './kinds.ts';
import { type LogRecord, recordOf } from './log.ts';
import { dueAt, type Pending, type PendingEffect, type PendingSleep, type PendingWait } from './pending.ts';
import { atOf, pointOf } from './point.ts';
import { type PrimitiveCall, primitives } from './primitive.ts';
import { warm } from './restore.ts';
import { type Beginning, beginning, type RunState } from './run-state.ts';
import { loadState, saveState } from './state.ts';
import type { Event, OpenWait, RunStatus, Turn } from './turn.ts';

interface Job {
	readonly fiber: Fiber;
	readonly mode: Mode;
	readonly value: unknown;
}

/** What the step that is running asked for, besides the value it returns. */
type Asked = { readonly push: Frame } | { readonly parked: Pending } | null;

/**
 * Computes turns: synchronous, and without a clock, a timer, a host promise or a random source.
 *
 * Owns: the run's state and the jobs of the turn being computed. Called by: drivers (`apply`), emitted
 * code through the helpers (`call`, `chain`, `tail`).
 * M1: a turn ends with no job queued and every fiber parked or over.
 * M2: an effect is dispatched only by the turn that issued it or after a load: never twice by one process.
 * M3: an outcome for a key that is not pending changes nothing.
 * M4: after a cancellation no fiber passes a suspension point that no `finally` and no `catch` of it shields.
 */
export class Machine implements TurnHost {
	readonly state: RunState;
	readonly handlers: ReadonlyMap<Callable, Callable>;
	#keys: string;
	#jobs: Job[] = [];
	#now = 0;
	#fiber!: Fiber;
	#asked: Asked = null;
	#log: LogRecord[] = [];
	#dispatch: EffectCall[] = [];
	#abort: string[] = [];
	#watch: { key: string; promise: PromiseLike<unknown> }[] = [];
	/** First values of thunks made since the last issue: what may be made again instead of saved. */
	#recipes = new Map<unknown, Thunk>();

	constructor(state: RunState, handlers: ReadonlyMap<Callable, Callable> = new Map()) {
		this.state = state;
		this.handlers = handlers;
		this.#keys = keyPrefix(state.runId, state.lineage);
	}

	/** A run that has not begun: its first turn is that of the event `started`. */
	static start(o: Beginning & { handlers?: ReadonlyMap<Callable, Callable> | undefined }): Machine {
		return new Machine(beginning(o), o.handlers);
	}

	/**
	 * Goes on from what `save` gave.
	 * @throws DecodeError, UnknownFunctionError, SchemaMismatchError
	 */
	static load(bytes: Uint8Array, o: { handlers?: ReadonlyMap<Callable, Callable> } = {}): Machine {
		return new Machine(loadState(bytes).state, o.handlers);
	}

	/**
	 * The state after the last turn, without its log.
	 * @throws NotSerializableError
	 */
	save(): Uint8Array {
		return saveState(this.state);
	}

	/** Ids of all functions whose frames the run has: who loads it needs all of them. */
	get functionIds(): string[] {
		const ids = new Set([this.state.functionId]);
		for (const fiber of this.state.fibers) {
			for (let frame = fiber.top; frame !== null; frame = frame.parent) ids.add(frame.def.id);
		}
		return [...ids];
	}

	get runId(): string {
		return this.state.runId;
	}

	get functionId(): string {
		return this.state.functionId;
	}

	get startedAt(): number {
		return this.state.startedAt;
	}

	get progress(): unknown {
		return this.state.progress;
	}

	get turn(): number {
		return this.state.turn;
	}

	inspect(): Inspection {
		return inspect(this.state, this.status);
	}

	/** Answers given to a stored continuation open a lineage of their own (runtime.md, "Effects", Key). */
	branch(lineage: string): void {
		this.state.lineage = lineage;
		this.#keys = keyPrefix(this.state.runId, lineage);
	}

	/** A copy of the run with a name or lineage of its own: keys are made anew, those of pending effects included. */
	fork(runId: string, lineage: string): void {
		const { state } = this;
		(state as { runId: string }).runId = runId;
		this.branch(lineage);
		const pending = [...state.pending.values()];
		state.pending.clear();
		for (const old of pending) {
			const issue = old.key.slice(old.key.lastIndexOf('-'));
			const fresh = { ...old, key: this.#keys + issue };
			state.pending.set(fresh.key, fresh);
			fresh.fiber.wait = fresh;
		}
	}

	/** Computes one turn. What it returns must be durable before anything of it is done. */
	apply(event: Event, now: number): Turn {
		this.state.turn++;
		this.#now = now;
		this.#log = [];
		this.#dispatch = [];
		this.#abort = [];
		this.#watch = [];
		const outer = shared.current;
		shared.current = this;
		try {
			this.#deliver(event);
			for (let i = 0; i < this.#jobs.length; i++) {
				const { fiber, mode, value } = this.#jobs[i]!;
				this.#run(fiber, mode, value);
			}
			this.#jobs = [];
		} finally {
			shared.current = outer;
			this.#recipes.clear();
		}
		if (this.state.ended !== null) this.#discardPending();
		return {
			number: this.state.turn,
			status: this.status,
			outcome: this.state.ended?.outcome,
			log: this.#log,
			dispatch: this.state.ended === null ? this.#dispatch : [],
			abort: this.#abort,
			watch: this.#watch,
			wakeAt: this.wakeAt,
		};
	}

	get status(): RunStatus {
		if (this.state.ended !== null) return this.state.ended.status;
		for (const { kind } of this.state.pending.values()) if (kind === 'effect' || kind === 'native') return 'running';
		return 'waiting';
	}

	/** Can anything but answers, messages and limits of waits move it on? */
	get busy(): boolean {
		for (const pending of this.state.pending.values()) {
			if (pending.kind !== 'suspend' && pending.kind !== 'receive') return true;
		}
		return false;
	}

	/** When the next timer, limit or grace period is due (ms since the epoch), or null. */
	get wakeAt(): number | null {
		let earliest: number | null = null;
		for (const pending of this.state.pending.values()) {
			const at = dueAt(pending);
			if (at !== null && (earliest === null || at < earliest)) earliest = at;
		}
		return earliest;
	}

	/** Open `suspend`s and `receive`s, oldest first. */
	get waits(): OpenWait[] {
		const waits: OpenWait[] = [];
		for (const pending of this.state.pending.values()) {
			if (pending.kind !== 'suspend' && pending.kind !== 'receive') continue;
			const { key, kind, message, since, limit } = pending;
			waits.push({ id: key, kind, value: release(pending.value)[0], name: message, since, limit });
		}
		return waits;
	}

	/** Is an outcome for this key still wanted? */
	awaits(key: string): boolean {
		return this.state.pending.has(key);
	}

	/**
	 * Effects outstanding after a load, to be dispatched again: with their key, and as another attempt
	 * when the former may have begun. Those of cancelled fibers are not among them.
	 */
	pendingCalls(recovered: boolean): EffectCall[] {
		const calls: EffectCall[] = [];
		for (const pending of this.state.pending.values()) {
			if (pending.kind !== 'effect' || pending.graceAt !== null) continue;
			if (recovered) pending.attempt++;
			pending.flying = true;
			calls.push(callOf(pending, this.state.runId, this.handlers));
		}
		return calls;
	}

	/** Those that nobody performs, since the state was loaded: as attempts of their own, for all that is known. */
	reissue(): EffectCall[] {
		const calls: EffectCall[] = [];
		for (const pending of this.state.pending.values()) {
			if (pending.kind !== 'effect' || pending.flying || pending.graceAt !== null) continue;
			pending.attempt++;
			pending.flying = true;
			calls.push(callOf(pending, this.state.runId, this.handlers));
		}
		return calls;
	}

	/** Of a call that its driver did not begin: it counts as no attempt, and no outcome will come. */
	withhold(key: string): void {
		const pending = this.state.pending.get(key);
		if (pending?.kind !== 'effect') return;
		pending.attempt--;
		pending.flying = false;
	}

	// --- events

	#deliver(event: Event): void {
		const { state } = this;
		switch (event.type) {
			case 'started':
				this.#jobs.push({ fiber: state.fibers[0]!, mode: 0, value: undefined });
				return;
			case 'effectSettled': {
				const pending = state.pending.get(event.key);
				if (pending?.kind === 'effect') this.#settleEffect(pending, event.ok, event.value);
				return;
			}
			case 'nativeSettled': {
				const pending = state.pending.get(event.key);
				if (pending?.kind === 'native') this.#resume(pending, event.ok ? 0 : 1, event.value);
				return;
			}
			case 'timerFired':
				for (const pending of [...state.pending.values()]) this.#fire(pending);
				return;
			case 'received': {
				const payload = capture([event.payload]);
				for (const pending of state.pending.values()) {
					if (pending.kind !== 'receive' || pending.message !== event.name) continue;
					this.#settle(pending, true, payload);
					return;
				}
				const buffered = state.messages.get(event.name);
				if (buffered === undefined) state.messages.set(event.name, [payload]);
				else buffered.push(payload);
				return;
			}
			case 'resumed': {
				const pending = state.pending.get(event.suspension);
				if (pending?.kind === 'suspend') this.#settle(pending, event.ok, capture([event.value]));
				return;
			}
			case 'cancelled':
				if (state.cancel !== null) return;
				state.cancel = release(capture([event.reason]));
				for (const fiber of state.fibers) this.#interrupt(fiber);
				return;
		}
	}

	#settleEffect(pending: PendingEffect, ok: boolean, value: unknown): void {
		const kept = captureOutcome(value);
		this.#record(pending, 'executed', ok, kept);
		if (pending.graceAt !== null) {
			const outcome = kept === null ? value : release(kept)[0];
			this.#throwCancelled(pending, ok ? { value: outcome } : { error: outcome });
			return;
		}
		// A result that cannot be kept enters the run as it is; the turn can be saved only if nothing holds it.
		this.#resume(pending, ok ? 0 : 1, kept === null ? value : release(kept)[0]);
	}

	#settle(pending: Exclude<Pending, { kind: 'native' }>, ok: boolean, copy: Copied): void {
		this.#record(pending, 'executed', ok, copy);
		this.#resume(pending, ok ? 0 : 1, release(copy)[0]);
	}

	#fire(pending: Pending): void {
		const at = dueAt(pending);
		if (at === null || at > this.#now) return;
		switch (pending.kind) {
			case 'sleep':
				this.#settle(pending, true, capture([undefined]));
				return;
			case 'effect':
				this.#record(pending, 'discarded', null, null);
				this.#throwCancelled(pending, 'unknown');
				return;
			case 'suspend':
			case 'receive': {
				if (pending.otherwise !== null) {
					// It never left the run: no copy, or it would lose its identity.
					this.#record(pending, 'executed', true, captureOutcome(pending.otherwise[0]));
					this.#resume(pending, 0, pending.otherwise[0]);
					return;
				}
				const what = pending.kind === 'suspend' ? `the answer at ${pending.at}` : `the message '${pending.message}'`;
				const error = new TimeoutError({ what, timeout: `${pending.limit! - pending.since} ms` });
				this.#settle(pending, false, capture([error]));
				return;
			}
		}
	}

	#resume(pending: Pending, mode: Mode, value: unknown): void {
		this.state.pending.delete(pending.key);
		pending.fiber.wait = null;
		this.#jobs.push({ fiber: pending.fiber, mode, value });
	}

	// --- cancellation

	#interrupt(fiber: Fiber): void {
		const pending = fiber.wait;
		if (pending === null || isShielded(fiber.top)) return;
		if (pending.kind === 'effect' && pending.flying) {
			this.#abort.push(pending.key);
			pending.graceAt = this.#now + CANCEL_GRACE;
			return;
		}
		if (pending.kind !== 'native') this.#record(pending, 'discarded', null, null);
		this.#throwCancelled(pending, 'unknown');
	}

	/** `outcome`: of the effect that it waited for. */
	#throwCancelled(pending: Pending, outcome: CancelledEffect['outcome']): void {
		const reason = this.state.cancel![0];
		const effect = pending.kind === 'effect' ? { effect: { name: pending.name, key: pending.key, outcome } } : {};
		this.#resume(pending, 1, new CancelledError({ reason, ...effect }));
	}

	/** Does a suspension point that a frame has come to throw the run's cancellation? `shield`: the frames that may stop it. */
	#cancelledAt(shield: Frame | null): boolean {
		return this.state.cancel !== null && !isShielded(shield);
	}

	#cancellation(frame: Frame): CancelledError {
		insist(frame);
		return new CancelledError({ reason: this.state.cancel![0] });
	}

	get run(): { readonly id: string; readonly functionId: string; readonly startedAt: Date } {
		const { runId: id, functionId, startedAt } = this.state;
		return { id, functionId, startedAt: new Date(startedAt) };
	}

	setProgress(value: unknown): void {
		this.state.progress = release(capture([value], { names: ['progress'] }))[0];
	}

	isCancellation(error: unknown): boolean {
		return this.state.cancel !== null && CancelledError.is(error);
	}

	// --- stepping

	#run(fiber: Fiber, mode: Mode, value: unknown): void {
		if (this.state.ended !== null) return;
		let frame = fiber.top;
		let input: Mode = mode;
		let sent = value;
		for (;;) {
			if (frame === null) {
				this.#finish(fiber, input, sent);
				return;
			}
			this.#fiber = fiber;
			this.#asked = null;
			let out: unknown;
			try {
				if (frame.cold) warm(frame);
				out = frame.def.step!(frame, input, sent);
			} catch (error) {
				fiber.top = frame.parent;
				this.#jobs.push({ fiber, mode: 1, value: error });
				return;
			}
			if (frame.done) fiber.top = frame.parent;
			const asked = this.#asked as Asked;
			if (asked === null) {
				if (!frame.done && this.#cancelledAt(frame)) {
					this.#jobs.push({ fiber, mode: 1, value: this.#cancellation(frame) });
				} else this.#await(fiber, out);
				return;
			}
			if ('parked' in asked) return;
			// A durable call: entered in the same tick, as JavaScript does.
			asked.push.parent = frame.done ? frame.parent : frame;
			fiber.top = frame = asked.push;
			input = 0;
			sent = undefined;
		}
	}

	#await(fiber: Fiber, value: unknown): void {
		let thenable = false;
		try {
			thenable = isThenable(value);
		} catch (error) {
			this.#jobs.push({ fiber, mode: 1, value: error });
			return;
		}
		if (!thenable) {
			this.#jobs.push({ fiber, mode: 0, value });
			return;
		}
		const promise = value as PromiseLike<unknown>;
		const pending: Pending = { kind: 'native', key: this.#nextKey(), fiber, promise };
		this.#park(pending);
		this.#watch.push({ key: pending.key, promise });
	}

	#park(pending: Pending): void {
		this.state.pending.set(pending.key, pending);
		pending.fiber.wait = pending;
	}

	#finish(fiber: Fiber, mode: Mode, value: unknown): void {
		this.state.fibers.splice(this.state.fibers.indexOf(fiber), 1);
		if (fiber.id !== 0) return;
		if (mode === 0) this.state.ended = { status: 'completed', outcome: value };
		else if (this.isCancellation(value)) this.state.ended = { status: 'cancelled', outcome: this.state.cancel![0] };
		else this.state.ended = { status: 'failed', outcome: value };
	}

	#discardPending(): void {
		for (const pending of this.state.pending.values()) {
			if (pending.kind !== 'native') this.#record(pending, 'discarded', null, null);
		}
		this.state.pending.clear();
	}

	// --- what emitted code asks for

	call(frame: Frame, site: number, callee: unknown, self: unknown, args: unknown[], key?: unknown): unknown {
		return this.#call(frame, frame, site, callee, self, args, key);
	}

	/** `shield`: the innermost frame whose guards apply to what is called. */
	#call(
		frame: Frame,
		shield: Frame | null,
		site: number,
		callee: unknown,
		self: unknown,
		args: unknown[],
		key: unknown,
	): unknown {
		const def = frame.def.sites![site]!;
		if (typeof callee !== 'function') throw new TypeError(`${def.name} is not a function`);
		if (this.#cancelledAt(shield)) throw this.#cancellation(frame);
		const definition = definitionOf(callee);
		if (definition !== undefined) {
			if (definition.step === undefined) return Reflect.apply(callee, self, args);
			this.#asked = { push: new Frame(definition, self, args, environmentOf(callee)) };
			return undefined;
		}
		const primitive = primitiveOf(callee);
		if (primitive !== undefined) return this.#primitive(primitive, frame, def, args);
		if (isIntrinsic(callee) || constructsInTurn(callee, self)) return Reflect.apply(callee, self, args);
		this.#issue(frame, def, { fn: callee as Callable, self, key, args, rest: [] });
		return undefined;
	}

	chain(
		frame: Frame,
		site: number,
		callee: unknown,
		self: unknown,
		args: unknown[],
		rest: readonly ChainArguments[],
		key?: unknown,
	): unknown {
		if (this.#cancelledAt(frame)) throw this.#cancellation(frame);
		this.#issue(frame, frame.def.sites![site]!, { fn: callee as Callable, self, key, args, rest });
		return undefined;
	}

	tail(frame: Frame, site: number, callee: unknown, self: unknown, args: unknown[], key?: unknown): unknown {
		// The frame goes before the call begins, and `frame.pc` still names the point it was last parked at.
		const out = this.#call(frame, frame.parent, site, callee, self, args, key);
		frame.done = true;
		return out;
	}

	enter(def: FunctionDef): never {
		throw new UnsupportedError({
			what: `starting '${def.name}' without awaiting it`,
			point: this.#place(),
			help: `write 'await ${def.name}(...)'; starting it beside the rest comes with concurrency inside a run`,
		});
	}

	primitive(name: string): never {
		throw new UnsupportedError({
			what: `calling '${name}' without awaiting it`,
			point: this.#place(),
			help: `write 'await ${name}(...)' in the durable function itself`,
		});
	}

	lazy(value: unknown, def: FunctionDef, operands: readonly unknown[]): void {
		if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
			this.#recipes.set(value, new Thunk(def, operands, value));
		}
	}

	#issue(frame: Frame, site: SiteDef, issue: Issue): void {
		const { state } = this;
		const shape = shapeOf(site, issue);
		const { operands, firsts } = copyOperands(site, issue, shape, this.#recipes, atOf(frame.def, site.at));
		const pending: PendingEffect = {
			kind: 'effect',
			...this.#issued(frame, site, site.name),
			functionId: frame.def.id,
			operands,
			shape,
			attempt: 1,
			graceAt: null,
			flying: true,
			hot: { self: issue.self, fn: issue.fn, def: site, firsts },
		};
		this.#recipes.clear();
		this.#park(pending);
		this.#asked = { parked: pending };
		this.#record(pending, 'started', null, null);
		this.#dispatch.push(callOf(pending, state.runId, this.handlers));
	}

	#primitive(name: string, frame: Frame, site: SiteDef, args: readonly unknown[]): unknown {
		const made: PrimitiveCall = primitives[name]!(args, this.#now);
		const issued = this.#issued(frame, site, name);
		let pending: PendingSleep | PendingWait;
		if (made.kind === 'sleep') pending = { ...issued, kind: 'sleep', until: made.until };
		else {
			const { kind, message, limit, otherwise } = made;
			pending = { ...issued, kind, value: handedOut(made.value, issued.at), message, limit, otherwise };
		}
		this.#park(pending);
		this.#asked = { parked: pending };
		this.#record(pending, 'started', null, null);
		if (pending.kind === 'receive') this.#takeBuffered(pending);
		return undefined;
	}

	#takeBuffered(pending: PendingWait): void {
		const buffered = this.state.messages.get(pending.message!);
		const payload = buffered?.shift();
		if (payload === undefined) return;
		if (buffered!.length === 0) this.state.messages.delete(pending.message!);
		this.#settle(pending, true, payload);
	}

	#issued(frame: Frame, site: SiteDef, name: string) {
		return {
			key: this.#nextKey(),
			fiber: this.#fiber,
			seq: ++this.state.seq,
			site: site.id,
			at: atOf(frame.def, site.at),
			name,
			since: this.#now,
			mark: this.state.mark,
		};
	}

	#nextKey(): string {
		return `${this.#keys}-${(++this.state.issue).toString(36)}`;
	}

	#place(): string | undefined {
		const frame = this.#fiber?.top;
		const point = frame ? pointOf(frame) : undefined;
		return point && frame ? atOf(frame.def, point.at) : frame?.def.file;
	}

	#record(
		pending: Exclude<Pending, { kind: 'native' }>,
		state: LogRecord['state'],
		ok: boolean | null,
		outcome: Copied | null,
	): void {
		const settledSeq = state === 'executed' ? ++this.state.settled : null;
		this.#log.push(recordOf(pending, { state, ok, outcome, settledSeq, now: this.#now }));
	}
}

/** @throws NotSerializableError naming the value and the place. */
function handedOut(value: readonly unknown[], at: string): Copied {
	try {
		return capture(value, { names: ['value'] });
	} catch (error) {
		throw NotSerializableError.is(error) ? error.at(at) : error;
	}
}

function isThenable(value: unknown): boolean {
	if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
	return typeof (value as { then?: unknown }).then === 'function';
}

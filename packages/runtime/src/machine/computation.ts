import type { FunctionDef, Mode, SiteDef } from '@perdure/abi';
import { type CancelledEffect, CancelledError, DeadlockError, TimeoutError } from '../errors/run.ts';
import { NotSerializableError } from '../errors/saving.ts';
import { type AsyncGeneratorState, completeBody, completeYield, Yielded } from '../language/async-generator-state.ts';
import { extendStack } from '../language/async-stack.ts';
import {
	DurablePromise,
	hasListeners,
	isOfRun,
	reject,
	resolve,
	resolveByThen,
	subscribe,
	thenOf,
} from '../language/durable-promise.ts';
import { savable } from '../language/native-iterators.ts';
import { definitionOf, environmentOf } from '../registry/functions.ts';
import type { Callable, ChainArguments, TurnHost } from '../registry/shared.ts';
import { awaitChain } from './await-chain.ts';
import { callBuiltIn, constructsInTurn, isForeign, isIntrinsic, methodOf, primitiveOf } from './callee.ts';
import { awaitedEffect, CANCEL_GRACE, effectsByPromise, insist, isShielded, isSpared } from './cancellation.ts';
import type { Copied } from './copied.ts';
import { capture, captureOutcome, release } from './copy.ts';
import type { Door } from './door.ts';
import { callOf, copyOperands, type Issue, shapeOf, siteOfThunk } from './effect.ts';
import type { EffectCall } from './effect-call.ts';
import { Fiber, FiberReaction } from './fiber.ts';
import { Frame } from './frame.ts';
import { Jobs } from './jobs.ts';
import { Thunk } from './kinds.ts';
import { type LogRecord, leftOver, recordOf } from './log.ts';
import {
	callSite,
	type IssueFacts,
	type Pending,
	PendingEffect,
	PendingSleep,
	PendingWait,
	type Savable,
	type Target,
} from './pending.ts';
import { atOf, pointOf } from './point.ts';
import { primitives } from './primitive.ts';
import { reaches, resolvable } from './reach.ts';
import { warm } from './restore.ts';
import type { Ended, RunState } from './run-state.ts';
import type { Event } from './turn.ts';

export interface ComputationOptions {
	/** Ms since the epoch. */
	readonly now: number;
	readonly handlers: ReadonlyMap<Callable, Callable>;
	/** Prefix of the keys of this run and lineage. */
	readonly keys: string;
	readonly nonce: string;
	readonly door: Door;
}

type EffectSettled = Extract<Event, { type: 'effectSettled' }>;

/** What the step that is running asked for, besides the value it returns: a frame to enter, or to wait for what is pending. */
type Asked = Frame | 'parked' | null;

/** Reason of the `CancelledError` that ends what is left when the root has ended. */
const RUN_OVER = 'the run is over';

/**
 * One turn of a run: from an event to the moment when every fiber is parked.
 *
 * Owns: the jobs of the turn and what it will ask of the driver. Called by: `Machine.apply`, then by
 * emitted code (the helpers), the primitives and the promises of the run.
 * C1: jobs run in the order they were added, and only here.
 * C2: what was rejected and handled by nobody when the jobs are done fails the run.
 */
export class Computation implements TurnHost {
	readonly log: LogRecord[] = [];
	readonly dispatch: EffectCall[] = [];
	readonly abort: string[] = [];
	readonly watch: { key: string; promise: PromiseLike<unknown> }[] = [];
	readonly told: DurablePromise[] = [];
	readonly #state: RunState;
	readonly #options: ComputationOptions;
	readonly #jobs = new Jobs();
	readonly #unhandled = new Set<DurablePromise>();
	/** The fiber that steps; null in a reaction of a promise before any has. */
	#fiber: Fiber | null = null;
	#asked: Asked = null;
	/** Fibers that ran in this turn. */
	readonly #ran: Fiber[] = [];
	/** First values of thunks made since the last issue: what may be made again instead of saved. */
	#recipes = new Map<unknown, Thunk>();
	/** Promises made by a call whose place is not known yet. */
	#unplaced = new Map<DurablePromise, Savable>();

	constructor(state: RunState, options: ComputationOptions) {
		this.#state = state;
		this.#options = options;
	}

	compute(event: Event): void {
		if (event.type === 'timerFired') this.#fireDue();
		else this.#deliver(event);
		this.#drain();
		this.#close();
		this.#count();
	}

	#drain(): void {
		const jobs = this.#jobs;
		for (let job = jobs.take(); job !== undefined; job = jobs.take()) {
			if (typeof job === 'function') job();
			else {
				const { mode, sent } = job;
				job.sent = undefined;
				this.#step(job, mode, sent, true);
			}
		}
	}

	/** A fiber goes on, in a job of its own. */
	#ready(fiber: Fiber, mode: Mode, sent: unknown): void {
		fiber.mode = mode;
		fiber.sent = sent;
		this.#jobs.add(fiber);
	}

	/** Each timer with what it sets off before the next, in the order of their times: as a host fires them. */
	#fireDue(): void {
		for (const pending of this.#state.pending.due(this.#options.now)) {
			if (!this.#state.pending.has(pending.key)) continue;
			this.#fire(pending);
			this.#drain();
		}
	}

	/** What the end of a turn decides. */
	#close(): void {
		const state = this.#state;
		state.ended = this.#ending();
		if (state.ended === null) return;
		this.dispatch.length = 0;
		for (const pending of state.pending.values()) {
			if (pending.kind !== 'native') this.#record(pending, 'discarded', null, null);
		}
		state.pending.clear();
		if (state.ended.status === 'failed') return;
		for (const [name, payloads] of state.messages) {
			for (const payload of payloads) this.log.push(leftOver(state, name, payload, this.#options.now));
		}
	}

	/** Brings up to date what is known of the fibers that ran. */
	#count(): void {
		const { fibers, census } = this.#state;
		for (const fiber of this.#ran) {
			fiber.ran = false;
			// The next one that drives an async generator has the number of the last.
			if (fibers.get(fiber.id) !== fiber) census.drop(fiber);
			else {
				census.note(fiber);
				this.touch(fiber);
			}
		}
	}

	/** How the run ends with this turn; null while it goes on. */
	#ending(): Ended | null {
		const { result, fibers, pending } = this.#state;
		const [unhandled] = this.#unhandled;
		if (unhandled !== undefined && result === null) return { status: 'failed', outcome: unhandled.value };
		if (result?.status === 'failed') return result;
		// What this turn issued is dispatched before the run is over: one more turn, at once.
		if (result !== null && fibers.size === 0) return this.dispatch.length === 0 ? result : null;
		this.#dropLostWaits();
		if (!pending.busy) this.#awaitOutside();
		if (pending.size > 0) return null;
		return result ?? { status: 'failed', outcome: this.#deadlock() };
	}

	/** What nothing in the run can settle, but foreign code that was given a resolver: the run waits for that, and cannot be saved. */
	#awaitOutside(): void {
		const { promises } = this.door;
		if (promises.size === 0) return;
		const { fibers, pending } = this.#state;
		const reached = reaches(fibers.values(), pending.values());
		const own = resolvable(fibers.values(), pending.values());
		for (const promise of promises) {
			if (promise.state !== 'pending') promises.delete(promise);
			else if (!own.has(promise) && reached(promise)) {
				this.#park({ kind: 'native', key: this.#nextKey(), target: promise, promise: promise as never });
			}
		}
	}

	#deadlock(): DeadlockError {
		const points = [...this.#state.fibers.values()].map(({ top }) => {
			const point = top === null ? undefined : pointOf(top);
			return point === undefined ? 'its end' : atOf(top!.def, point.at);
		});
		return new DeadlockError({ runId: this.#state.runId, points });
	}

	/** A wait that nothing can reach any more (a lost race) takes no answer and no message. */
	#dropLostWaits(): void {
		const { fibers, pending } = this.#state;
		if (!pending.promised) return;
		const reached = reaches(fibers.values(), pending.values());
		for (const wait of [...pending.waits.values()]) {
			if (!(wait.target instanceof DurablePromise) || reached(wait.target)) continue;
			pending.delete(wait.key);
			this.#record(wait, 'discarded', null, null);
		}
	}

	// --- events

	#deliver(event: Exclude<Event, { type: 'timerFired' }>): void {
		const state = this.#state;
		switch (event.type) {
			case 'started':
				this.#ready(state.fibers.get(0)!, 0, undefined);
				return;
			case 'effectSettled': {
				const pending = state.pending.get(event.key);
				if (pending?.kind === 'effect') this.#settleEffect(pending, event);
				return;
			}
			case 'nativeSettled': {
				const pending = state.pending.get(event.key);
				if (pending?.kind === 'native') this.#give(pending, event.ok, event.value);
				return;
			}
			case 'promiseSettled': {
				const { promise, ok, value } = event;
				if (promise.state !== 'pending') return;
				for (const native of state.pending.natives) if (native.target === promise) state.pending.delete(native.key);
				if (ok) resolve(promise, value);
				else reject(promise, value);
				return;
			}
			case 'received': {
				const payload = capture([event.payload]);
				for (const wait of state.pending.waits.values()) {
					if (wait.message !== event.name) continue;
					this.#settle(wait, true, payload);
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
				if (state.cancel === null) this.#cancel(release(capture([event.reason]))[0]);
				return;
		}
	}

	#settleEffect(pending: PendingEffect, { ok, value, copy }: EffectSettled): void {
		const kept = copy === undefined ? captureOutcome(value) : copy;
		this.#record(pending, 'executed', ok, kept);
		// A result that cannot be kept enters the run as it is; the turn can be saved only if nothing holds it.
		const outcome = kept === null ? value : release(kept)[0];
		if (pending.graceAt === null) this.#give(pending, ok, outcome);
		else this.#giveCancelled(pending, ok ? { value: outcome } : { error: outcome });
	}

	#settle(pending: Savable, ok: boolean, copy: Copied): void {
		this.#record(pending, 'executed', ok, copy);
		this.#give(pending, ok, release(copy)[0]);
	}

	#fire(pending: Pending): void {
		switch (pending.kind) {
			case 'sleep':
				this.#settle(pending, true, capture([undefined]));
				return;
			case 'effect':
				this.#record(pending, 'discarded', null, null);
				this.#giveCancelled(pending, 'unknown');
				return;
			case 'suspend':
			case 'receive': {
				if (pending.otherwise !== null) {
					// It never left the run: no copy, or it would lose its identity.
					this.#record(pending, 'executed', true, captureOutcome(pending.otherwise[0]));
					this.#give(pending, true, pending.otherwise[0]);
					return;
				}
				const what = pending.kind === 'suspend' ? `the answer at ${pending.at}` : `the message '${pending.message}'`;
				const error = new TimeoutError({ what, timeout: `${pending.limit! - pending.since} ms` });
				this.#settle(pending, false, capture([error]));
				return;
			}
		}
	}

	/** Hands an outcome to whoever it is for. */
	#give({ key, target }: Pending, ok: boolean, value: unknown): void {
		this.#state.pending.delete(key);
		if (target instanceof DurablePromise) {
			if (ok) resolve(target, value);
			else reject(target, value);
			return;
		}
		target.wait = null;
		this.#ready(target, ok ? 0 : 1, value);
	}

	// --- cancellation

	#cancel(reason: unknown): void {
		const state = this.#state;
		state.cancel = [reason];
		for (const pending of [...state.pending.values()]) {
			if (pending.kind !== 'effect' || isSpared(state, pending)) continue;
			if (pending.flying) {
				this.abort.push(pending.key);
				state.pending.limit(pending, this.#options.now + CANCEL_GRACE);
				continue;
			}
			this.#record(pending, 'discarded', null, null);
			this.#giveCancelled(pending, 'unknown');
		}
		const effects = effectsByPromise(state);
		for (const fiber of [...state.fibers.values()]) this.#interrupt(fiber, effects);
	}

	#interrupt(fiber: Fiber, effects: ReadonlyMap<DurablePromise, PendingEffect>): void {
		const { wait } = fiber;
		// One that awaits an effect hears of it when that has settled, or its grace has passed.
		if (wait === null || isShielded(fiber) || awaitedEffect(effects, fiber) !== null) return;
		if (wait instanceof FiberReaction) {
			wait.fiber = null;
			wait.promise.reactions = wait.promise.reactions.filter((other) => other !== wait);
			this.touch(wait);
			this.touch(wait.promise);
			fiber.wait = null;
			this.#ready(fiber, 1, new CancelledError({ reason: this.#state.cancel![0] }));
			return;
		}
		if (wait.kind !== 'native') this.#record(wait, 'discarded', null, null);
		this.#giveCancelled(wait);
	}

	/** `outcome`: of the effect that it waited for. */
	#giveCancelled(pending: Pending, outcome: CancelledEffect['outcome'] = 'unknown'): void {
		const reason = this.#state.cancel![0];
		const effect = pending.kind === 'effect' ? { effect: { name: pending.name, key: pending.key, outcome } } : {};
		// Nobody has to ask for it.
		if (pending.target instanceof DurablePromise) pending.target.handled = true;
		this.#give(pending, false, new CancelledError({ reason, ...effect }));
	}

	/** Does a suspension point that a frame has come to throw the run's cancellation? `shield`: the frames that may stop it. */
	#cancelledAt(shield: Frame | null): boolean {
		return this.#state.cancel !== null && !isShielded(this.#fiber!, shield);
	}

	#cancellation(frame: Frame): CancelledError {
		insist(frame);
		return new CancelledError({ reason: this.#state.cancel![0] });
	}

	isCancellation(error: unknown): boolean {
		return this.#state.cancel !== null && CancelledError.is(error);
	}

	// --- stepping

	/** `alone`: nothing is left to be done of the job that this is, so that the next job may go on in its place. */
	#step(fiber: Fiber, mode: Mode, value: unknown, alone = false): void {
		if (this.#state.result?.status === 'failed') return;
		if (!fiber.ran) {
			fiber.ran = true;
			this.#ran.push(fiber);
		}
		let frame = fiber.top;
		let input: Mode = mode;
		let sent = value;
		for (;;) {
			if (frame === null) {
				this.#finish(fiber, input === 0, sent);
				return;
			}
			this.#fiber = fiber;
			this.#asked = null;
			let out: unknown;
			if (input === 1) tellChain(sent, frame, fiber);
			try {
				if (frame.cold) warm(frame);
				out = frame.def.step!(frame, input, sent);
				if (frame.cancelled !== null) frame.cancelled.cleaning = false;
			} catch (error) {
				fiber.top = frame.parent;
				if (error !== sent) tellChain(error, fiber.top, fiber);
				// The frame below hears of it a tick later; a promise is rejected at once.
				if (fiber.top === null) this.#finish(fiber, false, error);
				else this.#ready(fiber, 1, error);
				return;
			}
			if (frame.done) fiber.top = frame.parent;
			const asked = this.#asked as Asked;
			if (asked === null) {
				if (fiber.generator !== null && out instanceof Yielded) {
					const next = completeYield(fiber.generator, out.value);
					if (next === null) {
						this.#state.fibers.delete(fiber.id);
						return;
					}
					input = next.mode;
					sent = next.value;
					continue;
				}
				if (!frame.done && this.#cancelledAt(frame)) {
					this.#ready(fiber, 1, this.#cancellation(frame));
					return;
				}
				if (!(frame.done ? this.#complete(fiber, out) : this.#await(fiber, out, false))) return;
				// The job that it goes on in is the next one: gone through the queue, a durable call would cost a fifth more.
				if (!alone || !this.#jobs.empty) {
					this.#ready(fiber, 0, out);
					return;
				}
				frame = fiber.top;
				input = 0;
				sent = out;
				continue;
			}
			if (asked === 'parked') return;
			// A durable call: entered in the same tick, as JavaScript does.
			asked.parent = frame.done ? frame.parent : frame;
			fiber.top = frame = asked;
			input = 0;
			sent = undefined;
		}
	}

	/** The innermost frame has returned. Does the fiber go on with the value in its next job? */
	#complete(fiber: Fiber, value: unknown): boolean {
		const isRoot = fiber.promise === null && fiber.generator === null;
		if (fiber.top !== null || (isRoot && isThenable(value))) return this.#await(fiber, value, true);
		this.#finish(fiber, true, value);
		return false;
	}

	/** Waits for what there is to wait for. If nothing, the fiber goes on with the value in its next job. */
	#await(fiber: Fiber, value: unknown, returned: boolean): boolean {
		if (value instanceof DurablePromise) {
			const reaction = new FiberReaction(value, fiber, returned);
			fiber.wait = reaction;
			// `return promise` resolves with a thenable: a job of its own (27.2.2.2).
			if (returned) this.job(() => subscribe(value, reaction));
			else subscribe(value, reaction);
			return false;
		}
		let then: unknown;
		try {
			then = thenOf(value);
		} catch (error) {
			this.#ready(fiber, 1, error);
			return false;
		}
		if (typeof then !== 'function') return true;
		if (isOfRun(then)) {
			const promise = new DurablePromise();
			resolveByThen(promise, value, then as Callable);
			return this.#await(fiber, promise, false);
		}
		const pending: Pending = {
			kind: 'native',
			key: this.#nextKey(),
			target: fiber,
			promise: value as PromiseLike<unknown>,
		};
		this.#park(pending);
		this.watch.push({ key: pending.key, promise: pending.promise });
		return false;
	}

	resume(fiber: Fiber, ok: boolean, value: unknown, returned: boolean): void {
		fiber.wait = null;
		if (returned) this.#ready(fiber, ok ? 0 : 1, value);
		else this.#step(fiber, ok ? 0 : 1, value);
	}

	#park(pending: Pending): void {
		this.#state.pending.set(pending.key, pending);
		if (pending.target instanceof Fiber) pending.target.wait = pending;
	}

	#finish(fiber: Fiber, ok: boolean, value: unknown): void {
		const state = this.#state;
		state.fibers.delete(fiber.id);
		if (fiber.generator !== null) {
			completeBody(fiber.generator, ok, value);
			return;
		}
		if (fiber.promise !== null) {
			if (!ok && this.isCancellation(value)) fiber.promise.handled = true;
			if (ok) resolve(fiber.promise, value);
			else reject(fiber.promise, value);
			return;
		}
		if (ok) state.result = { status: 'completed', outcome: value };
		else if (this.isCancellation(value)) state.result = { status: 'cancelled', outcome: state.cancel![0] };
		else state.result = { status: 'failed', outcome: value };
		// When the root fails all is frozen as it is; otherwise what is left is cleaned up.
		if (state.result.status === 'failed' || state.fibers.size === 0) return;
		if (state.cancel === null) this.#cancel(RUN_OVER);
	}

	// --- jobs and promises

	job(run: () => void): void {
		this.#jobs.add(run);
	}

	touch(value: object): void {
		this.#state.touch(value);
	}

	settled(promise: DurablePromise): void {
		if (hasListeners(promise)) this.told.push(promise);
	}

	unhandled(promise: DurablePromise): void {
		this.#unhandled.add(promise);
	}

	handled(promise: DurablePromise): void {
		this.#unhandled.delete(promise);
	}

	adopt(promise: DurablePromise, thenable: PromiseLike<unknown>): void {
		const key = this.#nextKey();
		this.#park({ kind: 'native', key, target: promise, promise: thenable });
		this.watch.push({ key, promise: thenable });
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
		const { def } = frame;
		if (typeof callee !== 'function') throw new TypeError(`${def.sites![site]!.name} is not a function`);
		if (this.#cancelledAt(shield)) throw this.#cancellation(frame);
		const definition = definitionOf(callee);
		if (definition !== undefined) {
			const inTurn = definition.step === undefined || definition.generator !== undefined;
			if (inTurn) return Reflect.apply(callee, self, args);
			this.#asked = new Frame(definition, self, args, environmentOf(callee));
			return undefined;
		}
		const primitive = primitiveOf(callee);
		if (primitive !== undefined) this.#primitive(primitive, args, this.#fiber!, def, def.sites![site]!);
		else if (isIntrinsic(callee) || constructsInTurn(callee, self)) {
			return callBuiltIn(callee as Callable, self, args);
		} else {
			const issue = { fn: callee as Callable, self, key, args, rest: [] };
			this.#issue(def, def.sites![site]!, this.#fiber!, issue);
		}
		this.#asked = 'parked';
		return undefined;
	}

	awaited(frame: Frame, callee: Callable, self: unknown, args: unknown[]): unknown {
		if (this.#cancelledAt(frame)) throw this.#cancellation(frame);
		const definition = definitionOf(callee);
		if (definition?.step === undefined || definition.generator !== undefined) return Reflect.apply(callee, self, args);
		this.#asked = new Frame(definition, self, args, environmentOf(callee));
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
		const issue = { fn: callee as Callable, self, key, args, rest };
		this.#issue(frame.def, frame.def.sites![site]!, this.#fiber!, issue);
		this.#asked = 'parked';
		return undefined;
	}

	tail(frame: Frame, site: number, callee: unknown, self: unknown, args: unknown[], key?: unknown): unknown {
		// The frame goes before the call begins, and `frame.pc` still names the point it was last parked at.
		const out = this.#call(frame, frame.parent, site, callee, self, args, key);
		frame.done = true;
		return out;
	}

	begin(
		owner: Frame | FunctionDef,
		site: number,
		callee: unknown,
		self: unknown,
		args: unknown[],
		key?: unknown,
	): unknown {
		const code = owner instanceof Frame ? owner.def : owner;
		const def = code.sites![site]!;
		if (typeof callee !== 'function') throw new TypeError(`${def.name} is not a function`);
		const primitive = primitiveOf(callee);
		if (primitive !== undefined) return this.#promised((target) => this.#primitive(primitive, args, target, code, def));
		if (!isForeign(callee) || constructsInTurn(callee, self)) return callBuiltIn(callee as Callable, self, args);
		const issue = { fn: callee as Callable, self, key, args, rest: [] };
		return this.#promised((target) => this.#issue(code, def, target, issue));
	}

	started(
		owner: Frame | FunctionDef,
		site: number,
		value: unknown,
		given: unknown,
		self: unknown,
		args: unknown[],
		key?: unknown,
	): unknown {
		const code = owner instanceof Frame ? owner.def : owner;
		const def = code.sites![site]!;
		if (value instanceof DurablePromise) {
			this.#place(value, code, def);
			return value;
		}
		const callee = given === undefined && def.key !== undefined ? methodOf(self, key ?? def.key) : given;
		if (!(value instanceof Promise)) return savable(value, callee, self, args);
		if (!isForeign(callee)) return value;
		return this.#running(code, def, value, { fn: callee as Callable, self, key, args });
	}

	enter(def: FunctionDef, self: unknown, args: ArrayLike<unknown>, env: readonly unknown[]): DurablePromise {
		const promise = new DurablePromise();
		const frame = new Frame(def, self, Array.from(args), env);
		this.#start(new Fiber(++this.#state.fiber, frame, promise, this.#isCleaning()), 0, undefined);
		return promise;
	}

	drive(generator: AsyncGeneratorState, mode: Mode, value: unknown): void {
		generator.warm = null;
		const { fibers, fiber } = this.#state;
		// Its own number again, if that is one of this run's.
		if (generator.fiber === 0 || generator.fiber > fiber || fibers.has(generator.fiber)) {
			generator.fiber = ++this.#state.fiber;
		}
		const frame = generator.frame as Frame;
		this.#start(new Fiber(generator.fiber, frame, null, this.#isCleaning(), generator), mode, value);
	}

	/** Is what starts now clean-up after a cancellation? Then that does not reach it. */
	#isCleaning(): boolean {
		const starter = this.#fiber;
		if (this.#state.cancel === null || starter === null) return false;
		return starter.top?.cancelled?.cleaning === true || isShielded(starter);
	}

	/** A fiber begins within the step of another. */
	#start(fiber: Fiber, mode: Mode, value: unknown): void {
		const [starter, asked] = [this.#fiber, this.#asked];
		this.#state.fibers.set(fiber.id, fiber);
		this.#step(fiber, mode, value);
		this.#fiber = starter;
		this.#asked = asked;
	}

	primitive(name: string, args: readonly unknown[]): DurablePromise {
		const code = this.#fiber?.top?.def ?? null;
		const promise = new DurablePromise();
		const pending = this.#primitive(name, args, promise, code, { id: '', at: code?.at ?? [1, 1], name });
		this.#unplaced.set(promise, pending);
		return promise;
	}

	lazy(value: unknown, def: FunctionDef, operands: readonly unknown[], callee: unknown): unknown {
		if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return value;
		if (callee === undefined || isForeign(callee)) {
			this.#recipes.set(value, new Thunk(def, operands, value));
			return value;
		}
		if (!(value instanceof Promise) || value instanceof DurablePromise) return value;
		// No effect is called with it: what has started is one itself, whose later attempts are the thunk.
		return this.#running(def, siteOfThunk(def), value, {
			fn: def.make as Callable,
			self: undefined,
			key: undefined,
			args: operands,
		});
	}

	/** The promise of a call that runs already. Nobody else may hear of its rejection before the turn is durable. */
	#running(
		code: FunctionDef,
		site: SiteDef,
		running: Promise<unknown>,
		called: Omit<Issue, 'rest' | 'running'>,
	): DurablePromise {
		running.then(undefined, () => {});
		return this.#promised((target) => this.#issue(code, site, target, { ...called, rest: [], running }));
	}

	get door(): Door {
		return this.#options.door;
	}

	get run(): { readonly id: string; readonly functionId: string; readonly startedAt: Date } {
		const { runId: id, functionId, startedAt } = this.#state;
		return { id, functionId, startedAt: new Date(startedAt) };
	}

	setProgress(value: unknown): void {
		this.#state.progress = release(capture([value], { names: ['progress'] }))[0];
	}

	#promised(make: (target: DurablePromise) => Pending): DurablePromise {
		const promise = new DurablePromise();
		make(promise);
		return promise;
	}

	/** A promise that a primitive called anywhere has given is now known by the place of that call. */
	#place(promise: DurablePromise, code: FunctionDef, site: SiteDef): void {
		const pending = this.#unplaced.get(promise);
		if (pending === undefined) return;
		this.#unplaced.delete(promise);
		pending.where = callSite(code, site, pending.name);
		this.touch(pending);
		this.#record(pending, 'started', null, null);
	}

	#issue(code: FunctionDef, site: SiteDef, target: Target, issue: Issue): PendingEffect {
		const shape = shapeOf(site, issue);
		const { operands, firsts } = copyOperands(site, issue, shape, this.#recipes, atOf(code, site.at));
		const issued = this.#issued(code, site, target, site.name);
		const pending = new PendingEffect(issued, operands, shape.args, shape.rest);
		if (issue.running !== undefined) pending.key += `-${this.#options.nonce}`;
		pending.flying = true;
		pending.hot = { self: issue.self, fn: issue.fn, def: site, firsts, running: issue.running };
		this.#recipes.clear();
		this.#park(pending);
		this.#record(pending, 'started', null, null);
		this.dispatch.push(callOf(pending, this.#state.runId, this.#options.handlers));
		return pending;
	}

	#primitive(name: string, args: readonly unknown[], target: Target, code: FunctionDef | null, site: SiteDef): Savable {
		const made = primitives[name]!(args, this.#options.now);
		const issued = this.#issued(code, site, target, name);
		let pending: Savable;
		if (made.kind === 'sleep') pending = new PendingSleep(issued, made.until);
		else pending = new PendingWait(issued, { ...made, value: handedOut(made.value, issued.where.at) });
		this.#park(pending);
		this.#record(pending, 'started', null, null);
		if (pending.kind === 'receive') this.#takeBuffered(pending);
		return pending;
	}

	#takeBuffered(pending: PendingWait): void {
		const { messages } = this.#state;
		const buffered = messages.get(pending.message!);
		const payload = buffered?.shift();
		if (payload === undefined) return;
		if (buffered!.length === 0) messages.delete(pending.message!);
		this.#settle(pending, true, payload);
	}

	#issued(code: FunctionDef | null, site: SiteDef, target: Target, name: string): IssueFacts {
		const state = this.#state;
		return {
			key: this.#nextKey(),
			target,
			by: this.#fiber?.id ?? 0,
			seq: ++state.seq,
			where: callSite(code, site, name),
			since: this.#options.now,
			mark: state.mark,
		};
	}

	#nextKey(): string {
		return `${this.#options.keys}-${(++this.#state.issue).toString(36)}`;
	}

	#record(pending: Savable, state: LogRecord['state'], ok: boolean | null, outcome: Copied | null): void {
		const settledSeq = state === 'executed' ? ++this.#state.settled : null;
		this.log.push(recordOf(pending, { state, ok, outcome, settledSeq, now: this.#options.now }));
	}
}

/** Not in `#step` itself: a variable that a closure captures lives in the heap, there for every step. */
function tellChain(error: unknown, top: Frame | null, fiber: Fiber): void {
	extendStack(error, () => awaitChain(top, fiber));
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
	return typeof thenOf(value) === 'function';
}

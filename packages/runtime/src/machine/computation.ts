import type { FunctionDef, Mode, SiteDef } from '@perdure/abi';
import { CancelledError } from '../errors/run.ts';
import { asyncGeneratorStateOf, throwInto } from '../language/async-generator.ts';
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
import { effectFunction } from '../registry/effects.ts';
import { definitionOf, environmentOf } from '../registry/functions.ts';
import type { Callable, ChainArguments, TurnHost } from '../registry/shared.ts';
import { awaitChain } from './await-chain.ts';
import { callBuiltIn, constructsInTurn, isForeign, isIntrinsic, methodOf, primitiveOf } from './callee.ts';
import { insist, isShielded } from './cancellation.ts';
import { closeTurn } from './closing.ts';
import { capture, release } from './copy.ts';
import { Delivery } from './delivery.ts';
import type { Door } from './door.ts';
import { callOf, followLinks, type Issue, siteOfThunk } from './effect.ts';
import type { EffectCall } from './effect-call.ts';
import { Fiber, FiberReaction } from './fiber.ts';
import { Frame } from './frame.ts';
import { Issuing, type StartArguments, type TurnOptions } from './issuing.ts';
import { Jobs, ready } from './jobs.ts';
import { Thunk } from './kinds.ts';
import type { LogItem } from './log.ts';
import type { LogScopes } from './log-scopes.ts';
import { type CallSite, callSite, type Done, type PendingEffect, type Savable, type Target } from './pending.ts';
import { type ImmediateName, isImmediate } from './primitive.ts';
import { warm } from './restore.ts';
import { isEnding, type RunState } from './run-state.ts';
import type { Event, LoggedOutcome, Turn } from './turn.ts';

/**
 * What the step that is running asked for, besides the value it returns: a frame to enter, to wait for what is
 * pending, or to wait for clean-up that is the value although the run is cancelled.
 */
type Asked = Frame | 'parked' | 'clean-up' | null;

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
	/** Promises that have settled while foreign code waits for them. */
	readonly told: DurablePromise[] = [];
	readonly #state: RunState;
	readonly #options: TurnOptions;
	readonly #jobs: Jobs = new Jobs();
	readonly #issuing: Issuing;
	readonly #delivery: Delivery;
	readonly #scopes: LogScopes;
	/** The place of a durable call that is made now; null where that is not known. */
	#calling: CallSite | null = null;
	readonly #unhandled = new Set<DurablePromise>();
	/** The fiber that steps; null in a reaction of a promise before any has. */
	#fiber: Fiber | null = null;
	#asked: Asked = null;
	/** Fibers that ran in this turn. */
	readonly #ran: Fiber[] = [];
	/** What the fiber that steps has begun, in a cancelled run, since its place was last known. */
	#begun: (Fiber | PendingEffect)[] = [];

	constructor(state: RunState, options: TurnOptions) {
		this.#state = state;
		this.#options = options;
		this.#issuing = new Issuing(state, options);
		this.#scopes = this.#issuing.scopes;
		this.#delivery = new Delivery(state, options.now, this.#jobs, this.#issuing);
	}

	get log(): readonly LogItem[] {
		return this.#issuing.log;
	}

	get marked(): string | null {
		return this.#issuing.marked;
	}

	/** In the order of their issue, as after a restore. */
	get dispatch(): readonly EffectCall[] {
		const { runId } = this.#state;
		const { dispatch } = this.#issuing;
		if (dispatch.length > 1) dispatch.sort((a, b) => a.seq - b.seq);
		return dispatch.map((pending) => callOf(pending, runId, this.#options.handlers));
	}

	get emitted(): Turn['emitted'] {
		return this.#issuing.emitted;
	}

	get starts(): Turn['starts'] {
		return this.#issuing.starts;
	}

	get awaits(): Turn['awaits'] {
		return this.#issuing.awaits;
	}

	get watch(): Turn['watch'] {
		return this.#issuing.watch;
	}

	get abort(): readonly string[] {
		return this.#delivery.abort;
	}

	compute(event: Event): void {
		if (this.#state.ended !== null) return;
		if (event.type === 'timerFired') {
			if (isEnding(this.#state)) this.#cleanUp();
			this.#fireDue();
		} else if (event.type === 'logged') this.#replay(event.outcomes);
		else this.#delivery.deliver(event);
		this.#drain();
		if (this.#state.result?.status !== 'failed') {
			for (const fiber of this.#ran) if (this.#state.fibers.get(fiber.id) === fiber) this.#scopes.parks(fiber);
		}
		closeTurn(this.#state, {
			issuing: this.#issuing,
			door: this.door,
			now: this.#options.now,
			unhandled: this.#unhandled,
		});
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

	/** Each timer with what it sets off before the next, in the order of their times: as a host fires them. */
	#fireDue(): void {
		for (const pending of this.#state.pending.due(this.#options.now)) {
			if (!this.#state.pending.has(pending.key)) continue;
			this.#delivery.fire(pending);
			this.#drain();
		}
	}

	#replay(outcomes: readonly LoggedOutcome[]): void {
		for (const outcome of outcomes) {
			const pending = this.#state.pending.get(outcome.key);
			if (pending === undefined || pending.kind === 'native') continue;
			this.#delivery.logged(pending, outcome);
			this.#drain();
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

	/** Does a suspension point that a frame has come to throw the run's cancellation? `shield`: the frames that may stop it. */
	#cancelledAt(shield: Frame | null): boolean {
		if (this.#state.cancel === null) return false;
		const cancelled = !isShielded(this.#fiber!, shield);
		this.#placed(cancelled);
		return cancelled;
	}

	/**
	 * Only at its suspension points is it known where a frame is: what it has begun since the last one may have
	 * begun in clean-up or behind it. In clean-up that goes on; behind it, where a cancelled run begins nothing, it
	 * is taken back.
	 */
	#placed(cancelled: boolean): void {
		const begun = this.#begun;
		if (begun.length === 0) return;
		this.#begun = [];
		if (cancelled) this.#delivery.withdraw(begun);
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
		if (fiber.ending !== null) this.#scopes.ended(fiber, mode !== 1, value);
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
				if (frame.log !== null) this.#scopes.threw(frame, error);
				if (this.#begun.length > 0) this.#placed(!this.isCancellation(error) && !isShielded(fiber));
				if (error !== sent) tellChain(error, fiber.top, fiber);
				// The frame below hears of it a tick later; a promise is rejected at once.
				if (fiber.top === null) this.#finish(fiber, false, error);
				else ready(this.#jobs, fiber, 1, error);
				return;
			}
			if (frame.done) {
				fiber.top = frame.parent;
				if (this.#begun.length > 0) this.#placed(!isShielded(fiber));
			}
			const asked = this.#asked as Asked;
			if (asked === null) {
				if (fiber.generator !== null && out instanceof Yielded) {
					if (this.#begun.length > 0) this.#placed(!isShielded(fiber));
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
					ready(this.#jobs, fiber, 1, this.#cancellation(frame));
					return;
				}
				if (frame.done && frame.log !== null) this.#scopes.returned(fiber, frame, out);
				if (!(frame.done ? this.#complete(fiber, out) : this.#await(fiber, out, false))) return;
				// The job that it goes on in is the next one: gone through the queue, a durable call would cost a fifth more.
				if (!alone || !this.#jobs.empty) {
					ready(this.#jobs, fiber, 0, out);
					return;
				}
				frame = fiber.top;
				input = 0;
				sent = out;
				continue;
			}
			if (asked === 'parked') {
				if (frame.done && frame.log !== null) this.#scopes.waits(fiber, frame);
				return;
			}
			if (asked === 'clean-up') {
				this.#await(fiber, out, false);
				return;
			}
			// A durable call: entered in the same tick, as JavaScript does.
			if (frame.done) {
				this.#calling = null;
				this.#scopes.replaced(fiber, frame, asked);
			} else if (this.#scopes.calls) this.#called(fiber, frame, asked);
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
			ready(this.#jobs, fiber, 1, error);
			return false;
		}
		if (typeof then !== 'function') return true;
		if (isOfRun(then)) {
			const promise = new DurablePromise();
			resolveByThen(promise, value, then as Callable);
			return this.#await(fiber, promise, false);
		}
		this.#issuing.native(fiber, value as PromiseLike<unknown>, true);
		return false;
	}

	resume(fiber: Fiber, ok: boolean, value: unknown, returned: boolean): void {
		fiber.wait = null;
		if (returned) ready(this.#jobs, fiber, ok ? 0 : 1, value);
		else this.#step(fiber, ok ? 0 : 1, value);
	}

	#finish(fiber: Fiber, ok: boolean, value: unknown): void {
		const state = this.#state;
		state.fibers.delete(fiber.id);
		this.#scopes.finished(fiber);
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
		// When the root fails all is frozen as it is; otherwise what is left is cleaned up, once what this turn has
		// issued is dispatched.
		if (state.result.status !== 'failed' && this.#issuing.dispatch.length === 0) this.#cleanUp();
	}

	/** The root has ended: what is left of the run is cancelled. */
	#cleanUp(): void {
		const { fibers, cancel } = this.#state;
		if (fibers.size > 0 && cancel === null) this.#delivery.cancel(RUN_OVER);
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
		this.#issuing.native(promise, thenable, true);
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
			if (this.#scopes.calls) this.#calling = callSite(def, def.sites![site]!);
			this.#asked = new Frame(definition, self, args, environmentOf(callee));
			return undefined;
		}
		const primitive = primitiveOf(callee);
		if (primitive !== undefined) {
			const by = def.sites![site]!;
			if (isImmediate(primitive)) return this.#immediate(def, by, primitive, args).value;
			this.#primitive(def, by, this.#fiber!, primitive, primitive === 'result' ? [self, ...args] : args);
		} else if (isIntrinsic(callee) || constructsInTurn(callee, self)) {
			return callBuiltIn(callee as Callable, self, args);
		} else {
			const issue = { fn: callee as Callable, self, key, args, rest: [] };
			this.#effect(def, def.sites![site]!, this.#fiber!, issue);
		}
		this.#asked = 'parked';
		return undefined;
	}

	awaited(frame: Frame, callee: Callable, self: unknown, args: unknown[]): unknown {
		if (this.#cancelledAt(frame)) return this.#abandon(self, this.#cancellation(frame));
		const definition = definitionOf(callee);
		if (definition?.step === undefined || definition.generator !== undefined) return Reflect.apply(callee, self, args);
		this.#asked = new Frame(definition, self, args, environmentOf(callee));
		return undefined;
	}

	/**
	 * An iterator would have been asked for more. A generator of the run that stands at a `yield` has no fiber to
	 * throw the cancellation in: it is thrown there, and the loop hears of it when that clean-up is done.
	 */
	#abandon(iterator: unknown, cancellation: CancelledError): unknown {
		if (asyncGeneratorStateOf(iterator)?.state !== 'suspended') throw cancellation;
		const cleaned = throwInto(iterator, cancellation);
		this.#begun = [];
		this.#asked = 'clean-up';
		return cleaned;
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
		const def = frame.def.sites![site]!;
		const declared = effectFunction(callee);
		if (declared !== undefined) {
			// It is an effect by itself, and the links are of the turn: methods of the promise that it gives.
			const first = { ...issue, rest: [], name: declared.name };
			const promise = this.#promised((target) => this.#effect(frame.def, def, target, first));
			return followLinks(promise, def, rest, (called, receiver, given) => Reflect.apply(called, receiver, given));
		}
		this.#effect(frame.def, def, this.#fiber!, issue);
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
		if (primitive !== undefined) {
			if (isImmediate(primitive)) return resolved(this.#immediate(code, def, primitive, args).value);
			const given = primitive === 'result' ? [self, ...args] : args;
			return this.#promised((target) => this.#primitive(code, def, target, primitive, given));
		}
		if (!isForeign(callee) || constructsInTurn(callee, self)) {
			if (definitionOf(callee) === undefined || !this.#scopes.calls) return callBuiltIn(callee as Callable, self, args);
			this.#calling = callSite(code, def);
			try {
				return callBuiltIn(callee as Callable, self, args);
			} finally {
				this.#calling = null;
			}
		}
		const issue = { fn: callee as Callable, self, key, args, rest: [] };
		return this.#promised((target) => this.#effect(code, def, target, issue));
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
		const callee = given === undefined && def.key !== undefined ? methodOf(self, key ?? def.key) : given;
		if (value instanceof DurablePromise) {
			this.#issuing.place(value, code, def, { fn: callee as Callable, self, key, args, rest: [] });
			return value;
		}
		if (!(value instanceof Promise)) return savable(value, callee, self, args);
		if (!isForeign(callee)) return value;
		return this.#running(code, def, value, { fn: callee as Callable, self, key, args });
	}

	enter(def: FunctionDef, self: unknown, args: ArrayLike<unknown>, env: readonly unknown[]): DurablePromise {
		const promise = new DurablePromise();
		const frame = new Frame(def, self, Array.from(args), env);
		const fiber = new Fiber(++this.#state.fiber, frame, promise, this.#isCleaning());
		if (this.#scopes.calls) this.#called(fiber, null, frame);
		this.#start(fiber, 0, undefined);
		return promise;
	}

	/** The entry of a call, where calls have entries. */
	#called(fiber: Fiber, caller: Frame | null, frame: Frame): void {
		const site = this.#calling;
		this.#calling = null;
		this.#scopes.called(fiber, caller, site, frame);
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
		const [starter, asked, begun] = [this.#fiber, this.#asked, this.#begun];
		this.#state.fibers.set(fiber.id, fiber);
		if (starter !== null) this.#noteBegun(fiber, starter);
		this.#begun = [];
		this.#step(fiber, mode, value);
		this.#fiber = starter;
		this.#asked = asked;
		this.#begun = begun;
	}

	/** Only the innermost frame of a fiber may not be where it was last parked. */
	#noteBegun(begun: Fiber | PendingEffect, by: Fiber): void {
		if (this.#state.cancel === null) return;
		if (begun instanceof Fiber) this.#delivery.starters.set(begun, by);
		if (!isShielded(by, by.top?.parent ?? null)) this.#begun.push(begun);
	}

	primitive(name: string, args: readonly unknown[]): DurablePromise {
		const code = this.#fiber?.top?.def ?? null;
		const site = { id: '', at: code?.at ?? [1, 1], name } as const;
		const promise = new DurablePromise();
		if (isImmediate(name)) {
			const done = this.#immediate(code, site, name, args);
			resolve(promise, done.value);
			this.#issuing.unplaced(promise, done);
		} else this.#issuing.unplaced(promise, this.#primitive(code, site, promise, name, args));
		return promise;
	}

	effect(fn: Callable, self: unknown, args: unknown[]): DurablePromise {
		const code = this.#fiber?.top?.def ?? null;
		const site = { id: '', at: code?.at ?? ([1, 1] as const), name: fn.name };
		const promise = new DurablePromise();
		const by = this.#fiber;
		const pending = this.#issuing.called({ code, site, by }, promise, { fn, self, key: undefined, args, rest: [] });
		if (by !== null) this.#noteBegun(pending, by);
		return promise;
	}

	lazy(value: unknown, def: FunctionDef, operands: readonly unknown[], callee: unknown): unknown {
		if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return value;
		if (callee === undefined || isForeign(callee)) {
			this.#issuing.recipe(new Thunk(def, operands, value));
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
		return this.#promised((target) => this.#effect(code, site, target, { ...called, rest: [], running }));
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

	#effect(code: FunctionDef, site: SiteDef, target: Target, issue: Issue): void {
		const by = this.#fiber;
		const pending = this.#issuing.effect({ code, site, by }, target, issue);
		if (by !== null && target instanceof DurablePromise) this.#noteBegun(pending, by);
	}

	#primitive(code: FunctionDef | null, site: SiteDef, target: Target, name: string, args: readonly unknown[]): Savable {
		const pending = this.#issuing.primitive({ code, site, by: this.#fiber }, target, name, args);
		const logged = this.#options.replay?.atOnce(pending) ?? null;
		if (logged !== null) this.#delivery.logged(pending, logged);
		else if (pending.kind === 'receive') this.#delivery.takeBuffered(pending);
		return pending;
	}

	#immediate(code: FunctionDef | null, site: SiteDef, name: ImmediateName, args: readonly unknown[]): Done {
		const caller = { code, site, by: this.#fiber };
		switch (name) {
			case 'emit':
				return this.#issuing.emit(caller, args[0]);
			case 'start':
				return this.#issuing.start(caller, args as unknown as StartArguments);
		}
	}

	#promised(make: (target: DurablePromise) => void): DurablePromise {
		const promise = new DurablePromise();
		make(promise);
		return promise;
	}
}

/** Not in `#step` itself: a variable that a closure captures lives in the heap, there for every step. */
function tellChain(error: unknown, top: Frame | null, fiber: Fiber): void {
	extendStack(error, () => awaitChain(top, fiber));
}

function resolved(value: unknown): DurablePromise {
	const promise = new DurablePromise();
	resolve(promise, value);
	return promise;
}

function isThenable(value: unknown): boolean {
	return typeof thenOf(value) === 'function';
}

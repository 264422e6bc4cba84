import type { FunctionDef, Mode, SiteDef } from '@perdure/abi';
import type { CancelledError } from '../errors/run.ts';
import { asyncGeneratorStateOf, throwInto } from '../language/async-generator.ts';
import type { AsyncGeneratorState } from '../language/async-generator-state.ts';
import { DurablePromise, hasListeners, isDurable, resolve } from '../language/durable-promise.ts';
import { savable } from '../language/native-iterators.ts';
import { effectFunction } from '../registry/effects.ts';
import { definitionOf, environmentOf } from '../registry/functions.ts';
import type { Owner } from '../registry/owner.ts';
import { primitiveOf } from '../registry/primitives.ts';
import type { Callable, ChainArguments, InPlace, TurnHost } from '../registry/shared.ts';
import { callBuiltIn, callsForeign, constructsInTurn, isForeign, methodOf } from './callee.ts';
import { capture, release } from './copy.ts';
import type { Delivery } from './delivery.ts';
import type { Door } from './door.ts';
import { type Called, callOfThunk, followLinks, type Issue } from './effect.ts';
import { Fiber } from './fiber.ts';
import { Frame } from './frame.ts';
import type { Issuing, StartArguments, TurnOptions } from './issuing.ts';
import type { Jobs } from './jobs.ts';
import type { LogScopes } from './log-scopes.ts';
import { callSite, type Done, type Savable, type Target } from './pending.ts';
import { type ImmediateName, isImmediate } from './primitive.ts';
import type { RunState } from './run-state.ts';
import { type Exchange, exchangeBy, standInNow } from './stand-in.ts';
import type { Stepping } from './stepping.ts';
import { MadeCall, Thunk } from './thunk-kinds.ts';

/** Who takes part in a turn. */
export interface TurnParts {
	readonly jobs: Jobs;
	readonly issuing: Issuing;
	readonly delivery: Delivery;
	readonly stepping: Stepping;
}

/**
 * What is asked of a turn while its jobs run: by emitted code (the helpers), the primitives and the promises of
 * the run. What a call does, its callee decides.
 *
 * Owns: which promises were rejected and handled by nobody. Called by: whoever finds it as `shared.current`.
 */
export class Calls implements TurnHost {
	/** Promises that have settled while foreign code waits for them. */
	readonly told: DurablePromise[] = [];
	/** Promises that were rejected, and that nobody has asked. */
	readonly unasked = new Set<DurablePromise>();
	/** Of calls that a log answers, until they are issued. */
	readonly #answered = new WeakSet<DurablePromise>();
	readonly door: Door;
	readonly owner: Owner;
	readonly #state: RunState;
	readonly #options: TurnOptions;
	readonly #jobs: Jobs;
	readonly #issuing: Issuing;
	readonly #delivery: Delivery;
	readonly #stepping: Stepping;
	readonly #scopes: LogScopes;

	constructor(state: RunState, options: TurnOptions, { jobs, issuing, delivery, stepping }: TurnParts) {
		this.door = options.door;
		this.owner = state.owner;
		this.#state = state;
		this.#options = options;
		this.#jobs = jobs;
		this.#issuing = issuing;
		this.#delivery = delivery;
		this.#stepping = stepping;
		this.#scopes = issuing.scopes;
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
		this.unasked.add(promise);
	}

	handled(promise: DurablePromise): void {
		this.unasked.delete(promise);
	}

	adopt(promise: DurablePromise, thenable: PromiseLike<unknown>): void {
		this.#issuing.native(promise, thenable, true);
	}

	resume(fiber: Fiber, ok: boolean, value: unknown, returned: boolean): void {
		this.#stepping.resume(fiber, ok, value, returned);
	}

	isCancellation(error: unknown): boolean {
		return this.#stepping.isCancellation(error);
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
		if (this.#stepping.cancelledAt(shield)) throw this.#stepping.cancellation(frame);
		const definition = definitionOf(callee);
		if (definition !== undefined) {
			const inTurn = definition.step === undefined || definition.generator !== undefined;
			if (inTurn) return Reflect.apply(callee, self, args);
			if (this.#scopes.calls) this.#stepping.calling = callSite(def, def.sites![site]!);
			this.#stepping.asked = new Frame(definition, self, args, environmentOf(callee));
			return undefined;
		}
		const primitive = primitiveOf(callee);
		if (primitive !== undefined) {
			const by = def.sites![site]!;
			if (isImmediate(primitive)) return this.#immediate(def, by, primitive, args).value;
			this.#primitive(def, by, this.#stepping.fiber!, primitive, primitive === 'result' ? [self, ...args] : args);
		} else if (!callsForeign(callee, self) || constructsInTurn(callee, self)) {
			return callBuiltIn(callee as Callable, self, args);
		} else {
			const issue = { fn: callee as Callable, self, key, args, rest: [] };
			this.#effect(def, def.sites![site]!, this.#stepping.fiber!, issue);
		}
		this.#stepping.asked = 'parked';
		return undefined;
	}

	awaited(frame: Frame, callee: Callable, self: unknown, args: unknown[]): unknown {
		if (this.#stepping.cancelledAt(frame)) return this.#abandon(self, this.#stepping.cancellation(frame));
		const definition = definitionOf(callee);
		if (definition?.step === undefined || definition.generator !== undefined) return Reflect.apply(callee, self, args);
		this.#stepping.asked = new Frame(definition, self, args, environmentOf(callee));
		return undefined;
	}

	/**
	 * An iterator would have been asked for more. A generator of the run that stands at a `yield` has no fiber to
	 * throw the cancellation in: it is thrown there, and the loop hears of it when that clean-up is done.
	 */
	#abandon(iterator: unknown, cancellation: CancelledError): unknown {
		if (asyncGeneratorStateOf(iterator)?.state !== 'suspended') throw cancellation;
		const cleaned = throwInto(iterator, cancellation);
		this.#stepping.cleansUp();
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
		if (this.#stepping.cancelledAt(frame)) throw this.#stepping.cancellation(frame);
		const issue = { fn: callee as Callable, self, key, args, rest };
		const def = frame.def.sites![site]!;
		if (effectFunction(callee) !== undefined) return this.#linkByLink(frame.def, def, issue);
		this.#effect(frame.def, def, this.#stepping.fiber!, issue);
		this.#stepping.asked = 'parked';
		return undefined;
	}

	/** What is declared is an effect by itself, and the links are of the turn: methods of the promise that it gives. */
	#linkByLink(code: FunctionDef, def: SiteDef, issue: Issue): unknown {
		const first = { ...issue, rest: [], name: effectFunction(issue.fn)!.name };
		const promise = this.#promised((target) => this.#effect(code, def, target, first));
		return followLinks(promise, def, issue.rest, (called, receiver, given) => Reflect.apply(called, receiver, given));
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
		rest: readonly ChainArguments[] = [],
	): unknown {
		const code = owner instanceof Frame ? owner.def : owner;
		const def = code.sites![site]!;
		if (typeof callee !== 'function') throw new TypeError(`${def.name} is not a function`);
		const primitive = primitiveOf(callee);
		if (primitive !== undefined) {
			if (isImmediate(primitive)) {
				return this.#promised((target) => resolve(target, this.#immediate(code, def, primitive, args).value));
			}
			const given = primitive === 'result' ? [self, ...args] : args;
			return this.#promised((target) => this.#primitive(code, def, target, primitive, given));
		}
		if (!callsForeign(callee, self) || constructsInTurn(callee, self)) {
			if (definitionOf(callee) === undefined || !this.#scopes.calls) return callBuiltIn(callee as Callable, self, args);
			this.#stepping.calling = callSite(code, def);
			try {
				return callBuiltIn(callee as Callable, self, args);
			} finally {
				this.#stepping.calling = null;
			}
		}
		const issue = { fn: callee as Callable, self, key, args, rest };
		if (rest.length > 0 && effectFunction(callee) !== undefined) return this.#linkByLink(code, def, issue);
		return this.#promised((target) => this.#effect(code, def, target, issue));
	}

	interpose(owner: Frame | FunctionDef, site: number, callee: unknown, self: unknown): Callable | undefined {
		// What is declared to be an effect is none of the host's before the turn is durable.
		if (!callsForeign(callee, self) || effectFunction(callee) !== undefined) return undefined;
		const code = owner instanceof Frame ? owner.def : owner;
		const def = code.sites![site]!;
		if (this.#answers(def)) {
			return (...args) => {
				if (this.#options.replay!.entered(this.#by, def.id, args)) return Reflect.apply(callee as Callable, self, args);
				// `started` issues it, which is told what was made in place for it.
				return this.#promised((target) => this.#answered.add(target));
			};
		}
		return standInNow(callee, self, this.#options.handlers);
	}

	started(
		owner: Frame | FunctionDef,
		site: number,
		value: unknown,
		given: unknown,
		self: unknown,
		args: unknown[],
		key?: unknown,
		inPlace: InPlace = [],
	): unknown {
		const code = owner instanceof Frame ? owner.def : owner;
		const def = code.sites![site]!;
		const callee = given === undefined && def.key !== undefined ? methodOf(self, key ?? def.key) : given;
		if (value instanceof Promise) {
			for (const [n, made, operands] of inPlace)
				this.#issuing.recipe(new MadeCall(code, code.sites![n]!, operands, made));
		}
		if (isDurable(value)) {
			const issue = { fn: callee as Callable, self, key, args, rest: [] };
			if (this.#answered.delete(value)) this.#effect(code, def, value, issue);
			else this.#issuing.place(value, code, def, issue);
			return value;
		}
		if (!(value instanceof Promise)) return savable(value, callee, self, args);
		if (!callsForeign(callee, self)) return value;
		return this.#running(value, code, def, { fn: callee as Callable, self, key, args });
	}

	enter(def: FunctionDef, self: unknown, args: ArrayLike<unknown>, env: readonly unknown[]): DurablePromise {
		const promise = new DurablePromise();
		const frame = new Frame(def, self, Array.from(args), env);
		const fiber = new Fiber(++this.#state.fiber, frame, promise, this.#stepping.isCleaning());
		if (this.#scopes.calls) this.#stepping.called(fiber, null, frame);
		this.#stepping.start(fiber, 0, undefined);
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
		const next = new Fiber(generator.fiber, frame, null, this.#stepping.isCleaning(), generator);
		next.logged = frame.log !== null; // by an earlier fiber of that number
		this.#stepping.start(next, mode, value);
	}

	primitive(name: string, args: readonly unknown[]): DurablePromise {
		const code = this.#stepping.fiber?.top?.def ?? null;
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
		const code = this.#stepping.fiber?.top?.def ?? null;
		const site = { id: '', at: code?.at ?? ([1, 1] as const), name: fn.name };
		const promise = new DurablePromise();
		const by = this.#stepping.fiber;
		const pending = this.#issuing.called({ code, site, by }, promise, { fn, self, key: undefined, args, rest: [] });
		if (by !== null) this.#stepping.noteBegun(pending, by);
		return promise;
	}

	lazy(value: unknown, def: FunctionDef, operands: readonly unknown[], callee: unknown): unknown {
		if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return value;
		const isHanded = callee === undefined || isForeign(callee);
		if (isHanded || !(value instanceof Promise) || isDurable(value)) {
			this.#issuing.recipe(new Thunk(def, operands, value));
			return value;
		}
		// No effect is called with it: what has started is one itself, whose later attempts are the thunk.
		return this.#running(value, def, ...callOfThunk(def, operands));
	}

	get exchange(): Exchange | undefined {
		return exchangeBy(this.#options.handlers);
	}

	logged(def: FunctionDef, operands: readonly unknown[], callee: unknown): DurablePromise | undefined {
		if (callee === undefined || isForeign(callee)) return undefined;
		const [site, called] = callOfThunk(def, operands);
		return this.#answers(site) ? this.#issued(def, site, called) : undefined;
	}

	/** Does a log have the next call that this fiber makes there? */
	#answers({ id }: SiteDef): boolean {
		return this.#options.replay?.answers(this.#by, id) ?? false;
	}

	/** The number of the fiber that runs. */
	get #by(): number {
		return this.#stepping.fiber?.id ?? 0;
	}

	/** The promise of a call that runs already. Nobody else may hear of its rejection before the turn is durable. */
	#running(running: Promise<unknown>, code: FunctionDef, site: SiteDef, called: Called): DurablePromise {
		running.then(undefined, () => {});
		return this.#issued(code, site, { ...called, running });
	}

	#issued(code: FunctionDef, site: SiteDef, called: Called): DurablePromise {
		return this.#promised((target) => this.#effect(code, site, target, { ...called, rest: [] }));
	}

	get run(): { readonly id: string; readonly functionId: string; readonly startedAt: Date } {
		const { runId: id, functionId, startedAt } = this.#state;
		return { id, functionId, startedAt: new Date(startedAt) };
	}

	setProgress(value: unknown): void {
		this.#state.progress = release(capture([value], { names: ['progress'] }))[0];
	}

	#effect(code: FunctionDef, site: SiteDef, target: Target, issue: Issue): void {
		const by = this.#stepping.fiber;
		const pending = this.#issuing.effect({ code, site, by }, target, issue);
		if (by !== null && isDurable(target)) this.#stepping.noteBegun(pending, by);
	}

	#primitive(code: FunctionDef | null, site: SiteDef, target: Target, name: string, args: readonly unknown[]): Savable {
		const pending = this.#issuing.primitive(this.#stepping.caller(code, site), target, name, args);
		const logged = this.#options.replay?.atOnce(pending) ?? null;
		if (logged !== null) this.#delivery.logged(pending, logged);
		else if (pending.kind === 'receive') this.#delivery.takeBuffered(pending);
		return pending;
	}

	#immediate(code: FunctionDef | null, site: SiteDef, name: ImmediateName, args: readonly unknown[]): Done {
		const caller = { code, site, by: this.#stepping.fiber };
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

/// <reference lib="esnext.disposable" preserve="true" />

import { transactionOfEffect } from '../driver/effects.ts';
import { UnsupportedError } from '../errors/internal.ts';
import { RunConflictError } from '../errors/run.ts';
import { KeyringError } from '../errors/saving.ts';
import { EngineClosedError } from '../errors/store.ts';
import { type Duration, milliseconds } from '../language/duration.ts';
import { hash } from '../machine/key.ts';
import { type LogOptions, type LogRules, logRules } from '../machine/log-options.ts';
import { placementOf, runIdOf, type StartOptions } from '../machine/start-options.ts';
import { type Clock, type Random, realClock, realRandom } from '../ports/clock.ts';
import {
	differenceOf,
	type NewRun,
	type RunFilter,
	type Store,
	type StoreListener,
	type StoreSession,
} from '../ports/store.ts';
import { type AsyncFunction, definitionOf, durable, functionIdOf } from '../registry/functions.ts';
import { type Handler, handlerMap } from '../registry/handlers.ts';
import type { Callable } from '../registry/shared.ts';
import { AtRest } from '../sealing/at-rest.ts';
import type { Keyring } from '../sealing/keyring.ts';
import { sealedSession } from '../worker/sealed-session.ts';
import { inputBytes } from '../worker/stored.ts';
import { Threads } from '../worker/threads.ts';
import { Worker, type WorkerOptions } from '../worker/worker.ts';
import { Changes } from './changes.ts';
import { ChildRun } from './child-run.ts';
import { type RunSummary, type Status, summaryOf } from './describe.ts';
import type { FunctionRef } from './function-ref.ts';
import { RunHandle } from './handle.ts';
import { effectAround, idInsideEffect } from './inside-effect.ts';
import { type KeysInUse, keysInUse, sealAgain } from './keys.ts';
import { consumeOutbox, OUTBOX, type OutboxEvent, type OutboxOptions } from './outbox.ts';

/** What `createEngine` is made of. */
export interface EngineOptions {
	readonly store: Store;
	/** Functions and module namespaces whose runs this process drives: naming them here makes sure they are loaded and compiled. */
	readonly functions?: readonly (AsyncFunction | object)[] | undefined;
	/** False: starts, answers and reads runs, and leaves driving them to other processes. Default true. */
	readonly worker?: boolean | WorkerOptions | undefined;
	/** Called in place of other functions where durable code awaits these. */
	readonly handlers?: readonly Handler[] | undefined;
	/** What of the effect logs is kept. Default `'iteration'`. */
	readonly log?: LogOptions | undefined;
	/**
	 * What becomes of a stored run that does not fit the code which is there now. `'block'` (the default): it is set
	 * aside. `'replay'`: it is moved to that code, by replaying it from the latest mark that fits, or from its
	 * arguments, against its log, with nothing done twice; where the log does not have what that needs, or the code
	 * does something else, it is set aside and says which.
	 */
	readonly onMismatch?: 'block' | 'replay' | undefined;
	/**
	 * Seals what the store keeps of runs (AES-256-GCM, a key for each run): states, inputs, mail, logs, outcomes, the
	 * outbox. Every engine over the store needs it. Rotation: add a key, make it current, call `sealAgain`, and retire
	 * the old one when `keysInUse` no longer counts it. What the store finds runs by stays readable: ids, functions,
	 * names of messages, tags, times, and hashes of arguments and answers.
	 */
	readonly keyring?: Keyring | undefined;
	/** For simulations: time and randomness. The store has its own clock. */
	readonly clock?: Clock | undefined;
	readonly random?: Random | undefined;
}

/** Which runs `engine.list` gives: those that fit all that is said. */
export interface ListFilter {
	readonly status?: Status | readonly Status[] | undefined;
	readonly function?: AsyncFunction | FunctionRef | undefined;
	/** All of them. */
	readonly tags?: Readonly<Record<string, string>> | undefined;
}

const ASIDE =
	'it would wait for the transaction to end: do it before or after, in the durable function; emit() and start() there are committed with the turn';

/** How long `close` waits for effects in flight (ms), and then for the store, which may hang (ms). */
const GRACE = 5000;
const LAST = 5000;

/** Starts, drives and answers many runs against a store. With a store in a file it keeps the process alive until it is closed. */
export class Engine implements AsyncDisposable {
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #changes: Changes;
	readonly #outboxChanges: Changes;
	#consumers = 0;
	readonly #handlers: ReadonlyMap<Callable, Callable>;
	readonly #rules: LogRules;
	readonly #opened: Promise<StoreSession>;
	readonly #atRest: AtRest | null;
	#worker: Worker | Threads | null = null;
	#closed: Promise<void> | null = null;
	/** Nothing is waited for any more. */
	#over = false;

	/** Not for users: `createEngine`. */
	constructor(o: EngineOptions) {
		for (const listed of o.functions ?? []) checkCompiled(listed);
		this.#clock = o.clock ?? realClock;
		this.#random = o.random ?? realRandom;
		this.#atRest = o.keyring === undefined ? null : new AtRest(o.keyring);
		this.#changes = new Changes(this.#clock);
		this.#outboxChanges = new Changes(this.#clock);
		this.#handlers = handlerMap(o.handlers);
		this.#rules = logRules(o.log);
		this.#opened = this.#open(o);
		// Whoever uses the engine is told; an engine that nobody uses must not end the process.
		this.#opened.catch(() => {});
	}

	/**
	 * Starts a run; resolves once it is committed.
	 * @throws RunConflictError, NotCompiledError, NotSerializableError for an argument.
	 */
	async start<F extends AsyncFunction>(
		fn: F | FunctionRef<F>,
		args: Readonly<Parameters<F>>,
		o: StartOptions = {},
	): Promise<RunHandle<Awaited<ReturnType<F>>>> {
		const functionId = functionIdOf(fn);
		const input = inputBytes(functionId, { self: o.this, args });
		const id = o.id ?? idInsideEffect() ?? this.#random.id();
		const session = await this.#session();
		const placement = placementOf(o, session.now());
		const worker = this.#worker?.reserve(functionId, placement.queue) ? this.#worker : null;
		const made: NewRun = { id, functionId, hash: hash(input), input, ...placement, claim: worker !== null };
		const { outcome, claimed, run } = await session.start(made).catch((error: unknown) => {
			worker?.started(null);
			worker?.unsure();
			throw error;
		});
		worker?.started(claimed ? run : null);
		if (outcome === 'conflict') {
			throw new RunConflictError({ runId: id, difference: differenceOf(run, made)! });
		}
		return new RunHandle(this.#host, id);
	}

	/**
	 * A handle of a run. Whether there is such a run, and whether it is one of that function, shows at its first use:
	 * there RunNotFoundError or WrongFunctionError is thrown.
	 * @throws NotCompiledError, TypeError for what is no id.
	 */
	get<R>(id: string): RunHandle<R>;
	get<F extends AsyncFunction>(fn: F | FunctionRef<F>, id: string): RunHandle<Awaited<ReturnType<F>>>;
	get(first: string | AsyncFunction | FunctionRef, id?: string): RunHandle<unknown> {
		if (id === undefined) return new RunHandle(this.#host, runIdOf(first));
		return new RunHandle(this.#host, runIdOf(id), functionIdOf(first));
	}

	/** Runs in order of their start. */
	async *list(filter: ListFilter = {}): AsyncGenerator<RunSummary, void, undefined> {
		const session = await this.#session();
		const stored: RunFilter = {
			...(filter.status === undefined ? {} : { status: [filter.status].flat() as Status[] }),
			...(filter.function === undefined ? {} : { functionId: functionIdOf(filter.function) }),
			...(filter.tags === undefined ? {} : { tags: filter.tags }),
		};
		for await (const row of session.list(stored)) yield summaryOf(row);
	}

	/** How many stored values each key has sealed; under `null` those that are not sealed. */
	async keysInUse(): Promise<KeysInUse> {
		return keysInUse(await this.#session());
	}

	/**
	 * Seals again, under the current key of its keyring, what other keys have sealed, or none; runs go on meanwhile.
	 * @returns how many values it sealed.
	 * @throws SealError for a value whose key the keyring lacks, KeyringError without a keyring.
	 */
	async sealAgain(): Promise<number> {
		if (this.#atRest === null) throw new KeyringError({ problem: 'the engine was created without one' });
		return sealAgain(await this.#session(), this.#atRest);
	}

	/**
	 * What runs have emitted, in an endless loop: an event stays in the outbox until it is acknowledged, so each is
	 * handed out at least once, and those of one run in their order. Several loops, in any processes, share the
	 * work; what a loop has not acknowledged when it ends, or its process dies, is handed to another. It ends when
	 * the engine is closed.
	 *
	 *     for await (const { runId, seq, event, ack } of engine.outbox()) {
	 *       await publish(event, { id: `${runId}/${seq}` });
	 *       await ack();
	 *     }
	 */
	outbox(o: OutboxOptions = {}): AsyncGenerator<OutboxEvent, void, undefined> {
		return consumeOutbox(
			{
				session: () => this.#session(),
				clock: this.#clock,
				changes: this.#outboxChanges,
				consumer: () => `${++this.#consumers}`,
			},
			o,
		);
	}

	/**
	 * Dispatches nothing more, waits for effects in flight at most `grace` (default 5 s), aborts the
	 * others and lets go of all runs: they go on with the next worker. Open waits reject with `EngineClosedError`.
	 */
	close(o: { readonly grace?: Duration | undefined } = {}): Promise<void> {
		this.#closed ??= this.#close(o.grace === undefined ? GRACE : milliseconds(o.grace));
		return this.#closed;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	get #host() {
		return {
			session: () => this.#session(),
			random: this.#random,
			changes: this.#changes,
			handlers: this.#handlers,
			rules: this.#rules,
		};
	}

	async #open(o: EngineOptions): Promise<StoreSession> {
		const store = await o.store.open({
			moved: (runId) => this.#changes.moved(runId),
			mail: (runId) => this.#worker?.mail(runId),
			due: () => this.#worker?.due(),
			emitted: () => this.#outboxChanges.moved(OUTBOX),
			expired: () => this.#worker?.expired(),
		});
		const session = this.#sealed(store);
		if (o.worker === false) return session;
		const options = typeof o.worker === 'object' ? o.worker : {};
		if (options.threads !== undefined) {
			await this.#begin(this.#threads(o, options));
			return session;
		}
		const parts = {
			session,
			clock: this.#clock,
			random: this.#random,
			handlers: this.#handlers,
			rules: this.#rules,
			runs: { get: (id: string) => new RunHandle(this.#host, id) },
			child: (id: string, functionId: string) => new ChildRun(id, functionId),
			warn: (text: string) => warn(text),
			replaying: o.onMismatch === 'replay',
		};
		await this.#begin(new Worker(parts, options));
		return session;
	}

	async #begin(worker: Worker | Threads): Promise<void> {
		this.#worker = worker;
		await worker.begin();
	}

	#sealed(session: StoreSession): StoreSession {
		return this.#atRest === null ? session : sealedSession(session, this.#atRest);
	}

	/** @throws UnsupportedError */
	#threads({ store, handlers = [], log, onMismatch }: EngineOptions, options: WorkerOptions): Threads {
		if (handlers.length > 0) {
			throw new UnsupportedError({
				what: 'handlers for worker threads',
				help: 'export them as `handlers` from the entry module: functions do not cross to a thread',
			});
		}
		const open = async (listener: StoreListener) => this.#sealed(await store.open(listener));
		return new Threads({ open, clock: this.#clock, log, replaying: onMismatch === 'replay', warn }, options);
	}

	async #session(): Promise<StoreSession> {
		// What effects in flight still do is waited for: cut short, it would be their outcome.
		if (this.#over || (this.#closed !== null && effectAround() === null)) throw new EngineClosedError();
		if (transactionOfEffect() !== null)
			throw new UnsupportedError({ what: 'a call of the engine inside a transaction', help: ASIDE });
		return this.#opened;
	}

	/** A store that does not come to an end has no say in whether the engine does. */
	#within(ms: number, what: Promise<void>): Promise<void> {
		return new Promise((resolve, reject) => {
			const stop = this.#clock.timer(this.#clock.now() + ms, resolve);
			what.finally(stop).then(resolve, reject);
		});
	}

	async #close(grace: number): Promise<void> {
		this.#changes.closing();
		this.#outboxChanges.close();
		const session = await this.#opened.catch(() => null);
		const written = await this.#worker?.close(grace);
		this.#over = true;
		this.#changes.close();
		if (session !== null) await this.#within(LAST, session.close({ died: written === false }));
	}
}

/**
 * An engine over a store: `sqlite(path)` from `@perdure/runtime/sqlite`, `memory()` from
 * `@perdure/runtime/memory`. The store is opened in the background; what is wrong with it shows at the first use.
 * @throws NotCompiledError for a listed function that was not compiled, KeyringError for what is no keyring.
 */
export function createEngine(o: EngineOptions): Engine {
	return new Engine(o);
}

function checkCompiled(listed: AsyncFunction | object): void {
	if (typeof listed === 'function') durable(listed);
	else for (const value of Object.values(listed)) if (isUncompiled(value)) durable(value);
}

/** Of a module's exports, those that say they are durable, and are not. */
function isUncompiled(value: unknown): boolean {
	if (typeof value !== 'function' || definitionOf(value) !== undefined) return false;
	return /['"]use durable\b/.test(Function.prototype.toString.call(value));
}

function warn(text: string): void {
	process.emitWarning(text, { type: 'PerdureWarning' });
}

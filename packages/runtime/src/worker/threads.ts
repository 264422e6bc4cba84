import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, Worker as NodeWorker, type ResourceLimits } from 'node:worker_threads';
import { UnsupportedError } from '../errors/internal.ts';
import type { LogOptions } from '../machine/log-options.ts';
import { afterThisPass, type Clock, realClock } from '../ports/clock.ts';
import type { StoreListener, StoreSession } from '../ports/store.ts';
import { Holds } from './holds.ts';
import { patiently } from './patience.ts';
import { Asking, sessionTasks } from './remote-session.ts';
import type { WorkerOptions } from './worker.ts';

/** What a thread is told when it begins. */
export interface ThreadData {
	/** To the engine's thread, and of nobody else: what users' code posts to its parent is its own affair. */
	readonly port: MessagePort;
	readonly entry: string;
	readonly options: Omit<WorkerOptions, 'threads' | 'entry'>;
	readonly log: LogOptions | undefined;
	readonly replaying: boolean;
	/** The store's clock, as it differs from the thread's (ms). */
	readonly ahead: number;
	/** The store has transactions for users. */
	readonly transactions: boolean;
}

export interface ThreadsParts {
	/** Another session of the engine's store, for one thread. */
	open(listener: StoreListener): Promise<StoreSession>;
	readonly clock: Clock;
	readonly log: LogOptions | undefined;
	readonly replaying: boolean;
	readonly warn: (message: string) => void;
}

/** Pause before a thread that has died is replaced (ms). */
const REPLACE = 100;
/** How long a thread may leave a question open (ms) before it is taken to compute. */
const PROMPT = 50;
/** How long threads may take to end, beyond the grace of their effects (ms). */
const ENDING = 2000;

/**
 * Worker threads that claim and drive runs, each as a worker of its own: what one computes stalls none of the others.
 *
 * Owns: the threads and their sessions. Called by: the engine, in place of a worker.
 * N1: a thread that dies is a worker that died: its runs are due, with a recovery counted, and another takes its place.
 * N2: a run does not wait for a thread that computes another one: at rest it is taken from it. One whose effects the
 *     thread performs stays with it, since another would perform them a second time.
 */
export class Threads {
	readonly #parts: ThreadsParts;
	readonly #data: Omit<ThreadData, 'port' | 'ahead' | 'transactions'>;
	readonly #count: number;
	readonly #limits: ResourceLimits | undefined;
	readonly #threads = new Set<Thread>();
	#closing = false;

	/** @throws UnsupportedError for options that cannot cross to a thread. */
	constructor(parts: ThreadsParts, { threads, entry, resourceLimits, ...options }: WorkerOptions) {
		if (entry === undefined) {
			throw new UnsupportedError({
				what: 'worker.threads without an entry',
				help: 'name the module that imports your durable functions: { threads: 4, entry: new URL("./runs.js", import.meta.url) }',
			});
		}
		if (!Number.isInteger(threads) || threads! < 1)
			throw new RangeError('worker.threads is a number of threads, from 1');
		this.#parts = parts;
		this.#count = threads!;
		this.#data = { entry: importable(entry), options, log: crossing(parts.log), replaying: parts.replaying };
		this.#limits = resourceLimits;
	}

	/** @throws what the entry module throws when it is imported. */
	async begin(): Promise<void> {
		await Promise.all(Array.from({ length: this.#count }, () => this.#begin()));
	}

	/** The threads claim what was started. */
	reserve(_functionId: string, _queue: string): boolean {
		return false;
	}

	started(_run: unknown): void {}

	unsure(): void {}

	/** Each thread hears of its own session what is due, and what has come for it. */
	due(): void {}

	mail(_runId: string): void {}

	expired(): void {}

	/** True: what is to be written down is the affair of each thread's session. */
	async close(grace: number): Promise<boolean> {
		this.#closing = true;
		await Promise.all([...this.#threads].map((thread) => thread.close(grace, this.#parts.clock)));
		return true;
	}

	async #begin(): Promise<void> {
		const thread = await Thread.begin(this.#parts, this.#data, this.#limits);
		if (this.#closing) return thread.close(0, this.#parts.clock);
		this.#threads.add(thread);
		thread.died.then((problem) => {
			this.#threads.delete(thread);
			if (this.#closing) return;
			this.#parts.warn(`a worker thread has died (${problem}); its runs go on in another.`);
			this.#replace();
		});
	}

	#replace(): void {
		const { clock } = this.#parts;
		clock.timer(clock.now() + REPLACE, () => {
			if (!this.#closing) this.#begin().catch(() => this.#replace());
		});
	}
}

/** A thread would look for a relative path beside its own code. @throws UnsupportedError */
function importable(entry: string | URL): string {
	if (typeof entry === 'string' && /^\.\.?[\\/]/.test(entry)) {
		throw new UnsupportedError({
			what: `the relative path '${entry}' as the entry of threads`,
			help: `say what it is relative to: new URL('${entry}', import.meta.url)`,
		});
	}
	return typeof entry === 'string' && isAbsolute(entry) ? pathToFileURL(entry).href : String(entry);
}

class Thread {
	readonly #worker: NodeWorker;
	readonly #asking: Asking;
	readonly #session: StoreSession;
	readonly #clock: Clock;
	readonly #holds: Holds;
	/** Resolves with what is known of why, once it has ended by itself and its runs are others'. */
	readonly died: Promise<string>;
	/** What it has ended by, unless it has left by itself. */
	#failure: { readonly error: unknown } | null = null;
	#ending = false;
	/** It has written down what it interrupted. */
	#written = false;
	#ended = false;
	#watched = false;
	/** It was asked whether it still answers, and has not. */
	#silent = false;

	private constructor(worker: NodeWorker, asking: Asking, session: StoreSession, holds: Holds, clock: Clock) {
		this.#worker = worker;
		this.#asking = asking;
		this.#session = session;
		this.#holds = holds;
		this.#clock = clock;
		worker.on('error', (error) => {
			this.#failure = { error };
		});
		this.died = new Promise((resolve) => {
			worker.on('exit', (code) => {
				this.#ended = true;
				const error = this.#failure?.error as Error | undefined;
				const why = this.#failure === null ? `exit code ${code}` : String(error?.stack ?? error);
				asking.end(why);
				const done = () => resolve(why);
				session.close({ died: !this.#written }).then(done, done);
			});
		});
	}

	static async begin(
		{ open, clock }: ThreadsParts,
		data: Omit<ThreadData, 'port' | 'ahead' | 'transactions'>,
		resourceLimits: ResourceLimits | undefined,
	): Promise<Thread> {
		let tell = (_what: string, _runId?: string | null) => {};
		const session = await open({
			moved: (runId) => tell('moved', runId),
			mail: (runId) => tell('mail', runId),
			due: () => tell('due'),
			emitted: () => {},
			expired: () => tell('expired'),
		});
		const own = import.meta.url.endsWith('.ts') ? '../thread.ts' : '../thread.js';
		const { port1: port, port2 } = new MessageChannel();
		const workerData: ThreadData = {
			...data,
			port: port2,
			ahead: session.now() - realClock.now(),
			transactions: session.transact !== undefined,
		};
		const worker = new NodeWorker(new URL(own, import.meta.url), {
			workerData,
			transferList: [port2],
			...(resourceLimits && { resourceLimits }),
		});
		const holds = new Holds(() => thread.#watch());
		const asking: Asking = new Asking(
			port,
			sessionTasks(session, () => asking, holds),
		);
		const thread = new Thread(worker, asking, session, holds, clock);
		tell = (heard, runId = null) => port.postMessage({ heard, runId });
		await asking.ask('begin').catch((error: unknown) => {
			throw thread.#failure === null ? error : thread.#failure.error;
		});
		return thread;
	}

	/** N2. While it has runs that it need not have, it is asked now and then whether it still answers. */
	#watch(): void {
		if (this.#watched) return;
		this.#watched = true;
		this.#clock.timer(this.#clock.now() + PROMPT, () => {
			this.#watched = false;
			if (this.#ended || !this.#holds.someAtRest) return;
			// Its answer may be there, where it is this thread that was busy.
			if (this.#silent) return afterThisPass(() => (this.#silent ? this.#relieve() : this.#watch()));
			this.#silent = true;
			const answered = () => {
				this.#silent = false;
			};
			this.#asking.ask('answers').then(answered, answered);
			this.#watch();
		});
	}

	/** Others go on with what it does not. */
	#relieve(): void {
		const taken = this.#holds.take();
		patiently(
			this.#clock,
			() => this.#session.giveUp(taken),
			() => this.#ended || this.#ending,
		).catch(() => {
			// Its session is closed or about to be, which gives up all it has.
		});
	}

	async close(grace: number, clock: Clock): Promise<void> {
		this.#ending = true;
		await new Promise<void>((resolve) => {
			const stop = clock.timer(clock.now() + grace + ENDING, resolve);
			const done = () => {
				stop();
				resolve();
			};
			this.#asking
				.ask<boolean>('close', grace)
				.then((written) => {
					this.#written = written;
				})
				.then(done, done);
		});
		await this.#worker.terminate();
		await this.died;
	}
}

/** @throws UnsupportedError */
function crossing(log: LogOptions | undefined): LogOptions | undefined {
	try {
		return structuredClone(log);
	} catch {
		throw new UnsupportedError({
			what: 'log options with functions for worker threads',
			help: 'export them as `log` from the entry module: functions do not cross to a thread',
		});
	}
}

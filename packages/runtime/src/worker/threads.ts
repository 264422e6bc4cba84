import { Worker as NodeWorker } from 'node:worker_threads';
import { UnsupportedError } from '../errors/internal.ts';
import type { LogOptions } from '../machine/log-options.ts';
import { type Clock, realClock } from '../ports/clock.ts';
import type { StoreListener, StoreSession } from '../ports/store.ts';
import { Asking, sessionTasks } from './remote-session.ts';
import type { WorkerOptions } from './worker.ts';

/** What a thread is told when it begins. */
export interface ThreadData {
	readonly entry: string;
	readonly options: Omit<WorkerOptions, 'threads' | 'entry'>;
	readonly log: LogOptions | undefined;
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
	readonly warn: (message: string) => void;
}

/** Pause before a thread that has died is replaced (ms). */
const REPLACE = 100;
/** How long threads may take to end, beyond the grace of their effects (ms). */
const ENDING = 2000;

/**
 * Worker threads that claim and drive runs, each as a worker of its own: what one computes stalls none of the others.
 *
 * Owns: the threads and their sessions. Called by: the engine, in place of a worker.
 * N1: a thread that dies is a worker that died: its runs are due, with a recovery counted, and another takes its place.
 */
export class Threads {
	readonly #parts: ThreadsParts;
	readonly #data: Omit<ThreadData, 'ahead' | 'transactions'>;
	readonly #count: number;
	readonly #threads = new Set<Thread>();
	#closing = false;

	/** @throws UnsupportedError for options that cannot cross to a thread. */
	constructor(parts: ThreadsParts, { threads, entry, ...options }: WorkerOptions) {
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
		this.#data = { entry: String(entry), options, log: crossing(parts.log) };
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

	async close(grace: number): Promise<void> {
		this.#closing = true;
		await Promise.all([...this.#threads].map((thread) => thread.close(grace, this.#parts.clock)));
	}

	async #begin(): Promise<void> {
		const thread = await Thread.begin(this.#parts, this.#data);
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

class Thread {
	readonly #worker: NodeWorker;
	readonly #asking: Asking;
	/** Resolves with what is known of why, once it has ended by itself and its runs are others'. */
	readonly died: Promise<string>;
	#ending = false;

	private constructor(worker: NodeWorker, asking: Asking, session: StoreSession) {
		this.#worker = worker;
		this.#asking = asking;
		let problem = '';
		worker.on('error', (error) => {
			problem = String(error?.stack ?? error);
		});
		this.died = new Promise((resolve) => {
			worker.on('exit', (code) => {
				const why = problem || `exit code ${code}`;
				asking.end(why);
				const done = () => resolve(why);
				session.close({ died: !this.#ending }).then(done, done);
			});
		});
	}

	static async begin(parts: ThreadsParts, data: Omit<ThreadData, 'ahead' | 'transactions'>): Promise<Thread> {
		let tell = (_what: string, _runId?: string | null) => {};
		const session = await parts.open({
			moved: (runId) => tell('moved', runId),
			mail: (runId) => tell('mail', runId),
			due: () => tell('due'),
			emitted: () => {},
		});
		const own = import.meta.url.endsWith('.ts') ? '../thread.ts' : '../thread.js';
		const workerData: ThreadData = {
			...data,
			ahead: session.now() - realClock.now(),
			transactions: session.transact !== undefined,
		};
		const worker = new NodeWorker(new URL(own, import.meta.url), { workerData });
		let asking: Asking = undefined as never;
		asking = new Asking(
			worker,
			sessionTasks(session, () => asking),
		);
		tell = (heard, runId = null) => worker.postMessage({ heard, runId });
		const thread = new Thread(worker, asking, session);
		await asking.ask('begin');
		return thread;
	}

	async close(grace: number, clock: Clock): Promise<void> {
		this.#ending = true;
		await new Promise<void>((resolve) => {
			const stop = clock.timer(clock.now() + grace + ENDING, resolve);
			const done = () => {
				stop();
				resolve();
			};
			this.#asking.ask('close', grace).then(done, done);
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

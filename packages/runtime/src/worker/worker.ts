import { AsyncLocalStorage } from 'node:async_hooks';
import type { Runs } from '../driver/effects.ts';
import { CrashLoopError } from '../errors/store.ts';
import type { LogRules } from '../machine/log-options.ts';
import type { MachineOptions } from '../machine/machine.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { RunRow, StoreSession } from '../ports/store.ts';
import { type Callable, shared } from '../registry/shared.ts';
import { blockedBy } from './blocked.ts';
import type { Gate } from './gate.ts';
import { HotRun } from './hot-run.ts';
import type { HotRunHost, RunHeld } from './hot-run-host.ts';
import { HotStates, type Warm } from './hot-states.ts';
import { type Known, known } from './known.ts';
import { load } from './load.ts';
import { isMisfit, moveRun } from './move.ts';
import { SizeWatch } from './size.ts';

/** How many runs an engine holds at a time, and how large one may become. */
export interface WorkerOptions {
	/** Runs held at a time; the others wait in the store. Default 1000. */
	readonly concurrency?: number;
	/** Takes only runs that were started in these queues. Default: in any. */
	readonly queues?: readonly string[];
	/**
	 * Worker threads that compute turns and perform effects, so that a turn which computes for long stalls no other
	 * run, except one of which an effect is in flight in that very thread: it goes on when the thread is free, since
	 * elsewhere its effect would be performed a second time. Each thread imports `entry`; the engine's own then drives
	 * nothing. Default: none.
	 */
	readonly threads?: number;
	/**
	 * Module that imports the durable functions, for threads: a URL, an absolute path or a package's name. It may export `handlers` and `log`, as `createEngine` takes
	 * them: functions cross no thread.
	 */
	readonly entry?: string | URL;
	/**
	 * Of each thread: one that exceeds them dies, its runs go on in another, and a run that does it again and again is
	 * set aside. Of memory that is as sure as V8 is: for a single large piece that does not fit it may end the process.
	 */
	readonly resourceLimits?: ThreadLimits;
	/** Bytes of a saved state over which its run fails. Default 16 MiB. */
	readonly stateLimit?: number;
}

/** As `resourceLimits` of `node:worker_threads` (MiB), which not everybody has the types of. */
export interface ThreadLimits {
	readonly maxOldGenerationSizeMb?: number;
	readonly maxYoungGenerationSizeMb?: number;
	readonly codeRangeSizeMb?: number;
	readonly stackSizeMb?: number;
}

export interface WorkerParts {
	readonly session: StoreSession;
	readonly clock: Clock;
	readonly random: Random;
	readonly handlers: ReadonlyMap<Callable, Callable>;
	readonly rules: LogRules;
	readonly runs: Runs;
	/** What `start` in durable code gives. */
	readonly child: NonNullable<MachineOptions['child']>;
	readonly warn: (message: string) => void;
	/** In a thread: of a run that it has claimed. */
	readonly gateOf?: (row: RunRow) => Gate | null;
	/** Are runs that do not fit the code moved to it by a replay of their log? */
	readonly replaying: boolean;
}

const CONCURRENCY = 1000;
const STATE_LIMIT = 16 * 1024 * 1024;
/** Unclean deaths without a committed turn between them after which a run is set aside. */
const CRASH_LOOP = 5;
/** How long a suspect waits for the worker to be empty, and then has it for itself (ms), unless it commits a turn. */
const ALONE = 5000;
/** Pause after a claim that the store refused (ms). */
const RETRY = 100;
/** How long `close` tries to write down what it interrupted (ms). */
const LAST = 250;

/**
 * Claims runs, drives them, lets go of them when they park.
 *
 * Owns: the runs it holds, the states it keeps warm. Called by: the engine and its store's listener.
 * K1: a run's bytes are looked at only after its claim was committed, so that what kills a worker is counted.
 * K2: an error in a run, its code or its bytes ends or blocks that run, never the worker.
 * K3: a run that may be what kills its workers runs alone, and not for ever.
 */
export class Worker {
	readonly #parts: WorkerParts;
	readonly #concurrency: number;
	readonly #queues: readonly string[] | null;
	readonly #host: HotRunHost;
	readonly #held = new Map<string, HotRun>();
	readonly #warm: HotStates;
	/** Turns run outside the asynchronous context of whoever happened to wake them. */
	readonly #detached = AsyncLocalStorage.snapshot();
	#known: Known | null = null;
	#closing = false;
	#claiming = false;
	#claimAgain = false;
	/** Starts under way that may give a run to this worker. */
	#reserved = 0;
	/** A write was rejected that may have given runs to this worker. Until it is known which, no start may give it one. */
	#unsure = false;
	#stopTimer = () => {};
	/** While suspects are due: since when others are kept back, and which suspect has the worker. */
	#aloneSince: number | null = null;
	#alone: HotRun | null = null;
	#emptied = () => {};

	constructor(parts: WorkerParts, o: WorkerOptions) {
		this.#parts = parts;
		this.#warm = new HotStates(parts.clock);
		this.#concurrency = o.concurrency ?? CONCURRENCY;
		this.#queues = o.queues ?? null;
		const worker = this;
		const size = new SizeWatch(o.stateLimit ?? STATE_LIMIT, parts.warn);
		this.#host = {
			session: parts.session,
			clock: parts.clock,
			runs: parts.runs,
			size,
			get dispatching() {
				return !worker.#closing && worker.#holds();
			},
			load: (row, opened) => this.#load(row, opened),
			move: (misfit, taken) =>
				moveRun(misfit, { machine: this.#options, clock: parts.clock, now: parts.session.now(), size, taken }),
			progressed: (run) => this.#progressed(run),
			gone: (run, parked) => this.#gone(run, parked),
			idle: () => this.#emptied(),
		};
	}

	/** Joins the store as a worker. Before that it claims nothing. */
	async begin(): Promise<void> {
		await this.#announce();
		this.due();
	}

	/** Whether a run of this function that is started now may begin here at once; then `started` must follow. */
	reserve(functionId: string, queue: string): boolean {
		if (this.#closing || this.#known === null || this.#aloneSince !== null || this.#unsure) return false;
		if (this.#queues !== null && !this.#queues.includes(queue)) return false;
		if (this.#room <= 0 || !shared.functions.has(functionId)) return false;
		this.#reserved++;
		return true;
	}

	/** How a start went that a place was reserved for. `run`: the store gave it to this worker. */
	started(run: RunRow | null): void {
		this.#reserved--;
		if (run !== null) this.#detached(() => this.#hold(run));
		if (run === null || this.#unsure) this.due();
	}

	/** There may be something to claim. */
	due(): void {
		if (this.#closing || this.#known === null) return;
		this.#claimAgain = true;
		if (!this.#claiming) this.#detached(() => this.#claim());
	}

	/** Mail came for a run that may be held here. */
	mail(runId: string): void {
		const run = this.#held.get(runId);
		if (run !== undefined) this.#detached(() => run.mailed());
	}

	/** A write failed that may have given a run to this worker: what it does not hold it lets go of. */
	unsure(): void {
		this.#unsure = true;
		this.#later(RETRY);
	}

	/**
	 * Claims and dispatches nothing more, waits for effects in flight, at most `grace` ms, and gives all
	 * runs back. False where it could not write down what it interrupted: then it is as if it had died.
	 */
	async close(grace: number): Promise<boolean> {
		this.#closing = true;
		this.#stopTimer();
		const { clock } = this.#parts;
		await new Promise<void>((resolve) => {
			const stop = clock.timer(clock.now() + grace, resolve);
			this.#emptied = () => {
				if ([...this.#held.values()].some((run) => run.busy || run.inFlight > 0)) return;
				stop();
				resolve();
			};
			this.#emptied();
		});
		// A store that fails may let it wait for ever.
		const written = await new Promise<boolean>((resolve) => {
			const stop = clock.timer(clock.now() + LAST, () => resolve(false));
			Promise.allSettled([...this.#held.values()].map((run) => run.abandon())).then((all) => {
				stop();
				resolve(all.every(({ status }) => status === 'fulfilled'));
			});
		});
		this.die();
		return written;
	}

	/** Nothing that it holds is its own any more: effects in flight are aborted, and it claims anew. */
	expired(): void {
		this.#drop();
		this.#alone = null;
		this.#aloneSince = null;
		this.unsure();
		this.#emptied();
	}

	/** As if the process had died here: nothing more is done. */
	die(): void {
		this.#closing = true;
		this.#stopTimer();
		this.#drop();
	}

	#drop(): void {
		for (const run of this.#held.values()) run.die();
		this.#held.clear();
		this.#warm.clear();
	}

	/** A process that was stopped finds out here that others may have by now what it holds. */
	#holds(): boolean {
		if (this.#parts.session.holds?.() !== false) return true;
		this.expired();
		return false;
	}

	/** How many more runs may be held. */
	get #room(): number {
		return this.#concurrency - this.#held.size - this.#reserved;
	}

	// --- claiming

	async #claim(): Promise<void> {
		this.#claiming = true;
		try {
			while (this.#claimAgain && !this.#closing) {
				this.#claimAgain = false;
				// A start that is under way may add to the list while it travels.
				if (this.#unsure && this.#reserved === 0) await this.#reconcile();
				await this.#announce();
				await this.#claimOnce();
			}
		} catch {
			this.unsure();
		}
		this.#claiming = false;
	}

	async #reconcile(): Promise<void> {
		await this.#parts.session.keep([...this.#held.values()].map(({ claim }) => claim));
		this.#unsure = false;
	}

	async #claimOnce(): Promise<void> {
		const { session } = this.#parts;
		if (this.#aloneSince !== null) return this.#claimSuspect();
		const limit = this.#room;
		if (limit <= 0) return;
		const { runs, next, suspects } = await session.claim({ limit, queues: this.#queues, suspects: false });
		for (const row of runs) this.#hold(row);
		if (next !== null && runs.length < limit) this.#later(next - session.now());
		if (!suspects) return;
		this.#aloneSince = session.now();
		this.#claimAgain = true;
	}

	/** Waits until nothing else is held, but not for ever; then gives the suspect its time alone. */
	async #claimSuspect(): Promise<void> {
		const { session } = this.#parts;
		const left = this.#aloneSince! + ALONE - session.now();
		if (left > 0 && (this.#alone !== null || this.#held.size > 0)) return this.#later(left);
		this.#alone = null;
		const { runs } = await session.claim({ limit: 1, queues: this.#queues, suspects: true });
		this.#aloneSince = runs.length > 0 ? session.now() : null;
		this.#claimAgain = true;
		for (const row of runs) this.#alone = this.#hold(row);
	}

	/** Says what this process can run, again when modules were loaded since. */
	async #announce(): Promise<void> {
		const { session, replaying } = this.#parts;
		const now = known(this.#known, replaying);
		if (now === this.#known) return;
		await session.know(now.functions, now.build, replaying);
		this.#known = now;
	}

	#later(delay: number): void {
		const { clock } = this.#parts;
		this.#stopTimer();
		if (!this.#closing) this.#stopTimer = clock.timer(clock.now() + Math.max(0, delay), () => this.due());
	}

	// --- holding

	#hold(row: RunRow): HotRun | null {
		if (this.#closing) return null;
		// Taken for dead as it was started, it was claimed once more, and that was heard of first.
		if ((this.#held.get(row.id)?.claim.epoch ?? 0) > row.epoch) return null;
		try {
			if (row.recoveries >= CRASH_LOOP) throw new CrashLoopError({ runId: row.id, deaths: row.recoveries });
			const warm = this.#warm.take(row.id, row.turn) ?? this.#load(row);
			return this.#begin(row, (run) => run.begin(warm, row));
		} catch (error) {
			if (this.#parts.replaying && isMisfit(error, row)) return this.#begin(row, (run) => run.move(row, error));
			this.#block(row, error);
			return null;
		}
	}

	#begin(row: RunRow, how: (run: HotRun) => Promise<void>): HotRun {
		const run = new HotRun(this.#host, row, this.#parts.gateOf?.(row) ?? null);
		// Others had taken this one for dead meanwhile.
		this.#held.get(row.id)?.die();
		this.#held.set(row.id, run);
		how(run);
		return run;
	}

	#load(row: RunRow, opened?: readonly object[]): Warm {
		return load(row, this.#options, row.turn, opened);
	}

	get #options(): MachineOptions {
		const { handlers, rules, random, child } = this.#parts;
		return { handlers, rules, nonce: random.id(), child };
	}

	/** A mismatch or broken bytes are never tried again by the same build. */
	async #block(row: RunRow, error: unknown): Promise<void> {
		const reason = JSON.stringify(blockedBy(error));
		try {
			await this.#parts.session.block(row.id, row.epoch, reason);
			this.due();
		} catch {
			this.unsure();
		}
	}

	#progressed(run: RunHeld): void {
		if (this.#alone === run) this.#release();
	}

	#gone(run: RunHeld, parked: Warm | null): void {
		if (this.#held.get(run.id) === run) this.#held.delete(run.id);
		if (parked !== null) this.#warm.keep(run.id, parked);
		if (this.#alone === run) this.#release();
		else if (this.#aloneSince !== null || this.#room === 1) this.due();
		this.#emptied();
	}

	/** The suspect has shown that it can go on: the next one, or everybody. */
	#release(): void {
		this.#alone = null;
		this.#aloneSince = null;
		this.due();
	}
}

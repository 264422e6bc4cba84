/**
 * The only door to storage. A store keeps runs, their mail and their logs as bytes that it never
 * decodes. A worker claims a run, computes a turn, and commits it; anybody starts runs, posts mail
 * and reads. One contract test-suite (test/runtime/store-contract.ts) holds for every store.
 *
 * G1: a promise of `start`, `post`, `commit`, `block` that is fulfilled is durable; a write that is rejected
 *     with `StoreError` may or may not have happened, and reading again tells. It may be taken later, unless
 *     the error says `refused`.
 * G2: each write is all or nothing, and one write's refusal or error never fails another's, however
 *     many share a transaction. Writes that are ready together share one.
 * G3: every claim increments the run's `epoch`; `commit` and `block` under another epoch, or after another
 *     turn than the stored one, change nothing.
 * G4: mail of a run is numbered in commit order. An answer's first commit wins and its hash is kept as
 *     long as the run; a message with an id that was there is not added again.
 * G5: no wake-up is lost: a run that a turn parks while it has unseen mail stays with its worker, and mail
 *     to a parked run makes it due. So does a cancellation of a run whose time to begin has not come.
 * G6: runs of a worker that left are due at once. Runs of one that died are due as soon as its death is
 *     known, with `recoveries` + 1, committed before anybody can claim them.
 * G7: a run is claimed by a worker that knows all its functions, or, when no live worker does, by any (who
 *     blocks it). A run that was blocked is claimed again by a worker of another build that has its functions (its
 *     own is enough for one that replays), at once where one lives, and is no suspect then; once that one has
 *     committed a turn, every build may claim it.
 *     Where no live worker has another build for it any more it stays, or is again, blocked.
 *     Of the runs that it may claim and that are due, those of the highest priority come first, of these the earliest.
 * G8: what a turn emits is in the outbox when the turn is committed, once. Events of one run are with one
 *     consumer at a time, and come to it in their order; they are others' again when it lets go of them, when its
 *     session is closed or its process has died (one that hangs is let go of by its engine). An event that is acknowledged is never handed out again.
 * G9: children that a turn starts are there when the turn is committed. A turn that would start one under an id
 *     of another start changes nothing. Of a run that another one awaits, the end is mail to that one: once, and
 *     whether it came before the wait or after.
 * G10: what is written in `transact` is there if and only if its turn is committed, unless the body failed.
 * G11: what a run begins with is kept for as long as the run, and no turn writes it again.
 * G12: mail that a run has not seen by its end is kept as long as the run: it was acknowledged, so its log shows it.
 */
export interface Store {
	/** Joins as a client, or (when `know` is called) as a worker. */
	open(listener: StoreListener): Promise<StoreSession>;
}

/**
 * What happened, in this process or in another; `null` is any run. Hints: each may come late or twice, and without cause:
 * a store that nobody tells of what others do calls all of them at intervals.
 */
export interface StoreListener {
	/** A run parked, ended, was blocked, or has other open waits: whoever waits for it looks again. */
	moved(runId: string | null): void;
	/** Mail came for a run that this session's worker holds. */
	mail(runId: string): void;
	/** There may be something to claim. */
	due(): void;
	/** There may be something in the outbox. */
	emitted(): void;
	/**
	 * The worker's lease has passed, or others have taken it for dead: what it held is not its own. What it does next,
	 * `keep` and `claim`, the store takes as that of a worker that has just joined.
	 */
	expired?(): void;
}

export interface StoreSession {
	/** The store's clock (ms since the epoch): every time that is stored or compared is one of its. */
	now(): number;
	/**
	 * Is what its worker holds its own yet, by a clock that cannot be set? Asked right before an effect is begun, since a
	 * process may have been stopped for longer than its lease lasts. Absent where a store learns of deaths for certain.
	 */
	holds?(): boolean;

	// anybody
	start(run: NewRun): Promise<Started>;
	post(mail: NewMail): Promise<Posted>;
	/** `state` is empty unless asked for. */
	read(runId: string, o?: { readonly state: boolean }): Promise<RunRow | null>;
	/** In order of start. */
	list(filter: RunFilter): AsyncIterable<RunRow>;
	/** The log so far, in pieces to be joined. */
	log(runId: string): Promise<readonly Uint8Array[]>;
	/** What the run began with; null where there is no such run, or one of an earlier version that did not keep it. */
	input(runId: string): Promise<Uint8Array | null>;

	/** Every value of bytes that is stored, of all runs, for whoever seals them again. */
	blobs(): AsyncIterable<StoredBytes>;

	// consumers of the outbox
	/**
	 * Takes events for a consumer, the oldest first; asked again for the same batch, gives the same. Events stay
	 * where they are until they are acknowledged.
	 */
	consume(o: ConsumeOptions): Promise<readonly OutboxRow[]>;
	/** False: another consumer has it, or nobody. An event that is not there any more was acknowledged. */
	acknowledge(consumer: string, event: { readonly runId: string; readonly seq: number }): Promise<boolean>;
	/** What the consumer has not acknowledged is others'. */
	release(consumer: string): Promise<void>;

	// workers
	/**
	 * Becomes a worker, or tells what the worker knows now; blocked runs that it can serve become due. `replaying`: it
	 * goes on with a run whose own function it knows, whatever else that run needs.
	 */
	know(functions: readonly string[], build: string, replaying?: boolean): Promise<void>;
	claim(o: ClaimOptions): Promise<Claimed>;
	/** Lets go of these claims, without a recovery; those that are no longer this worker's stay as they are. */
	giveUp(claims: readonly HeldRun[]): Promise<void>;
	/**
	 * Lets go of all but these claims: after a write that was rejected the worker may hold runs it does not know of, or by
	 * a later claim than the one it knows of.
	 */
	keep(claims: readonly HeldRun[]): Promise<void>;
	/** Has this sender answered the run? */
	answered(runId: string, sender: string): Promise<boolean>;
	/** Unseen mail numbered above `after`, in order. */
	mail(runId: string, after: number): Promise<readonly Mail[]>;
	commit(turn: TurnCommit): Promise<Committed>;
	/**
	 * Calls `body` in a transaction on this store, then commits it with the turn that `turn` makes of how that went;
	 * what a body that failed has written is rolled back first. `commit` says the rest: a turn that is refused leaves
	 * nothing of it. Absent where a store has no transactions.
	 */
	transact?<S extends { readonly ok: boolean }>(o: Transacted<S>): Promise<Committed>;
	/**
	 * Makes a run that failed by that turn due again, with its state; `event` takes the place of the one it has.
	 * False when it has not failed by that turn.
	 */
	retry(runId: string, turn: number, event: Uint8Array): Promise<boolean>;
	/**
	 * Sets a run aside until code comes that fits it; `reason` is what `RunRow.blocked` then holds. `died`: with a recovery
	 * counted, since effects of it were in flight.
	 */
	block(runId: string, epoch: number, reason: string, o?: { readonly died: boolean }): Promise<boolean>;
	/**
	 * Leaves: runs still held are due for others; `died`: with a recovery counted. Open calls may be rejected. An engine
	 * that closes waits for it, but not for ever.
	 */
	close(o?: { readonly died: boolean }): Promise<void>;
}

/** `pending`: due or not yet begun. `running`: held by a worker. `waiting`: parked on time, answers or mail. */
export type StoredStatus = 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled' | 'blocked';

/** Where a new run stands among the others. */
export interface Placement {
	readonly tags: Readonly<Record<string, string>> | null;
	readonly queue: string;
	/** Of runs that are due, the higher come first. */
	readonly priority: number;
	/** Not before (ms since the epoch), or null. */
	readonly startAt: number | null;
}

export interface NewRun extends Placement {
	readonly id: string;
	readonly functionId: string;
	/** Of receiver and arguments, or of what it is a copy of: tells whether a start of the same id is the same start. */
	readonly hash: string;
	/** What the run begins with; stands in for the state until its first turn. */
	readonly input: Uint8Array;
	/** This session's worker takes it at once, if it is due. */
	readonly claim: boolean;
	/** Where it begins as a copy of another run. */
	readonly midway?: Midway;
}

/** How another run stood after one of its turns. Its state names that run. */
export interface Midway {
	readonly turn: number;
	readonly state: readonly Uint8Array[];
	readonly functions: readonly string[];
	/** With the ids of the new run. */
	readonly waits: { readonly open: readonly string[]; readonly detail: Uint8Array };
	readonly progress: Uint8Array | null;
	readonly log: Uint8Array;
}

/** `conflict`: the id is taken by another start. `run` is the stored one; claimed if its epoch is 1 and it was `created`. */
export interface Started {
	readonly outcome: 'created' | 'exists' | 'conflict';
	readonly claimed: boolean;
	readonly run: RunRow;
}

export interface RunRow {
	readonly id: string;
	readonly functionId: string;
	readonly hash: string;
	readonly tags: Readonly<Record<string, string>> | null;
	readonly queue: string;
	readonly priority: number;
	readonly startedAt: number;
	readonly endedAt: number | null;
	readonly status: StoredStatus;
	/** Number of the last committed turn, 0 before the first. */
	readonly turn: number;
	readonly epoch: number;
	/** Mail ever posted, and mail consumed by turns: both count from 1, the number of the latest. */
	readonly sent: number;
	readonly seen: number;
	/** Unclean deaths of its workers since the last committed turn. */
	readonly recoveries: number;
	/** Of all its frames. */
	readonly functions: readonly string[];
	/** Ids of open suspensions, oldest first. */
	readonly open: readonly string[];
	/** Open waits for `describe`. */
	readonly waits: Uint8Array | null;
	readonly wakeAt: number | null;
	readonly progress: Uint8Array | null;
	readonly outcome: Uint8Array | null;
	/** The event that began the failing turn, kept for a retry. */
	readonly event: Uint8Array | null;
	readonly blocked: string | null;
	/** The last full state (before the first turn: the input), then deltas in order. */
	readonly state: readonly Uint8Array[];
}

export interface RunFilter {
	readonly status?: readonly StoredStatus[];
	readonly functionId?: string;
	/** All of them. */
	readonly tags?: Readonly<Record<string, string>>;
}

export interface ClaimOptions {
	readonly limit: number;
	/** Only runs of these queues; null: of any. */
	readonly queues: readonly string[] | null;
	/** Only runs that two or more deaths make suspect of killing their worker; otherwise only the others. */
	readonly suspects: boolean;
}

/** A claim: of a run by a worker, until it lets go of it or another has it. */
export interface HeldRun {
	readonly runId: string;
	readonly epoch: number;
}

export interface Claimed {
	/** With their state; capped in bytes as well as by the limit. */
	readonly runs: readonly RunRow[];
	/** Before this no other run that this worker may claim is due (ms since the epoch; past: one is now), or null. */
	readonly next: number | null;
	/** Suspects are due. */
	readonly suspects: boolean;
}

/** What anybody may send to a run. Bytes are the worker's and the client's own affair. */
export type NewMail =
	/** `id`: one message for each id. */
	| {
			readonly runId: string;
			readonly kind: 'message';
			readonly name: string;
			readonly id: string | null;
			readonly payload: Uint8Array;
	  }
	/** `suspension` null: the only open one. */
	| {
			readonly runId: string;
			readonly kind: 'answer';
			readonly suspension: string | null;
			readonly hash: string;
			/** Whose answer it is, where a second one of the same sender is a repetition, wherever it is addressed to. */
			readonly sender?: string | undefined;
			readonly payload: Uint8Array;
	  }
	| { readonly runId: string; readonly kind: 'cancel'; readonly payload: Uint8Array };

export type Posted =
	| { readonly outcome: 'posted' | 'repeated' }
	| { readonly outcome: 'ambiguous'; readonly open: readonly string[] }
	/** `over`: the run has ended. `closed`: it does not wait there. `answered`: with another answer. */
	| { readonly outcome: 'missing' | 'over' | 'closed' }
	| { readonly outcome: 'answered'; readonly suspension: string };

export interface Mail {
	/** From 1. */
	readonly number: number;
	/** `ended`: a run that was awaited. */
	readonly kind: NewMail['kind'] | 'ended';
	/** A message's name, an answer's suspension, the id of the run that has ended; empty for `cancel`. */
	readonly name: string;
	/** `ended`: that run's outcome. */
	readonly payload: Uint8Array;
	/** `ended`: how; undefined where there is no such run. */
	readonly status?: 'completed' | 'failed' | 'cancelled';
}

export interface StoredBytes {
	readonly runId: string;
	/** `log`: pieces that were joined. */
	readonly field: 'state' | 'waits' | 'progress' | 'outcome' | 'event' | 'log' | 'mail' | 'outbox';
	readonly bytes: Uint8Array;
	/** Puts other bytes in their place; false when others are there by now. */
	replace(bytes: Uint8Array): Promise<boolean>;
}

export interface ConsumeOptions {
	/** Its name within the session. */
	readonly consumer: string;
	/** Grows with each batch. */
	readonly batch: number;
	readonly limit: number;
}

export interface OutboxRow {
	readonly runId: string;
	/** Grows within the run. */
	readonly seq: number;
	/** When it was committed (ms since the epoch). */
	readonly at: number;
	readonly event: Uint8Array;
	/** Why a session with keys cannot unseal it. No store gives that. */
	readonly refused?: unknown;
}

/** Turns keep what they do not mention: `functions`, `waits`, `progress`, `state: null`, `log: null`. */
export interface TurnCommit {
	readonly runId: string;
	readonly epoch: number;
	/** Stored turn that this one follows. Equal to `turn` when only attempts were counted again. */
	readonly after: number;
	readonly turn: number;
	/** Refused as `mail` while there is unseen mail, of any kind or of any other kind than messages. */
	readonly unlessUnseen?: 'any' | 'but messages';
	/** Number of the mail that began this turn, which is consumed: the one after the stored `seen`, or `seen` to consume none. */
	readonly seen?: number;
	readonly status: 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';
	/** When a waiting run is due. */
	readonly wakeAt: number | null;
	/** `delta`: stored as the `at`-th delta (from 0), in place of all from there on. */
	readonly state: { readonly full: Uint8Array } | { readonly delta: Uint8Array; readonly at: number } | null;
	readonly log: Uint8Array | null;
	/** `log` takes the place of all that is stored. */
	readonly logAfresh?: boolean;
	readonly functions?: readonly string[];
	readonly waits?: { readonly open: readonly string[]; readonly detail: Uint8Array } | null;
	readonly progress?: Uint8Array;
	readonly outcome?: Uint8Array;
	readonly event?: Uint8Array;
	/** For the outbox, in order. */
	readonly emitted?: readonly { readonly seq: number; readonly event: Uint8Array }[];
	/** Runs that begin with the turn; none of them is claimed by that. */
	readonly starts?: readonly NewRun[];
	/** Runs whose end is to be mail to this one. */
	readonly awaits?: readonly string[];
}

/** A transaction while a function of the user's works in it. */
export interface OpenTransaction {
	/** Of which store. */
	readonly store: string;
	readonly ended: boolean;
}

export interface Transacted<S> {
	/** Of which store the function wants a transaction; another rejects. */
	readonly store: string;
	body(tx: OpenTransaction): Promise<S>;
	/** Ms: then what was done is rolled back, and `late` says how it went. */
	readonly limit: number;
	late(): S;
	turn(settled: S): Promise<TurnCommit>;
}

/** `held`: the run is still this worker's. `sent`: mail posted until then. */
export type Committed =
	| { readonly outcome: 'committed'; readonly sent: number; readonly held: boolean }
	/** `fenced`: claimed by another, or not after that turn. */
	| { readonly outcome: 'fenced' | 'mail' }
	/** The id of a child is another run's: `difference` says in what. */
	| { readonly outcome: 'conflict'; readonly runId: string; readonly difference: string };

/** Whether those who wait for a run may find what they wait for in this turn. */
export function isNews({ status, waits }: TurnCommit): boolean {
	return status !== 'running' || waits !== undefined;
}

/** What a start is known by. */
type StartOf = Pick<NewRun, 'functionId' | 'hash'>;

/** Of two starts under one id, in what they differ; null where they are the same start. */
export function differenceOf(run: StartOf, other: StartOf): string | null {
	if (run.functionId !== other.functionId) return `another function, '${run.functionId}'`;
	return run.hash === other.hash ? null : 'other arguments';
}

/** Recoveries from which a run is a suspect, and is claimed alone. */
export const SUSPECT = 2;

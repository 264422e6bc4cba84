import type { Settled } from '../driver/effects.ts';
import { leave, openMachine } from '../driver/resources.ts';
import { tellForeign } from '../language/durable-promise.ts';
import type { EffectCall } from '../machine/effect-call.ts';
import { GO_ON } from '../machine/failure.ts';
import type { Committed, HeldRun, RunRow } from '../ports/store.ts';
import { setAside } from './aside.ts';
import { blockedBy, blockedByMove } from './blocked.ts';
import type { Gate } from './gate.ts';
import type { HotRunHost } from './hot-run-host.ts';
import type { Warm } from './hot-states.ts';
import { InFlight } from './in-flight.ts';
import { Inbox, type Next } from './inbox.ts';
import { Incarnation, type Stored } from './incarnation.ts';
import { move } from './moving.ts';
import { isHopeless, patiently, pauseAfter } from './patience.ts';
import { type Made, refusalOf, transact } from './transact.ts';

const STARTED = { type: 'started' } as const;

/**
 * One run while a worker holds it. Events queue; one of them at a time becomes a turn, the turn a commit.
 *
 * States: loading -> (idle <-> turn) -> gone. Called by: the worker, effects and timers that it began.
 * H1: at most one turn is uncommitted, and nothing of a turn is done before its commit was acknowledged.
 * H2: after a commit that was refused or whose result is unknown the hot state is dropped; the stored turn
 *     number decides whether the event is delivered again.
 * H3: an effect in flight is never dispatched a second time by the same hold.
 * H4: once gone it does nothing: late outcomes are dropped, the signals of its effects are aborted.
 * H5: what a transaction wrote is stored if and only if the turn of its outcome is.
 */
export class HotRun {
	readonly id: string;
	readonly #host: HotRunHost;
	#epoch: number;
	#turn: number;
	#recovered: boolean;
	/** Undefined until it is loaded. */
	#hot: Incarnation | undefined;
	readonly #inbox: Inbox;
	readonly #inFlight = new InFlight();
	/** Null in the engine's own thread. */
	readonly #gate: Gate | null;
	/** Ids that a child cannot have, and why. */
	readonly #taken = new Map<string, string>();
	#failures = 0;
	#busy = false;
	#gone = false;
	/** The worker closes: how an effect ends that was aborted for that is no outcome. */
	#leaving = false;
	/** The transaction that is under way: it is waited for. */
	#transacting: string | null = null;
	/** Its machine stays warm in this process. */
	#kept = false;
	/** What was in flight when the run was claimed was issued again. */
	#reissued: boolean;
	/** An effect of it has begun here. */
	#performed = false;
	/** Aborted when it is gone: nobody waits for what is being opened. */
	readonly #opening = new AbortController();
	#stopTimer = () => {};
	#idle = () => {};

	constructor(host: HotRunHost, row: RunRow, gate: Gate | null) {
		this.#host = host;
		this.#gate = gate;
		this.#inbox = new Inbox(row);
		this.id = row.id;
		this.#epoch = row.epoch;
		this.#turn = row.turn;
		this.#recovered = row.recoveries > 0;
		this.#reissued = row.turn === 0;
	}

	get inFlight(): number {
		return this.#inFlight.size;
	}

	get busy(): boolean {
		return this.#busy;
	}

	/** Begins with the machine of the claimed row: effects that were pending are issued again, after what mail says to it. */
	async begin(warm: Warm, row: RunRow): Promise<void> {
		let { again, midway } = warm;
		// Its resources, and those of what it begins with, are opened before anything of it runs.
		const open = async () => {
			({ again, midway } = (await this.#take(row)) ?? warm);
		};
		if (warm.machine.closed.length === 0) this.#adopt(warm);
		else if (!(await this.#first(open))) return;
		// What was in flight may have begun, so it is another attempt.
		if (again !== undefined || midway) this.#recovered = true;
		const first = this.#turn === 0 ? STARTED : again === undefined && midway ? GO_ON : again;
		if (first) this.#inbox.add(first);
		await this.pump();
	}

	/** Begins, instead, with a row that does not fit the code that is there: a turn of its own moves it to that first. */
	async move(row: RunRow, misfit: unknown): Promise<void> {
		// Of a run that is tried again what was in flight may have begun.
		this.#recovered ||= row.event !== null;
		const moving = async () => {
			const moved = await move(this.#host, row, this.#taken, () => this.#gone);
			if (this.#gone) return;
			if (moved === null) return this.#leave(null);
			if ('row' in moved) return void (await this.#take(moved.row));
			this.#adopt(moved.warm);
			this.#committed(moved.made, moved.sent, moved.held);
		};
		if (await this.#first(moving, (why) => blockedByMove(why, misfit))) await this.pump();
	}

	/** What comes before anything is computed; false when that has set it aside, or it is gone. */
	async #first(what: () => Promise<unknown>, reasonOf = blockedBy): Promise<boolean> {
		if (!this.#enter()) return false;
		this.#busy = true;
		try {
			await what();
		} catch (error) {
			await this.#setAside(error, reasonOf);
		}
		this.#busy = false;
		this.#idle();
		return !this.#gone;
	}

	get claim(): HeldRun {
		return { runId: this.id, epoch: this.#epoch };
	}

	/** Mail may have come. */
	mailed(): void {
		this.#inbox.announce();
		this.pump();
	}

	/** Works off what is there. Never rejects. */
	async pump(): Promise<void> {
		if (this.#busy || this.#gone) return;
		this.#busy = true;
		this.#stopTimer();
		const mail = (after: number) => this.#patiently(() => this.#host.session.mail(this.id, after));
		try {
			for (;;) {
				if (this.#inbox.lacksMail) await this.#inbox.fetch(mail);
				// Nothing may be awaited between finding nothing and being idle: what comes meanwhile would be lost.
				const step = this.#gone ? null : this.#next();
				if (step === null || !this.#enter()) break;
				await step();
			}
		} catch (error) {
			await this.#setAside(error);
		}
		this.#busy = false;
		if (!this.#gone) this.#arm();
		this.#idle();
		this.#host.idle(this);
	}

	/**
	 * Gives it up as the worker closes. Effects in flight are aborted, and counted as attempts, so that the
	 * next one has another number. Rejects where that could not be written down.
	 */
	async abandon(): Promise<void> {
		this.#leaving = true;
		this.#inFlight.abortUnless((key) => key === this.#transacting);
		this.#opening.abort();
		while (this.#busy) await new Promise<void>((resolve) => (this.#idle = resolve));
		if (this.#gone) return;
		this.#drop();
		if (this.#inFlight.size === 0) return;
		const cut = this.#loaded.cutShort((key) => this.#inFlight.has(key), this.#stored);
		await this.#host.session.commit(cut);
	}

	/** As if the process had died here. */
	die(): void {
		this.#drop();
	}

	/** What is to be done now; null when there is nothing. */
	#next(): (() => Promise<void>) | null {
		const { transactions } = this.#inFlight;
		const call = this.#inbox.mailFirst || this.#leaving ? undefined : transactions.shift();
		if (call !== undefined) return () => this.#transact(call);
		const next = this.#inbox.next(this.#loaded.machine, this.#host.session.now(), this.#reissued);
		if (next !== null) return () => this.#compute(next);
		return this.#reissued ? null : () => this.#reissue();
	}

	/** The run is gone on with here: false, and gone, when the engine has given it to another thread. */
	#enter(): boolean {
		if (this.#gate === null || this.#gate.enter()) return true;
		this.#leave(null);
		return false;
	}

	async #compute(next: Next): Promise<void> {
		const { mail, live } = next;
		const event = live === undefined ? next.event : await this.#loaded.open(live, this.#opening.signal);
		if (this.#gone) return;
		const made = await this.#loaded.make({ ...next, event });
		if (this.#gone) return;
		// Mail is fetched again.
		const again = () => void (mail === null && this.#inbox.putBack(event));
		if (this.#isAllIn(made)) this.#gate?.commits();
		let committed: Committed;
		try {
			committed = await this.#host.session.commit(made.commit);
		} catch (error) {
			return this.#gone ? undefined : this.#recover(made, error, again);
		}
		if (this.#gone) return;
		if (committed.outcome === 'committed') return this.#committed(made, committed.sent, committed.held);
		if (committed.outcome === 'fenced') return this.#leave(null);
		again();
		await this.#again(committed);
	}

	/** Is nothing of the run here but what this turn's commit has? */
	#isAllIn({ turn }: Made): boolean {
		if (this.#inFlight.size > 0 || !this.#inbox.empty) return false;
		return !turn.dispatch.some((call) => this.#loaded.isCalled(call));
	}

	#committed({ commit, turn }: Made, sent: number, held: boolean): void {
		this.#failures = 0;
		this.#turn = commit.turn;
		this.#inbox.committed(commit.seen, sent);
		this.#host.progressed(this);
		for (const promise of turn.told) tellForeign(promise);
		for (const key of turn.abort) this.#inFlight.abort(key);
		if (held) {
			this.#loaded.committed(this.#stored);
			for (const call of turn.dispatch) this.#dispatch(call);
		} else this.#leave(commit.status === 'waiting' ? this.#loaded.warm(this.#turn) : null);
	}

	/**
	 * A turn was refused, and is computed again. `mail`: it had not seen all that had come before it, which
	 * therefore comes first. `conflict`: it started a child under an id that is another run's, and now knows.
	 */
	async #again(why: Exclude<Committed, { readonly outcome: 'committed' }>): Promise<void> {
		if (why.outcome === 'conflict') this.#taken.set(why.runId, why.difference);
		await this.#reload(this.#turn);
		if (why.outcome === 'mail') this.#inbox.refused();
	}

	/** An effect that is one transaction with the turn of its outcome: until that is committed no other turn is computed. */
	async #transact(call: EffectCall): Promise<void> {
		const { key } = call;
		const signal = this.#inFlight.signal(key);
		const refusal = refusalOf(call, this.#host, signal);
		if (refusal !== null) return this.#settled(key, refusal);
		this.#transacting = key;
		const done = await transact(call, signal, this.#host, (settled) =>
			this.#loaded.make(this.#inbox.turnOf({ type: 'effectSettled', key, ...settled })),
		);
		this.#transacting = null;
		if (this.#gone) return;
		const again = () => void this.#inFlight.transactions.unshift(call);
		const happened = () => this.#inFlight.end(key);
		if ('failed' in done) return this.#recover(done.made, done.failed, again, happened);
		const { made, committed } = done;
		if (committed.outcome === 'fenced') return this.#leave(null);
		if (committed.outcome === 'committed') {
			happened();
			return this.#committed(made, committed.sent, committed.held);
		}
		again();
		await this.#again(committed);
	}

	/**
	 * Its commit failed, or nobody knows: what is stored tells whether it happened (H2). `made` null: there was none.
	 * @param again when it did not.
	 */
	async #recover(made: Made | null, cause: unknown, again: () => void, happened = () => {}): Promise<void> {
		if (isHopeless(cause, ++this.#failures)) throw cause;
		await pauseAfter(this.#failures, this.#host.clock);
		if (made === null) return again();
		if (!(await this.#reload(made.commit.turn))) return;
		if (this.#turn === made.commit.turn) {
			happened();
			this.#host.progressed(this);
		} else again();
		if (this.#reissued) for (const call of this.#loaded.machine.pendingCalls(false)) this.#dispatch(call);
	}

	/** Takes up the stored state; false when the run is not this worker's any more. */
	async #reload(highest: number): Promise<boolean> {
		const row = await this.#patiently(() => this.#host.session.read(this.id, { state: true }));
		if (this.#gone) return false;
		if (row === null || row.epoch !== this.#epoch || row.status !== 'running' || row.turn > highest) {
			this.#leave(null);
			return false;
		}
		this.#loaded.leave();
		if ((await this.#take(row)) === null) return false;
		this.#loaded.flying((key) => this.#begun(key));
		this.#inFlight.abortUnless((key) => this.#loaded.wants(key));
		return true;
	}

	/** Goes on as it is stored; null when it is gone by then. */
	async #take(row: RunRow): Promise<Warm | null> {
		this.#turn = row.turn;
		this.#inbox.reloaded(row);
		const { clock } = this.#host;
		const open = await openMachine((opened) => this.#host.load(row, opened), clock, this.#opening.signal);
		if (this.#gone) leave(open.machine, false, clock);
		else this.#adopt(open);
		return this.#gone ? null : open;
	}

	#dispatch(call: EffectCall): void {
		const { dispatching, clock, runs } = this.#host;
		if (this.#gone || this.#begun(call.key)) return;
		if (!dispatching) {
			this.#loaded.machine.postpone(call.key);
			return;
		}
		if (!this.#enter()) return;
		this.#performed = true;
		this.#inFlight.begin(call, clock, runs, (settled) => {
			this.#settled(call.key, settled);
			this.pump();
		});
	}

	#settled(key: string, settled: Settled): void {
		if (this.#leaving) return;
		this.#inFlight.end(key);
		if (!this.#gone) this.#inbox.add({ type: 'effectSettled', key, ...settled });
	}

	/** In flight, or settled and not yet a turn. */
	#begun(key: string): boolean {
		return this.#inFlight.has(key) || this.#inbox.has(key);
	}

	/** What was in flight when the run was claimed; another attempt is counted before it is made. */
	async #reissue(): Promise<void> {
		const calls = this.#loaded.machine.pendingCalls(this.#recovered);
		if (calls.length > 0 && this.#recovered) {
			const committed = await this.#host.session.commit(this.#loaded.attempts(calls, this.#stored)).catch(() => null);
			if (this.#gone) return;
			if (committed === null) {
				await pauseAfter(1, this.#host.clock);
				await this.#reload(this.#turn);
				return;
			}
			if (committed.outcome !== 'committed') return this.#leave(null);
		}
		this.#reissued = true;
		for (const call of calls) this.#dispatch(call);
	}

	#arm(): void {
		const { session, clock } = this.#host;
		const { wakeAt } = this.#loaded.machine;
		if (wakeAt !== null)
			this.#stopTimer = clock.timer(clock.now() + Math.max(0, wakeAt - session.now()), () => this.pump());
	}

	#leave(parked: Warm | null): void {
		this.#kept = parked !== null;
		this.#drop();
		this.#host.gone(this, parked);
	}

	#drop(): void {
		this.#gone = true;
		this.#opening.abort();
		this.#stopTimer();
		if (this.#kept) this.#hot?.deafen();
		else this.#hot?.leave();
		this.#inFlight.abortAll();
	}

	/** Nothing of it can be computed here. */
	async #setAside(error: unknown, reasonOf = blockedBy): Promise<void> {
		const run = { id: this.id, epoch: this.#epoch, opening: this.#opening.signal, begun: this.#performed };
		const ask = <T>(what: () => Promise<T>) => this.#patiently(what);
		const aside = await setAside(this.#host.session, run, error, ask, () => this.#gone, reasonOf);
		if (aside && !this.#gone) this.#leave(null);
	}

	#adopt(warm: Warm): void {
		warm.machine.taken = this.#taken;
		this.#hot = new Incarnation(this.#host, warm, this.#stored, (event) => {
			this.#inbox.add(event);
			this.pump();
		});
	}

	get #loaded(): Incarnation {
		return this.#hot!;
	}

	get #stored(): Stored {
		return { turn: this.#turn, epoch: this.#epoch, seen: this.#inbox.seen };
	}

	/** For as long as the run is held. */
	#patiently<T>(ask: () => Promise<T>): Promise<T> {
		return patiently(this.#host.clock, ask, () => this.#gone);
	}
}

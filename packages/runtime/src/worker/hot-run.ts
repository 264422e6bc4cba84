import { performEffect, type Runs, type Settled, settledWith } from '../driver/effects.ts';
import { leave, openMachine } from '../driver/resources.ts';
import { UnsupportedError } from '../errors/internal.ts';
import { TimeoutError } from '../errors/run.ts';
import { ResourceError, SealError } from '../errors/saving.ts';
import { tellForeign } from '../language/durable-promise.ts';
import { durationText } from '../language/duration-text.ts';
import { decode } from '../machine/bytes.ts';
import type { EffectCall } from '../machine/effect-call.ts';
import { GO_ON } from '../machine/failure.ts';
import { Jobs } from '../machine/jobs.ts';
import type { Machine } from '../machine/machine.ts';
import { type StateWriter, writeState } from '../machine/state.ts';
import type { Event, Turn, Unread } from '../machine/turn.ts';
import type { Clock } from '../ports/clock.ts';
import type { Committed, Mail, RunRow, StoreSession, TurnCommit } from '../ports/store.ts';
import { blockedBy } from './blocked.ts';
import type { Warm } from './hot-states.ts';
import type { SizeWatch } from './size.ts';
import type { Answer } from './stored.ts';
import type { StoredLog } from './stored-log.ts';
import { type Before, beforeOf, commitOf, type MailTaken, unopened, waitsNow } from './turn-commit.ts';

export interface HotRunHost {
	readonly session: StoreSession;
	readonly clock: Clock;
	readonly size: SizeWatch;
	/** For its effects: other runs of the engine. */
	readonly runs: Runs;
	/** False while the worker closes: what is issued then is left to the next worker. */
	readonly dispatching: boolean;
	/** Makes the machine of a stored run. @throws for code or bytes that do not fit. */
	load(row: RunRow, opened?: readonly object[]): Warm;
	/** A turn was committed: the run is not what kills its worker. */
	progressed(run: HotRun): void;
	/** No longer this worker's; `parked` when it only waits. */
	gone(run: HotRun, parked: Warm | null): void;
	/** It has nothing to do at the moment. */
	idle(run: HotRun): void;
}

/** Pause before a failed call of the store is looked into (ms), doubled each time up to the second. */
const RETRY = [50, 10_000] as const;
/** Commits of one turn that may fail. Then it is the turn that the store cannot take, or the store is gone for long. */
const FAILURES = 10;

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
	#sent: number;
	#seen: number;
	#recovered: boolean;
	#machine: Machine = undefined as never;
	#writer!: StateWriter;
	#before!: Before;
	#log!: StoredLog;
	readonly #events = new Jobs<Event>();
	/** Events of turns that are to be computed again, the next one last. */
	readonly #back: Event[] = [];
	/** Keys of effects whose outcome is among the events. */
	readonly #settled = new Set<string>();
	#mail: Mail[] = [];
	/** Ids that a child cannot have, and why. */
	readonly #taken = new Map<string, string>();
	/** Mail may be there that was not fetched. */
	#announced = false;
	/** Mail comes before the next outcome: a turn was refused for it. */
	#mailFirst = false;
	readonly #inFlight = new Map<string, AbortController>();
	/** Effects among these that are to be committed with their outcome. */
	readonly #transactions: EffectCall[] = [];
	#failures = 0;
	#busy = false;
	#gone = false;
	/** Its machine stays warm in this process. */
	#kept = false;
	/** What was in flight when the run was claimed was issued again. */
	#reissued: boolean;
	/** Aborted when it is gone: nobody waits for what is being opened. */
	readonly #opening = new AbortController();
	#stopTimer = () => {};
	#idle = () => {};
	/** Of a failed run that is tried again: its open waits, which were closed, and the children that it awaits. */
	#waits: Pick<TurnCommit, 'waits' | 'awaits'> | null = null;

	constructor(host: HotRunHost, row: RunRow) {
		this.#host = host;
		this.id = row.id;
		this.#epoch = row.epoch;
		this.#turn = row.turn;
		this.#sent = row.sent;
		this.#seen = row.seen;
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
		if (warm.machine.closed.length > 0) {
			const open = await this.#open(row);
			if (open === null) return;
			this.#adopt(open);
		} else this.#adopt(warm);
		const { again, midway } = warm;
		if (this.#turn === 0) this.#events.add({ type: 'started' });
		if (again !== undefined) this.#waits = waitsNow(this.#machine);
		// What was in flight may have begun, so it is another attempt.
		if (again !== undefined || midway) this.#recovered = true;
		const first = again === undefined && midway ? GO_ON : again;
		if (first) this.#events.add(first);
		await this.pump();
	}

	/** Its resources are opened before anything of it runs; null when it was set aside, because one cannot be. */
	async #open(row: RunRow): Promise<Warm | null> {
		this.#busy = true;
		try {
			const open = await this.#opened(row);
			if (!this.#gone) return open;
			leave(open.machine, false, this.#host.clock);
		} catch (error) {
			await this.#setAside(error);
		} finally {
			this.#busy = false;
			this.#idle();
		}
		return null;
	}

	#opened(row: RunRow): Promise<Warm> {
		const { clock } = this.#host;
		return openMachine((opened) => this.#host.load(row, opened), clock, this.#opening.signal);
	}

	/** Mail may have come. */
	mailed(): void {
		this.#announced = true;
		this.pump();
	}

	/** Works off what is there. Never rejects. */
	async pump(): Promise<void> {
		if (this.#busy || this.#gone) return;
		this.#busy = true;
		this.#stopTimer();
		try {
			for (;;) {
				if (this.#announced || (this.#mail.length === 0 && this.#sent > this.#seen)) await this.#fetch();
				// Nothing may be awaited between finding nothing and being idle: what comes meanwhile would be lost.
				const call = this.#gone || this.#mailFirst ? undefined : this.#transactions.shift();
				const next = this.#gone || call !== undefined ? null : this.#next();
				if (call !== undefined) await this.#transact(call);
				else if (next !== null) await this.#compute(next.event, next.mail);
				else if (this.#transactions.length > 0 && !this.#gone) continue;
				else if (this.#gone || this.#reissued) break;
				else await this.#reissue();
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
	 * next one has another number.
	 */
	async abandon(): Promise<void> {
		for (const controller of this.#inFlight.values()) controller.abort();
		this.#opening.abort();
		while (this.#busy) await new Promise<void>((resolve) => (this.#idle = resolve));
		if (this.#gone) return;
		this.#drop();
		if (this.#inFlight.size === 0) return;
		const calls = this.#machine.pendingCalls(true);
		for (const { key } of calls) if (!this.#inFlight.has(key)) this.#machine.withhold(key);
		const cut = calls.filter(({ key }) => this.#inFlight.has(key));
		await this.#host.session.commit(this.#attempts(cut)).catch(() => {});
	}

	/** As if the process had died here. */
	die(): void {
		this.#drop();
	}

	// --- events

	#next(): { event: Event; mail: MailTaken | null } | null {
		const cancelled = this.#turn === 0 ? this.#cancelledBefore() : null;
		if (cancelled !== null) return cancelled;
		const event = this.#mailFirst ? undefined : this.#outcome();
		if (event !== undefined) return { event, mail: null };
		this.#mailFirst = false;
		const mail = this.#mail.shift();
		if (mail !== undefined) return { event: eventOf(mail), mail: { number: mail.number, behind: this.#mail } };
		const late = this.#outcome();
		if (late !== undefined) return { event: late, mail: null };
		const { wakeAt } = this.#machine;
		if (wakeAt === null || wakeAt > this.#host.session.now()) return null;
		return { event: { type: 'timerFired' }, mail: null };
	}

	/** A run that was cancelled before it began does not begin; messages that came before that are left over too. */
	#cancelledBefore(): { event: Event; mail: MailTaken } | null {
		const cancel = this.#mail.find(({ kind }) => kind === 'cancel');
		if (cancel === undefined) return null;
		const behind = this.#mail.filter((mail) => mail !== cancel);
		return { event: eventOf(cancel), mail: { number: cancel.number, behind } };
	}

	/** The next event that the run still wants. */
	#outcome(): Event | undefined {
		for (;;) {
			const event = this.#back.pop() ?? this.#events.take();
			if (event?.type === 'effectSettled') this.#settled.delete(event.key);
			if (event?.type !== 'effectSettled' || this.#machine.awaits(event.key)) return event;
		}
	}

	async #fetch(): Promise<void> {
		// Before the look: what is announced meanwhile needs another.
		this.#announced = false;
		this.#mail = [...(await this.#patiently(() => this.#host.session.mail(this.id, this.#seen)))];
		this.#sent = this.#mail.at(-1)?.number ?? this.#seen;
	}

	// --- a turn

	async #compute(event: Event, mail: MailTaken | null): Promise<void> {
		const { session, size } = this.#host;
		const turn = this.#machine.apply(event, session.now(), () => unreadOf(mail?.behind ?? []));
		await this.#log.prepare(turn.log, () => session.log(this.id));
		if (this.#gone) return;
		const commit = commitOf(this.#machine, turn, event, mail, this.#before, this.#writer, size);
		let committed: Committed;
		try {
			committed = await session.commit(commit);
		} catch (error) {
			return this.#gone ? undefined : this.#recover(commit, event, mail, error);
		}
		if (this.#gone) return;
		if (committed.outcome !== 'committed') {
			if (committed.outcome === 'fenced') return this.#leave(null);
			if (committed.outcome === 'conflict') this.#taken.set(committed.runId, committed.difference);
			return this.#again(event, mail, committed.outcome);
		}
		this.#committed(commit, turn, committed.sent, committed.held);
	}

	#committed(commit: TurnCommit, turn: Turn, sent: number, held: boolean): void {
		this.#failures = 0;
		this.#turn = commit.turn;
		this.#seen = commit.seen ?? this.#seen;
		this.#sent = sent;
		this.#host.progressed(this);
		for (const promise of turn.told) tellForeign(promise);
		for (const key of turn.abort) this.#inFlight.get(key)?.abort();
		if (!held) {
			const warm = { machine: this.#machine, writer: this.#writer, log: this.#log, turn: this.#turn };
			this.#leave(commit.status === 'waiting' ? warm : null);
			return;
		}
		this.#before = this.#beforeNow();
		for (const call of turn.dispatch) this.#dispatch(call);
	}

	/**
	 * The turn was refused, and is computed again. `mail`: it had not seen all that had come before it, which
	 * therefore comes first. `conflict`: it started a child under an id that is another run's, and now knows.
	 */
	async #again(event: Event, mail: MailTaken | null, why: 'mail' | 'conflict'): Promise<void> {
		// Mail is fetched again.
		if (mail === null) this.#putBack(event);
		this.#mailFirst = why === 'mail';
		await this.#reload(this.#turn);
	}

	/** An effect that is one transaction with the turn of its outcome: until that is committed no other turn is computed. */
	async #transact(call: EffectCall): Promise<void> {
		const { session, size, clock, runs } = this.#host;
		const { signal } = this.#inFlight.get(call.key)!;
		const { store, limit: usual } = call.transaction()!;
		const limit = call.policy()?.timeout ?? usual;
		const refused = signal.aborted ? signal.reason : session.transact === undefined ? noTransactions(call) : null;
		if (refused !== null) return this.#outcomeOf(call.key, settledWith(refused));
		let made: { turn: Turn; commit: TurnCommit } | null = null;
		let broken: { readonly error: unknown } | null = null;
		let committed: Committed;
		try {
			committed = await session.transact!<Settled>({
				store,
				limit,
				body: (transaction) => performEffect(call, signal, { own: clock, runs, transaction }),
				late: () =>
					settledWith(new TimeoutError({ what: `the transaction '${call.name}'`, timeout: durationText(limit) })),
				turn: async (settled) => {
					try {
						const event: Event = { type: 'effectSettled', key: call.key, ...settled };
						const turn = this.#machine.apply(event, session.now());
						await this.#log.prepare(turn.log, () => session.log(this.id));
						made = { turn, commit: commitOf(this.#machine, turn, event, null, this.#before, this.#writer, size) };
						return made.commit;
					} catch (error) {
						broken = { error };
						throw error;
					}
				},
			});
		} catch (error) {
			if (broken !== null) throw (broken as { error: unknown }).error;
			return this.#gone ? undefined : this.#repeat(call, made, error);
		}
		if (this.#gone) return;
		const { turn, commit } = made!;
		if (committed.outcome === 'committed') {
			this.#inFlight.delete(call.key);
			return this.#committed(commit, turn, committed.sent, committed.held);
		}
		if (committed.outcome === 'fenced') return this.#leave(null);
		if (committed.outcome === 'conflict') this.#taken.set(committed.runId, committed.difference);
		this.#transactions.unshift(call);
		this.#mailFirst = committed.outcome === 'mail';
		await this.#reload(this.#turn);
	}

	/** Its commit failed, or nobody knows: what is stored tells whether it happened, and if not, all of it happens again. */
	async #repeat(call: EffectCall, made: { readonly commit: TurnCommit } | null, cause: unknown): Promise<void> {
		if (++this.#failures > FAILURES) throw cause;
		await this.#pause(Math.min(RETRY[0] * 2 ** (this.#failures - 1), RETRY[1]));
		this.#transactions.unshift(call);
		if (made === null || !(await this.#reload(made.commit.turn))) return;
		if (this.#turn !== made.commit.turn) return;
		this.#transactions.shift();
		this.#inFlight.delete(call.key);
		this.#host.progressed(this);
		if (this.#reissued) for (const next of this.#machine.pendingCalls(false)) this.#dispatch(next);
	}

	/** Nobody knows whether the commit happened: the store does (H2). */
	async #recover(commit: TurnCommit, event: Event, mail: MailTaken | null, cause: unknown): Promise<void> {
		if (++this.#failures > FAILURES) throw cause;
		await this.#pause(Math.min(RETRY[0] * 2 ** (this.#failures - 1), RETRY[1]));
		if (!(await this.#reload(commit.turn))) return;
		if (this.#turn === commit.turn) this.#host.progressed(this);
		else if (mail === null) this.#putBack(event);
		if (this.#reissued) for (const call of this.#machine.pendingCalls(false)) this.#dispatch(call);
	}

	#putBack(event: Event): void {
		this.#back.push(event);
		if (event.type === 'effectSettled') this.#settled.add(event.key);
	}

	/** Takes up the stored state; false when the run is not this worker's any more. */
	async #reload(highest: number): Promise<boolean> {
		const { session } = this.#host;
		const row = await this.#patiently(() => session.read(this.id, { state: true }));
		if (this.#gone) return false;
		if (row === null || row.epoch !== this.#epoch || row.status !== 'running' || row.turn > highest) {
			this.#leave(null);
			return false;
		}
		this.#turn = row.turn;
		this.#seen = row.seen;
		this.#sent = row.sent;
		this.#mail = [];
		this.#cool();
		this.#machine.door.listener = null;
		const open = await this.#opened(row);
		if (this.#gone) {
			leave(open.machine, false, this.#host.clock);
			return false;
		}
		this.#adopt(open);
		for (const pending of this.#machine.state.pending.values()) {
			if (pending.kind === 'effect' && this.#begun(pending.key)) pending.flying = true;
		}
		for (const [key, controller] of this.#inFlight) if (!this.#wants(key)) controller.abort();
		return true;
	}

	// --- effects and timers

	#dispatch(call: EffectCall): void {
		if (this.#begun(call.key)) return;
		if (!this.#host.dispatching) {
			this.#machine.withhold(call.key);
			return;
		}
		const controller = new AbortController();
		this.#inFlight.set(call.key, controller);
		if (call.transaction() !== null) {
			this.#transactions.push(call);
			this.pump();
			return;
		}
		performEffect(call, controller.signal, { own: this.#host.clock, runs: this.#host.runs }).then((settled) => {
			this.#outcomeOf(call.key, settled);
			this.pump();
		});
	}

	#outcomeOf(key: string, settled: Settled): void {
		this.#inFlight.delete(key);
		if (this.#gone) return;
		this.#settled.add(key);
		this.#events.add({ type: 'effectSettled', key, ...settled });
	}

	/** False for an effect of a cancelled fiber. */
	#wants(key: string): boolean {
		const pending = this.#machine.state.pending.get(key);
		return pending?.kind === 'effect' && pending.graceAt === null;
	}

	/** In flight, or settled and not yet a turn. */
	#begun(key: string): boolean {
		return this.#inFlight.has(key) || this.#settled.has(key);
	}

	/** What was in flight when the run was claimed; another attempt is counted before it is made. */
	async #reissue(): Promise<void> {
		const calls = this.#machine.pendingCalls(this.#recovered);
		if (calls.length > 0 && this.#recovered) {
			const committed = await this.#host.session.commit(this.#attempts(calls)).catch(() => null);
			if (this.#gone) return;
			if (committed === null) {
				await this.#pause(RETRY[0]);
				await this.#reload(this.#turn);
				return;
			}
			if (committed.outcome !== 'committed') return this.#leave(null);
		}
		this.#reissued = true;
		for (const call of calls) this.#dispatch(call);
	}

	/** Commits that another attempt of these was counted, and nothing else. */
	#attempts(calls: readonly EffectCall[]): TurnCommit {
		return {
			runId: this.id,
			epoch: this.#epoch,
			after: this.#turn,
			turn: this.#turn,
			status: 'running',
			wakeAt: null,
			state: writeState(this.#writer, this.#machine.state),
			// Each in full: it may have another key now.
			...this.#log.write(this.#machine.begun(calls, this.#host.session.now()), -1),
			...this.#waits,
		};
	}

	#arm(): void {
		const { session, clock } = this.#host;
		const { wakeAt } = this.#machine;
		if (wakeAt !== null)
			this.#stopTimer = clock.timer(clock.now() + Math.max(0, wakeAt - session.now()), () => this.pump());
	}

	// --- the end

	#leave(parked: Warm | null): void {
		this.#kept = parked !== null;
		this.#drop();
		this.#host.gone(this, parked);
	}

	#drop(): void {
		this.#gone = true;
		this.#opening.abort();
		this.#stopTimer();
		if (this.#machine !== undefined) this.#machine.door.listener = null;
		if (this.#machine !== undefined && !this.#kept) this.#cool();
		for (const controller of this.#inFlight.values()) controller.abort();
	}

	/** Nothing of the run can be computed here, and the worker goes on. */
	async #setAside(error: unknown): Promise<void> {
		if (!ResourceError.is(error)) return this.#block(error);
		// As the worker closes nobody has waited long enough to say that it cannot be opened.
		if (this.#gone || this.#opening.signal.aborted) return;
		const { session } = this.#host;
		try {
			const row = await this.#patiently(() => session.read(this.id));
			const commit = row === null || row.epoch !== this.#epoch ? null : unopened(row, error);
			if (commit !== null && !this.#gone) await this.#patiently(() => session.commit(commit));
		} catch (error) {
			return this.#block(error);
		}
		if (!this.#gone) this.#leave(null);
	}

	/** What is wrong is not the user's code: the run is set aside with a reason, until other code comes. */
	async #block(error: unknown): Promise<void> {
		if (this.#gone) return;
		const reason = JSON.stringify(blockedBy(error));
		await this.#patiently(() => this.#host.session.block(this.id, this.#epoch, reason)).catch(() => {});
		if (!this.#gone) this.#leave(null);
	}

	/** Lets go of what is open: of a run that is over what was opened for it, else what it goes on with elsewhere too. */
	#cool(): void {
		leave(this.#machine, this.#machine.state.ended === null, this.#host.clock);
	}

	#adopt({ machine, writer, log, again, midway }: Warm): void {
		this.#machine = machine;
		machine.taken = this.#taken;
		this.#writer = writer;
		this.#log = log;
		machine.door.listener = (event) => {
			this.#events.add(event);
			this.pump();
		};
		this.#before = this.#beforeNow();
		if (again === undefined && !midway) return;
		// As a failed run none of its waits was open, and nobody was to tell it of children.
		const { open } = this.#before;
		this.#before = { ...this.#before, open: again === undefined ? open : [], waits: '', awaited: [] };
	}

	#beforeNow(): Before {
		return beforeOf(this.#machine, { turn: this.#turn, epoch: this.#epoch, seen: this.#seen }, this.#log);
	}

	/** Asks a store that fails again and again, ever more slowly, for as long as the run is held. */
	async #patiently<T>(ask: () => Promise<T>): Promise<T> {
		for (let pause: number = RETRY[0]; ; pause = Math.min(pause * 2, RETRY[1])) {
			try {
				return await ask();
			} catch (error) {
				if (this.#gone || SealError.is(error)) throw error;
			}
			await this.#pause(pause);
		}
	}

	#pause(time: number): Promise<void> {
		const { clock } = this.#host;
		return new Promise((resolve) => {
			clock.timer(clock.now() + time, resolve);
		});
	}
}

function noTransactions({ name, at }: EffectCall): UnsupportedError {
	return new UnsupportedError({
		what: `the transaction '${name}' on this store`,
		point: at,
		help: 'create the engine over the store that the function belongs to',
	});
}

function unreadOf(mail: readonly Mail[]): Unread[] {
	return mail.map(eventOf).filter((event) => event.type === 'received' || event.type === 'resumed');
}

function eventOf({ kind, name, payload, status }: Mail): Event {
	if (kind === 'ended' && status === undefined) return { type: 'childEnded', child: name, ended: null };
	const value = decode(payload);
	switch (kind) {
		case 'ended':
			return { type: 'childEnded', child: name, ended: { status: status!, value } };
		case 'message':
			return { type: 'received', name, payload: value };
		case 'answer':
			return { type: 'resumed', suspension: name, ...(value as Answer) };
		case 'cancel':
			return { type: 'cancelled', reason: value };
	}
}

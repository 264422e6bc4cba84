import type { LogEntry } from '@perdure/runtime';
import type { Committed, HeldRun, Mail, NewRun, RunRow, TurnCommit } from '../../packages/runtime/src/ports/store.ts';
import { Past, sourceOf } from './past.ts';
import type { Emitted } from './program.ts';

/** With one death more a run that kills its workers is set aside, and a simulated one would wait for ever. */
const MOST_DEATHS = 3;

/** One attempt of an effect, as the world saw it. */
export interface Attempt {
	readonly run: string;
	readonly call: string;
	readonly key: string;
	readonly attempt: number;
}

/**
 * Watches a simulation from outside and says which promise of runtime.md is broken.
 *
 * L1: each committed turn follows the one before: none is applied twice, none is lost.
 * L2: a turn is committed only by the process that has the run, under the epoch of its claim.
 * L3: nothing is committed to a run that has ended, unless it failed and is tried again.
 * L4: an effect has one key in all its attempts, no other effect has it, and no attempt number comes twice.
 * L5: an entry of the log only moves on: started to executed or discarded, and stays what it then is; what failed a run that is tried again is settled anew, and of one that is given up takes another place in the order.
 * L6: what began inside a `try` has been cleaned up by the end of its run.
 * L7: an emitted event is handed out until it is acknowledged, and not after that.
 * L8: events of one run are first handed out in the order of their entries in its log.
 * L9: what a run emitted is what its turns did: each event once, in the order of its branch.
 * L10: what is done in a transaction is there once for each call that succeeded, and nothing of one that failed.
 * L11: a claimed run has counted the deaths of those who had it since its last turn: no more, no fewer.
 * L12: of a run and an id there is one fork. It does again nothing that was over where it began, cleans up what was open there, and was cancelled if its source was.
 * L13: what a run starts is there, and was started once.
 * L14: nothing secret of a run comes to a store that is to be sealed.
 * L15: what a log has the outcome of is not attempted again, unless it failed the run and that is tried again: giving it up does nothing twice.
 */
export class Ledger {
	/** The first promise that was broken. */
	broken: Error | null = null;
	readonly #turns = new Map<string, number>();
	readonly #epochs = new Map<string, number>();
	/** Which process has a run. */
	readonly #holders = new Map<string, number>();
	readonly #expired = new Set<number>();
	/** Of those who had a run, since its last turn. */
	readonly #deaths = new Map<string, number>();
	readonly #ended = new Set<string>();
	readonly #keys = new Map<string, string>();
	readonly #calls = new Map<string, string>();
	readonly #attempts = new Map<string, Set<number>>();
	readonly #retried = new Set<string>();
	/** Those among them that were not only given up. */
	readonly #tried = new Set<string>();
	/** By `run call`: what a log has the outcome of. */
	readonly #settled = new Map<string, { readonly attempt: number; readonly failed: boolean }>();
	readonly #logs = new Map<string, Map<number, LogEntry>>();
	readonly #delivered = new Map<string, Map<number, unknown>>();
	readonly #acknowledged = new Set<string>();
	/** What forks have of other runs. */
	readonly past = new Past();
	/** Mail by its number, as a text: `kind name`. */
	readonly #mail = new Map<string, string>();
	/** How often something was stored that everybody can read. */
	readable = 0;
	/** How often an event was handed out. */
	deliveries = 0;
	/** Of all attempts, in the order in which they began. */
	readonly performed: Attempt[] = [];

	/** Turns that were refused because others have the run. */
	fenced = 0;
	/** How often a run was set aside. */
	blocks = 0;

	/** A run was created. */
	created({ id, midway }: NewRun): void {
		if (sourceOf(id) === null) return;
		this.#check(!this.#turns.has(id), 'L12', `${id} was forked twice`);
		const turn = midway?.turn ?? 0;
		this.#turns.set(id, turn);
		this.past.forked(id, turn);
		this.past.reached(id, turn);
	}

	mailed(runId: string, mail: readonly Mail[]): void {
		for (const { number, kind, name } of mail) this.#mail.set(`${runId} ${number}`, `${kind} ${name}`);
	}

	claimed({ id, epoch, recoveries, turn }: RunRow, process: number): void {
		this.past.reached(id, turn);
		const before = this.#epochs.get(id) ?? 0;
		this.#check(epoch > before, 'L2', `${id} was claimed under epoch ${epoch} after ${before}`);
		const holder = this.#holders.get(id);
		// One claim was on its way as its process was taken for dead.
		if (holder !== undefined && this.#expired.has(holder) && epoch > before + 1) this.#leave(id, true);
		this.#check(!this.#holders.has(id), 'L2', `${id} was claimed by ${process}, and ${this.#holders.get(id)} has it`);
		const deaths = this.#deaths.get(id) ?? 0;
		this.#check(recoveries === deaths, 'L11', `${id} has counted ${recoveries} deaths of ${deaths}`);
		this.#epochs.set(id, epoch);
		this.#holders.set(id, process);
	}

	/** A process no longer has what it had: it died, or is taken for dead. */
	died(process: number): void {
		this.#expired.add(process);
		this.kept(process, [], true);
	}

	/** A process lets go of all but these. */
	kept(process: number, claims: readonly HeldRun[], died = false): void {
		for (const [id, holder] of this.#holders) {
			const isKept = claims.some(({ runId, epoch }) => runId === id && epoch === this.#epochs.get(id));
			if (holder === process && !isKept) this.#leave(id, died);
		}
	}

	#leave(id: string, died: boolean): void {
		this.#holders.delete(id);
		if (died) this.#deaths.set(id, (this.#deaths.get(id) ?? 0) + 1);
	}

	/** It was set aside; for whoever takes it up it is no suspect. */
	released(runId: string, { died } = { died: false }): void {
		this.#leave(runId, died);
		this.#deaths.set(runId, Math.min(this.#deaths.get(runId) ?? 0, 1));
		this.blocks++;
	}

	/** Something that everybody can read has come to a store. */
	plain(sealed: boolean): void {
		this.readable++;
		this.#check(!sealed, 'L14', 'the store can read what was to be sealed');
	}

	/** False while that would set a run aside for good. */
	mayDie(process: number): boolean {
		return ![...this.#holders].some(([id, holder]) => holder === process && (this.#deaths.get(id) ?? 0) >= MOST_DEATHS);
	}

	retried(runId: string): void {
		this.#check(this.#ended.delete(runId), 'L3', `${runId} was tried again before it had failed`);
		this.#deaths.delete(runId);
		this.#retried.add(runId);
	}

	/** A client tries it again, where it has failed. */
	tries(runId: string): void {
		this.#tried.add(runId);
	}

	/** It has failed, and was tried again or given up. */
	wasRetried(runId: string): boolean {
		return this.#retried.has(runId);
	}

	/** `booked`: what it is one transaction with; what happened after that may have been told of before. */
	committed(commit: TurnCommit, result: Committed, process: number, booked?: { readonly call: string | null }): void {
		if (result.outcome === 'fenced') this.fenced++;
		if (result.outcome !== 'committed') return;
		const { runId, epoch, after, turn, status } = commit;
		const before = this.#turns.get(runId) ?? 0;
		this.#check(after === before, 'L1', `${runId} has turn ${before}, and one after ${after} was committed`);
		this.#check(turn === after || turn === after + 1, 'L1', `${runId} went from turn ${after} to ${turn}`);
		const holder = this.#holders.get(runId);
		const overtaken = booked !== undefined && holder === undefined && this.#expired.has(process);
		this.#check(process === holder || overtaken, 'L2', `${runId} was committed by ${process}, and ${holder} has it`);
		this.#check(epoch === this.#epochs.get(runId), 'L2', `${runId} was committed under epoch ${epoch}`);
		this.#check(!this.#ended.has(runId), 'L3', `${runId} was committed after its end`);
		this.#turns.set(runId, turn);
		this.#inherit(commit, booked?.call ?? null);
		if (turn > after) this.#deaths.delete(runId);
		if (overtaken && result.held) this.#deaths.set(runId, 1);
		if (!result.held) this.#holders.delete(runId);
		if (status !== 'running' && status !== 'waiting') this.#ended.add(runId);
	}

	/** What those who fork the run from now on have of it. */
	#inherit({ runId, turn, seen, emitted = [], starts = [] }: TurnCommit, booked: string | null): void {
		const { past } = this;
		past.reached(runId, turn);
		if (seen !== undefined) past.did(runId, 'seen', this.#mail.get(`${runId} ${seen}`)!);
		if (booked !== null) past.did(runId, 'booked', booked);
		for (const { seq } of emitted) past.did(runId, 'emitted', `${seq}`);
		for (const { id } of starts) past.did(runId, 'started', id);
	}

	/** `again`: what is undone where it fails, and done again without being another attempt. */
	perform(attempt: Attempt, again = false): void {
		const { run, call, key } = attempt;
		const name = `${run} ${call}`;
		this.#check((this.#keys.get(name) ?? key) === key, 'L4', `${name} has the keys ${this.#keys.get(name)} and ${key}`);
		this.#check((this.#calls.get(key) ?? name) === name, 'L4', `${key} is of ${this.#calls.get(key)} and of ${name}`);
		this.#keys.set(name, key);
		this.#calls.set(key, name);
		const numbers = this.#attempts.get(key) ?? new Set();
		this.#check(again || !numbers.has(attempt.attempt), 'L4', `attempt ${attempt.attempt} of ${name} began twice`);
		this.#attempts.set(key, numbers.add(attempt.attempt));
		const settled = this.#settled.get(name);
		const over = settled !== undefined && !(settled.failed && this.#tried.has(run));
		// Who was taken for dead may yet begin an attempt that others have counted.
		this.#check(!over || attempt.attempt <= settled.attempt, 'L15', `${name} was attempted again after its outcome`);
		this.performed.push(attempt);
		this.past.did(run, 'performed', call);
	}

	/** A log as somebody read it. */
	read(runId: string, log: readonly LogEntry[]): void {
		const before = this.#logs.get(runId) ?? new Map<number, LogEntry>();
		const latest = Math.max(...[...before.values()].map(({ settledSeq }) => settledSeq ?? 0));
		const isFork = sourceOf(runId) !== null;
		for (const entry of log) {
			// What a fork has of its source it may begin anew; L12 says what it does not.
			const call = entry.state === 'executed' && !isFork ? callOf(entry) : null;
			if (call !== null) {
				this.#settled.set(`${runId} ${call}`, { attempt: entry.attempt, failed: mayHaveFailed(entry) });
			}
			const old = before.get(entry.seq);
			if (old === undefined || entry.kind === 'pruned') continue;
			const same = (['kind', 'name', 'fiber'] as const).every((field) => old[field] === entry[field]);
			this.#check(same && old.site.id === entry.site.id, 'L5', `entry ${entry.seq} of ${runId} became another`);
			const name = `entry ${entry.seq} of ${runId}`;
			// A fork begins anew with what was in flight in its source.
			const anew = isFork && entry.attempt <= 1;
			this.#check(anew || old.attempt <= entry.attempt, 'L5', `${name}: attempt ${old.attempt} to ${entry.attempt}`);
			// The turn that failed happens again, and in another way; that of its source, in a fork. Given up, a run hears all the same how its effect went.
			const undone = mayHaveFailed(old) || old.settledSeq === latest;
			if (undone && (isFork || this.#tried.has(runId) || (this.#retried.has(runId) && entry.kind !== 'effect')))
				continue;
			const moved = old.state === 'started' || old.state === entry.state;
			this.#check(moved, 'L5', `${name}: ${old.state} to ${entry.state}`);
			if (undone && this.#retried.has(runId)) continue;
			const settled = old.settledSeq ?? entry.settledSeq;
			this.#check(settled === entry.settledSeq, 'L5', `${name} was settled again`);
		}
		this.#logs.set(runId, new Map(log.map((entry) => [entry.seq, entry])));
	}

	/** `theirs`: the consumer has it still, and was not taken for dead meanwhile. */
	delivered(runId: string, seq: number, event: unknown, theirs: boolean): void {
		this.deliveries++;
		const name = `event ${seq} of ${runId}`;
		if (theirs) this.#check(!this.#acknowledged.has(`${runId} ${seq}`), 'L7', `${name} came after it was acknowledged`);
		const events = this.#delivered.get(runId) ?? new Map<number, unknown>();
		if (theirs && !events.has(seq)) this.#check(Math.max(...events.keys()) < seq, 'L8', `${name} came late`);
		this.#delivered.set(runId, events.set(seq, event));
	}

	acknowledged(runId: string, seq: number): void {
		this.#acknowledged.add(`${runId} ${seq}`);
	}

	/** All that was emitted has been handed out: it is what the plain function emitted, or of a cancelled run a part of it. */
	emitted(runId: string, expected: readonly Emitted[], whole: boolean): void {
		const before = this.past.inherited(runId, 'emitted').map(({ run, what }) => {
			return this.#delivered.get(run)?.get(Number(what));
		});
		const events = [...before, ...(this.#delivered.get(runId)?.values() ?? [])] as Emitted[];
		const byBranch = (list: readonly Emitted[]) => {
			const branches = Map.groupBy(list, ({ at }) => at);
			return [...branches].map(([at, own]) => `${at}: ${own.map(({ call }) => call).join()}`).sort();
		};
		if (whole) {
			const [got, due] = [byBranch(events).join('\n'), byBranch(expected).join('\n')];
			this.#check(got === due, 'L9', `${runId} emitted\n${got}\nnot\n${due}`);
		}
		const calls = events.map(({ call }) => call);
		this.#check(new Set(calls).size === calls.length, 'L9', `${runId} emitted one event twice: ${calls}`);
	}

	/** `rows`: what transactions of a run have left; `due`: of those of the plain function, or of a cancelled run the most. */
	booked(runId: string, rows: readonly string[], due: readonly string[], whole: boolean): void {
		this.#lists('L10', `${runId} has booked`, [...this.#before(runId, 'booked'), ...rows], due, whole);
	}

	/** `children`: ids of runs that this one has started; `due`: those that the plain function calls. */
	started(runId: string, children: readonly string[], due: readonly string[], whole: boolean): void {
		const nameOf = (id: string) => id.slice(id.indexOf(' ') + 1);
		const all = [...this.#before(runId, 'started'), ...children].map(nameOf);
		this.#lists('L13', `${runId} has started`, all, due, whole);
	}

	/** A fork of a run that was being cancelled ends as that does. */
	cancelled(fork: string, isCancelled: boolean, wasCancelled: boolean): void {
		if (!this.past.isCancelled(fork) || this.wasRetried(fork) || this.wasRetried(sourceOf(fork)!)) return;
		const [is, was] = [isCancelled, wasCancelled].map((yes) => (yes ? 'cancelled' : 'not cancelled'));
		this.#check(is === was, 'L12', `${fork} is ${is}, and what it is a fork of ${was}`);
	}

	#before(runId: string, deed: 'booked' | 'started'): string[] {
		return this.past.inherited(runId, deed).map(({ what }) => what);
	}

	#lists(invariant: string, what: string, got: readonly string[], due: readonly string[], whole: boolean): void {
		this.#check(new Set(got).size === got.length, invariant, `${what} twice: ${got}`);
		const extra = got.filter((one) => !due.includes(one));
		this.#check(extra.length === 0, invariant, `${what} what it should not: ${extra}`);
		const missing = due.filter((one) => !got.includes(one));
		if (whole) this.#check(missing.length === 0, invariant, `${what} all but ${missing}`);
	}

	/** A run has ended: nothing that it began is left as it was. */
	ended(runId: string): void {
		const calls = new Set(this.performed.filter(({ run }) => run === runId).map(({ call }) => call));
		const { begun, over } = this.past.calls(runId);
		for (const call of calls) this.#check(!over.has(call), 'L12', `${runId} did ${call} again`);
		for (const call of new Set([...begun, ...calls])) {
			if (!call.startsWith('begin ')) continue;
			const clean = call.replace('begin', 'clean');
			this.#check(calls.has(clean) || begun.has(clean), 'L6', `${runId}: ${call} was never cleaned up`);
		}
	}

	/** Thrown as well, so that what broke it goes no further; but it may be thrown into the program itself. */
	#check(holds: boolean, invariant: string, message: string): void {
		if (holds) return;
		this.broken ??= new Error(`${invariant} is broken: ${message}`);
		throw this.broken;
	}
}

function mayHaveFailed({ outcome }: LogEntry): boolean {
	return outcome !== null && ('error' in outcome || 'redacted' in outcome);
}

/** What an effect of the world does; null where that is not in its log, or it does nothing of note. */
function callOf({ kind, name, args }: LogEntry): string | null {
	const [call] = args ?? [];
	if (kind !== 'effect' || typeof call !== 'string' || !['work', 'book', 'steady'].includes(name)) return null;
	return name === 'steady' ? `steady ${call}` : call;
}

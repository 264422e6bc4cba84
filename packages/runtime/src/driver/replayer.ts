import type { FunctionDef } from '@perdure/abi';
import { DivergenceError, LogPrunedError } from '../errors/log.ts';
import { capture, release } from '../machine/copy.ts';
import type { ReplayHook } from '../machine/issuing.ts';
import { argsOf, isLeftOver, type LogEntry, type LogItem } from '../machine/log.ts';
import type { Machine } from '../machine/machine.ts';
import { Done, type Savable } from '../machine/pending.ts';
import type { Event, LoggedOutcome, Turn } from '../machine/turn.ts';
import { definitionOf } from '../registry/functions.ts';
import { LogPlaces } from './log-places.ts';

/** How a replay goes by its log. */
export interface ReplayRules {
	/** `'continue'`: live from the first divergence on. */
	readonly onDivergence: 'error' | 'continue';
	/** `'again'`: what failed and what was discarded is done afresh. */
	readonly failed: 'replay' | 'again';
	/** Compares arguments, where they are to be the same; null: they need not be. */
	readonly same: ((logged: readonly unknown[], now: readonly unknown[]) => boolean) | null;
	/** May a call be made again that is not awaited where it stands and has entered closures of the run? */
	readonly enter: boolean;
}

/** An outcome of the log, at the time (ms since the epoch) at which it was delivered. */
export interface LoggedEvent {
	readonly event: Event;
	readonly now: number;
}

/**
 * The log's part in a replay: which of what the code issues is in the log, and what it is answered.
 * Entries are matched by fiber, call site and ordinal among those, at the end of the turn, when all places
 * are known. Their outcomes are given in the order in which they were given then, a turn for a turn.
 *
 * Owns: which entries were reached and answered. Called by: the driver, and the machine as its hook.
 * P1: what an executed entry stands for is never dispatched, nor called where it is not awaited; but see `entered`.
 * P2: what is not in the log is live; unless the log has entries that were not reached: then it diverges.
 */
export class Replayer implements ReplayHook {
	readonly #machine: Machine;
	readonly #rules: ReplayRules;
	readonly #places = new LogPlaces();
	/** Entries not reached yet, by number. */
	readonly #ahead = new Map<number, LogEntry>();
	/** Executed entries that were reached, by the key they have now, and cancellations; in order of delivery. */
	readonly #answers: Answer[] = [];
	/** Dropped entries, by site. */
	readonly #pruned = new Map<string, LogEntry>();
	readonly #issued: (Savable | Done)[] = [];
	/** Of this turn, by the numbers that they have now. */
	#reached = new Map<number, LogEntry>();
	/** Keys of what neither the log answers nor anybody does. */
	readonly #dead = new Set<string>();
	#diverged = false;
	/** What the log does not have, and a turn has needed. */
	#missing: LogPrunedError | null = null;

	/**
	 * `after`: the number of the mark that the machine stands at, 0 for one that has not begun.
	 * @throws LogPrunedError
	 */
	constructor(machine: Machine, log: readonly LogEntry[], rules: ReplayRules, after = 0) {
		this.#machine = machine;
		this.#rules = rules;
		const open = new Map(
			[...machine.state.pending.values()].map((pending) => ['seq' in pending ? pending.seq : 0, pending]),
		);
		for (const entry of [...log].sort((a, b) => a.seq - b.seq)) {
			// What is pruned has the number of the latest that it stands for.
			const pending = entry.kind === 'pruned' ? undefined : open.get(entry.seq);
			if (pending !== undefined) open.delete(entry.seq);
			if (pending !== undefined && pending.kind !== 'native') this.#reach(pending, entry);
			else if (entry.seq > after) this.#expect(entry);
		}
		// Under way at the mark, and over since: without its outcome it would be done again.
		for (const pending of open.values()) {
			if (pending.kind === 'native') continue;
			const pruned = log.find((entry) => entry.site.id === pending.site && hasPruned(entry, pending.by));
			if (pruned !== undefined) throw refusal(pruned);
		}
	}

	#expect(entry: LogEntry): void {
		const { kind, seq, site } = entry;
		// Calls are made again; what was left over reached nobody.
		if (kind === 'call' || isLeftOver(entry)) return;
		if (kind === 'pruned') this.#pruned.set(site.id, entry);
		else if (kind === 'cancel') this.#answer({ entry, key: null });
		else {
			this.#ahead.set(seq, entry);
			this.#places.add(entry);
		}
	}

	/** The time of the first turn (ms since the epoch), where the log shows it. */
	get beginning(): number | undefined {
		const [first] = this.#ahead.values();
		return first?.startedAt.getTime();
	}

	/** Has the log nothing more to say? */
	get over(): boolean {
		return this.#answers.length === 0 && (this.#diverged || this.#ahead.size === 0);
	}

	issued(issue: Savable | Done, logged?: LogEntry): void {
		if (logged !== undefined) {
			this.#reached.set(issue.seq, logged);
			return;
		}
		this.#issued.push(issue);
		this.#places.issued(issue, 1);
	}

	answers(by: number, site: string): boolean {
		return !this.#diverged && (this.#prunedAt(by, site) !== null || this.#places.next(by, site)?.kind === 'effect');
	}

	entered(by: number, site: string, args: readonly unknown[]): boolean {
		const entry = this.#places.next(by, site);
		if (entry === undefined) return false;
		const sites = new Set(closuresIn(args).flatMap((closure) => closure.sites?.map(({ id }) => id) ?? []));
		// Issued before it, and not yet now: by the call itself.
		if (!this.#places.isBehind(sites, entry.seq)) return false;
		if (this.#rules.enter) return true;
		const problem = 'is of a call that is not awaited where it stands and has called closures of the run';
		this.#missing ??= new LogPrunedError({ entry: entry.seq, site: `${entry.name}, ${entry.site.at}`, problem });
		return false;
	}

	#prunedAt(by: number, site: string): LogEntry | null {
		const pruned = this.#pruned.get(site);
		return pruned !== undefined && hasPruned(pruned, by) ? pruned : null;
	}

	atOnce(issue: Savable): LoggedOutcome | null {
		if (this.#diverged || issue.kind !== 'receive') return null;
		const entry = this.#places.first(issue.by, issue.site);
		if (entry?.settledSeq !== this.#machine.state.settled + 1 || entry.redacted) return null;
		if (entry.startedAt.getTime() !== entry.endedAt?.getTime()) return null;
		const outcome = this.#outcome(entry, issue);
		if (outcome === null) return null;
		this.#places.reach(entry);
		this.#ahead.delete(entry.seq);
		this.#issued.splice(this.#issued.indexOf(issue), 1);
		this.#places.issued(issue, -1);
		this.#reached.set(issue.seq, entry);
		this.#machine.named(issue, entry.key);
		return { ...outcome, key: issue.key };
	}

	started(by: number, site: string): { readonly entry: LogEntry; readonly child: unknown } | null {
		if (this.#diverged) return null;
		// Called where its place is not known yet: then by the order of the fiber's starts.
		const entry =
			site === ''
				? [...this.#ahead.values()].find(({ kind, fiber }) => kind === 'start' && fiber === by)
				: this.#places.first(by, site);
		if (entry?.kind !== 'start') return null;
		this.#places.remove(entry);
		this.#ahead.delete(entry.seq);
		if (entry.outcome !== null && 'value' in entry.outcome) {
			const [child] = release(capture([entry.outcome.value]));
			return { entry, child };
		}
		// Thrown here, it would be thrown in the code that is replayed.
		this.#missing ??= refusal(entry);
		return { entry, child: undefined };
	}

	/**
	 * After a turn: takes what was issued in it to the log.
	 * @returns the entries that were reached, by the numbers that they have now.
	 * @throws DivergenceError, LogPrunedError
	 */
	turned(turn: Turn): ReadonlyMap<number, LogEntry> {
		const reached = this.#reached;
		this.#reached = new Map();
		const issued = this.#issued.splice(0);
		this.#places.turned();
		if (this.#missing !== null) throw this.#missing;
		// What a failing turn has issued was never dispatched, and is in no log.
		if (turn.status === 'failed') return reached;
		for (const issue of issued) {
			const entry = this.#find(issue);
			if (entry === null) {
				if (this.#isLive(issue)) this.#machine.withhold(issue.key);
				continue;
			}
			reached.set(issue.seq, entry);
			if (!(issue instanceof Done)) this.#reach(issue, entry);
		}
		return reached;
	}

	#isLive(issue: Savable | Done): boolean {
		return issue.kind === 'effect' && this.#machine.awaits(issue.key);
	}

	/** The entry of what was issued; null: it is live. */
	#find(issue: Savable | Done): LogEntry | null {
		if (this.#diverged) return null;
		const { by, site } = issue;
		const entry = this.#places.first(by, site);
		const pruned = this.#prunedAt(by, site);
		if (pruned !== null) throw refusal(pruned);
		if (entry === undefined) {
			const [expected] = this.#ahead.values();
			if (expected !== undefined) this.#diverge(expected, `${issue.name} (${issue.at})`);
			return null;
		}
		this.#places.reach(entry);
		this.#ahead.delete(entry.seq);
		const { same } = this.#rules;
		if (same !== null && !entry.redacted) {
			const now = release(argsOf(issue), 'skip');
			if (!same(entry.args, now)) {
				this.#diverge(entry, `${issue.name} (${issue.at}) with other arguments`);
				return null;
			}
		}
		return entry;
	}

	/** Something that is pending has this entry. */
	#reach(issue: Savable, entry: LogEntry): void {
		const again = this.#rules.failed === 'again';
		const failed = entry.outcome !== null && ('error' in entry.outcome || 'unsaveable' in entry.outcome);
		if (entry.state === 'executed' && !(again && failed && issue.kind === 'effect')) {
			this.#machine.named(issue, entry.key);
			this.#machine.expect(issue, entry.attempt);
			this.#answer({ entry, key: issue.key });
		} else {
			this.#machine.withhold(issue.key);
			if (issue.kind === 'effect') this.#machine.counted(issue, entry.attempt);
			if (entry.state === 'discarded' && !again) this.#dead.add(issue.key);
			else if (entry.state === 'started') this.#machine.named(issue, entry.key);
		}
	}

	#answer(answer: Answer): void {
		const at = this.#answers.findIndex(({ entry }) => entry.settledSeq! > answer.entry.settledSeq!);
		this.#answers.splice(at < 0 ? this.#answers.length : at, 0, answer);
	}

	/**
	 * What the log has next for the run as it stands: null when that is nothing, or nothing yet.
	 * @throws LogPrunedError
	 */
	next(): LoggedEvent | null {
		const { state } = this.#machine;
		while (this.#answers.length > 0) {
			const { entry, key } = this.#answers[0]!;
			const now = (entry.endedAt ?? entry.startedAt).getTime();
			if (key === null) {
				// It stands in the order as all others do, but nothing shows that it was reached.
				const [ahead] = this.#ahead.values();
				if (ahead?.settledSeq && ahead.settledSeq < entry.settledSeq!) return null;
				this.#answers.shift();
				return { event: { type: 'cancelled', reason: entry.args[0] }, now };
			}
			this.#answers.shift();
			const pending = state.pending.get(key);
			if (pending === undefined || pending.kind === 'native') continue;
			const first = this.#outcome(entry, pending);
			if (first === null) continue;
			if (pending.kind === 'effect' && !first.time) return { event: settled(first), now };
			return { event: { type: 'logged', outcomes: first.time ? [first, ...this.#timesToo(now)] : [first] }, now };
		}
		return null;
	}

	/** All times that have come at one moment were one turn. */
	#timesToo(now: number): LoggedOutcome[] {
		const outcomes: LoggedOutcome[] = [];
		while (this.#answers.length > 0) {
			const { entry, key } = this.#answers[0]!;
			const pending = key === null ? undefined : this.#machine.state.pending.get(key);
			if (pending === undefined || pending.kind === 'native' || entry.endedAt?.getTime() !== now) break;
			const outcome = this.#outcome(entry, pending);
			if (outcome === null || !outcome.time) break;
			outcomes.push(outcome);
			this.#answers.shift();
		}
		return outcomes;
	}

	/** @throws LogPrunedError for an outcome that is not in the log. */
	#outcome(entry: LogEntry, pending: Savable): LoggedOutcome | null {
		const { key } = pending;
		const { outcome, endedAt } = entry;
		if (outcome === null) return null;
		if (pending.kind === 'sleep' || pending.kind === 'mark') return { key, time: true };
		if (pending.kind !== 'effect' && pending.limit !== null && endedAt!.getTime() >= pending.limit)
			return { key, time: true };
		if ('value' in outcome) return { key, time: false, ok: true, copy: capture([outcome.value]) };
		if ('error' in outcome) return { key, time: false, ok: false, copy: capture([outcome.error]) };
		const problem = 'unsaveable' in outcome ? 'has an outcome that could not be saved' : undefined;
		throw new LogPrunedError({ entry: entry.seq, site: `${entry.name}, ${entry.site.at}`, problem });
	}

	/** Keys of effects that the log says nobody waits for. */
	get dead(): ReadonlySet<string> {
		return this.#dead;
	}

	/** Is this an effect that the log says nobody waits for? */
	isDead(key: string): boolean {
		return this.#dead.has(key);
	}

	/**
	 * The run is over, or nothing moves it on, and the log goes on.
	 * @throws DivergenceError
	 */
	behind(found: string): void {
		const [expected] = this.#ahead.values();
		if (expected !== undefined) this.#diverge(expected, found);
		this.#diverged = true;
	}

	/** The log says that this is over; yet it is pending. @throws DivergenceError */
	diverged({ name, at }: Savable, expected: string): never {
		throw new DivergenceError({ entry: null, expected, found: `${name} (${at})` });
	}

	#diverge({ seq, name, site }: LogEntry, found: string): void {
		if (!this.#diverged && this.#rules.onDivergence === 'error') {
			throw new DivergenceError({ entry: seq, expected: `${name} (${site.at})`, found });
		}
		this.#diverged = true;
	}
}

/** As of an effect that was performed: a run that fails by it is tried again with that effect, not with what the log has. */
function settled({ key, ok, copy }: LoggedOutcome & { readonly time: false }): Event {
	return {
		type: 'effectSettled',
		key,
		ok,
		copy,
		get value() {
			return release(copy)[0];
		},
	};
}

/** What was done then was done under that key, whatever it would be now. */
export function keyed(items: readonly LogItem[], reached: ReadonlyMap<number, LogEntry>): LogItem[] {
	return items.map((item) => {
		const entry = 'prune' in item ? undefined : reached.get(item.seq);
		return entry === undefined ? item : { ...item, key: entry.key };
	});
}

/** Does the entry stand for some that this fiber had there? */
function hasPruned({ kind, fibers }: LogEntry, by: number): boolean {
	return kind === 'pruned' && by >= fibers![0] && by <= fibers![1];
}

function refusal({ seq, name, site }: LogEntry): LogPrunedError {
	return new LogPrunedError({ entry: seq, site: `${name}, ${site.at}` });
}

interface Answer {
	readonly entry: LogEntry;
	/** Of what is pending; null for a cancellation. */
	readonly key: string | null;
}

/** Closures of the run among arguments, and among the options in one. */
function closuresIn(args: readonly unknown[]): FunctionDef[] {
	const given = args.flatMap((arg) => (typeof arg === 'object' && arg !== null ? Object.values(arg) : [arg]));
	return given.flatMap((value) => definitionOf(value) ?? []);
}

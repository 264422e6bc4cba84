import type { LogEntry } from '@perdure/runtime';
import type { TurnCommit } from '../../packages/runtime/src/ports/store.ts';
import type { Emitted } from './program.ts';

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
 * L2: a turn is committed only under the epoch of the latest claim.
 * L3: nothing is committed to a run that has ended.
 * L4: an effect has one key in all its attempts, no other effect has it, and no attempt number comes twice.
 * L5: an entry of the log only moves on: started to executed or discarded, and stays what it then is.
 * L6: what began inside a `try` has been cleaned up by the end of its run.
 * L7: an emitted event is handed out until it is acknowledged, and not after that.
 * L8: events of one run are first handed out in the order of their entries in its log.
 * L9: what a run emitted is what its turns did: each event once, in the order of its branch.
 */
export class Ledger {
	/** The first promise that was broken. */
	broken: Error | null = null;
	readonly #turns = new Map<string, number>();
	readonly #epochs = new Map<string, number>();
	readonly #ended = new Set<string>();
	readonly #keys = new Map<string, string>();
	readonly #calls = new Map<string, string>();
	readonly #attempts = new Map<string, Set<number>>();
	readonly #logs = new Map<string, Map<number, LogEntry>>();
	readonly #delivered = new Map<string, Map<number, unknown>>();
	readonly #acknowledged = new Set<string>();
	/** How often an event was handed out. */
	deliveries = 0;
	/** Of all attempts, in the order in which they began. */
	readonly performed: Attempt[] = [];

	claimed(runId: string, epoch: number): void {
		const before = this.#epochs.get(runId) ?? 0;
		this.#check(epoch > before, 'L2', `${runId} was claimed under epoch ${epoch} after ${before}`);
		this.#epochs.set(runId, epoch);
	}

	committed({ runId, epoch, after, turn, status }: TurnCommit): void {
		const before = this.#turns.get(runId) ?? 0;
		this.#check(after === before, 'L1', `${runId} has turn ${before}, and one after ${after} was committed`);
		this.#check(turn === after || turn === after + 1, 'L1', `${runId} went from turn ${after} to ${turn}`);
		this.#check(epoch === this.#epochs.get(runId), 'L2', `${runId} was committed under epoch ${epoch}`);
		this.#check(!this.#ended.has(runId), 'L3', `${runId} was committed after its end`);
		this.#turns.set(runId, turn);
		if (status !== 'running' && status !== 'waiting') this.#ended.add(runId);
	}

	perform(attempt: Attempt): void {
		const { run, call, key } = attempt;
		const name = `${run} ${call}`;
		this.#check((this.#keys.get(name) ?? key) === key, 'L4', `${name} has the keys ${this.#keys.get(name)} and ${key}`);
		this.#check((this.#calls.get(key) ?? name) === name, 'L4', `${key} is of ${this.#calls.get(key)} and of ${name}`);
		this.#keys.set(name, key);
		this.#calls.set(key, name);
		const numbers = this.#attempts.get(key) ?? new Set();
		this.#check(!numbers.has(attempt.attempt), 'L4', `attempt ${attempt.attempt} of ${name} began twice`);
		this.#attempts.set(key, numbers.add(attempt.attempt));
		this.performed.push(attempt);
	}

	/** A log as somebody read it. */
	read(runId: string, log: readonly LogEntry[]): void {
		const before = this.#logs.get(runId) ?? new Map<number, LogEntry>();
		for (const entry of log) {
			const old = before.get(entry.seq);
			if (old === undefined || entry.kind === 'pruned') continue;
			const same = (['kind', 'name', 'fiber'] as const).every((field) => old[field] === entry[field]);
			this.#check(same && old.site.id === entry.site.id, 'L5', `entry ${entry.seq} of ${runId} became another`);
			this.#check(
				old.state === 'started' || old.state === entry.state,
				'L5',
				`${entry.seq}: ${old.state} to ${entry.state}`,
			);
			const settled = old.settledSeq ?? entry.settledSeq;
			this.#check(settled === entry.settledSeq, 'L5', `${entry.seq} of ${runId} was settled again`);
			this.#check(
				old.attempt <= entry.attempt,
				'L5',
				`${entry.seq} of ${runId}: attempt ${old.attempt} to ${entry.attempt}`,
			);
		}
		this.#logs.set(runId, new Map(log.map((entry) => [entry.seq, entry])));
	}

	delivered(runId: string, seq: number, event: unknown): void {
		this.deliveries++;
		this.#check(
			!this.#acknowledged.has(`${runId} ${seq}`),
			'L7',
			`event ${seq} of ${runId} came after it was acknowledged`,
		);
		const events = this.#delivered.get(runId) ?? new Map<number, unknown>();
		if (!events.has(seq)) this.#check(Math.max(...events.keys()) < seq, 'L8', `event ${seq} of ${runId} came late`);
		this.#delivered.set(runId, events.set(seq, event));
	}

	acknowledged(runId: string, seq: number): void {
		this.#acknowledged.add(`${runId} ${seq}`);
	}

	/** All that was emitted has been handed out: it is what the plain function emitted, or of a cancelled run a part of it. */
	emitted(runId: string, expected: readonly Emitted[], whole: boolean): void {
		const events = [...(this.#delivered.get(runId)?.values() ?? [])] as Emitted[];
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

	/** A run has ended: nothing that it began is left as it was. */
	ended(runId: string): void {
		const calls = new Set(this.performed.filter(({ run }) => run === runId).map(({ call }) => call));
		for (const call of calls) {
			if (!call.startsWith('begin ')) continue;
			this.#check(calls.has(call.replace('begin', 'clean')), 'L6', `${runId}: ${call} was never cleaned up`);
		}
	}

	/** Thrown as well, so that what broke it goes no further; but it may be thrown into the program itself. */
	#check(holds: boolean, invariant: string, message: string): void {
		if (holds) return;
		this.broken ??= new Error(`${invariant} is broken: ${message}`);
		throw this.broken;
	}
}

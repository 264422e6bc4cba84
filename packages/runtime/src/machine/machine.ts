import { NotSerializableError } from '../errors/saving.ts';
import { interposing } from '../registry/interposing.ts';
import type { Closed } from '../registry/resources.ts';
import { type Callable, shared } from '../registry/shared.ts';
import { Computation } from './computation.ts';
import { release } from './copy.ts';
import { Door } from './door.ts';
import { callOf } from './effect.ts';
import type { EffectCall } from './effect-call.ts';
import { type Inspection, inspect } from './inspect.ts';
import type { ReplayHook } from './issuing.ts';
import { type LogItem, recordOf } from './log.ts';
import { DEFAULT_RULES, type LogRules } from './log-options.ts';
import { keptOf } from './log-turn.ts';
import type { PendingEffect, Savable } from './pending.ts';
import {
	type Beginning,
	beginning,
	functionIdsOf,
	hasBegun,
	isBusy,
	isEnding,
	type RunState,
	statusOf,
	wakeAtOf,
} from './run-state.ts';
import { loadState, saveState } from './state.ts';
import type { Event, OpenWait, RunStatus, Turn } from './turn.ts';

export interface MachineOptions {
	/** Called in place of other functions. */
	readonly handlers?: ReadonlyMap<Callable, Callable> | undefined;
	/** What `start` gives: a handle of the run with that id. Absent where nobody would drive it. */
	readonly child?: ((id: string, functionId: string, input: Uint8Array) => unknown) | undefined;
	/**
	 * Random, and another for each machine made: part of the keys of effects that start before their turn
	 * is committed, since an uncommitted turn may run again with other values.
	 */
	readonly nonce?: string | undefined;
	/** What of the log is kept. */
	readonly rules?: LogRules | undefined;
}

/** Of the bytes that a machine is made of: those that are to be opened first, or that were. */
export interface Resources {
	readonly closed?: readonly Closed[];
	readonly opened?: readonly object[] | undefined;
}

/**
 * A run, turn by turn: synchronous, and without a clock, a timer, a host promise or a random source.
 *
 * Owns: the run's state. Called by: drivers.
 * M1: a turn ends with no job queued and every fiber parked or over.
 * M2: an effect is dispatched only by the turn that issued it or after a load: never twice by one process.
 * M3: an outcome for a key that is not pending changes nothing.
 * M4: after a cancellation no fiber passes a suspension point that no `finally` and no `catch` of it shields.
 */
export class Machine {
	readonly state: RunState;
	readonly handlers: ReadonlyMap<Callable, Callable>;
	#closed: readonly Closed[];
	#opened: readonly object[];
	/** Where foreign code comes in that has a resolver of a promise made here. */
	readonly door = new Door();
	/** Ids of runs that a child cannot have, with what is different there. */
	taken: ReadonlyMap<string, string> = new Map();
	readonly #child: MachineOptions['child'];
	/** Set by a replay. */
	replay: ReplayHook | null = null;
	readonly #nonce: string;
	readonly #rules: LogRules;

	constructor(state: RunState, o: MachineOptions = {}, resources: Resources = {}) {
		this.#closed = resources.closed ?? [];
		this.#opened = resources.opened ?? [];
		this.state = state;
		state.owner.runId = () => state.runId;
		state.owner.waitsOutside = () => this.door.promises.size > 0 || state.pending.natives.size > 0;
		this.handlers = o.handlers ?? new Map();
		this.#nonce = o.nonce ?? '';
		this.#rules = o.rules ?? DEFAULT_RULES;
		this.#child = o.child;
	}

	/** Resources that are to be opened before it goes on: what is then loaded is another machine. */
	get closed(): readonly Closed[] {
		return this.#closed;
	}

	/** Those that were opened for it. */
	get opened(): readonly object[] {
		return this.#opened;
	}

	/** What comes to it holds resources too: they are to be opened before its own, or were. */
	own(closed: readonly Closed[], opened: readonly object[] = []): void {
		this.#closed = [...closed, ...this.#closed];
		this.#opened = [...opened, ...this.#opened];
	}

	/** A run that has not begun: its first turn is that of the event `started`. */
	static start(o: Beginning & MachineOptions, resources: Resources = {}): Machine {
		return new Machine(beginning(o), o, resources);
	}

	/**
	 * Goes on from what `save` gave. `opened`: of the resources that a machine of the same bytes has `closed`.
	 * @throws DecodeError, UnknownFunctionError, SchemaMismatchError
	 */
	static load(bytes: Uint8Array, o: MachineOptions = {}, opened?: readonly object[]): Machine {
		const { state, closed } = loadState(bytes, opened);
		return new Machine(state, o, { closed, opened });
	}

	/**
	 * The state after the last turn, without its log.
	 * @throws NotSerializableError
	 */
	save(): Uint8Array {
		return saveState(this.state);
	}

	/** Computes one turn. What it returns must be durable before anything of it is done. */
	apply(event: Event, now: number): Turn {
		const { state, handlers } = this;
		const before = state.seq;
		state.turn++;
		const computation = new Computation(state, {
			now,
			handlers,
			keys: state.keys,
			nonce: this.#nonce,
			door: this.door,
			rules: this.#rules,
			child: this.#child,
			taken: this.taken,
			replay: this.replay,
		});
		const outer = shared.current;
		const { on } = interposing;
		shared.current = computation.host;
		interposing.on = this.replay !== null || handlers.size > 0;
		state.owner.open++;
		try {
			computation.compute(event);
		} finally {
			state.owner.open--;
			interposing.on = on;
			shared.current = outer;
		}
		const { result } = computation;
		const frames = result.mark === null ? null : this.#frames();
		return {
			...result,
			number: state.turn,
			status: this.status,
			outcome: state.ended?.outcome,
			log: keptOf(result.log, this.#rules, before, frames),
			wakeAt: this.wakeAt,
		};
	}

	/** The state at a mark; null where it cannot be saved: the run goes on, and is not replayed from there. */
	#frames(): Uint8Array | null {
		if (this.state.ended !== null || this.#rules.keep === 'none') return null;
		try {
			return this.save();
		} catch (error) {
			if (NotSerializableError.is(error)) return null;
			throw error;
		}
	}

	/** Answers given to a stored continuation open a lineage of their own (runtime.md, "Effects", Key). */
	branch(lineage: string): void {
		this.state.rename(this.state.runId, lineage);
	}

	/**
	 * A copy of the run with a name or lineage of its own: keys are made anew, those of pending effects
	 * included, of which no attempt was cut off then.
	 */
	fork(runId: string, lineage: string): void {
		const { state } = this;
		state.rename(runId, lineage);
		this.branch(lineage);
		const pending = [...state.pending.values()] as Savable[];
		state.pending.clear();
		for (const issued of pending) {
			issued.key = state.keys + issued.key.slice(issued.key.indexOf('-'));
			if (issued.kind === 'effect') issued.attempt = issued.policed?.failures ?? 0;
			state.pending.set(issued.key, issued);
		}
	}

	/**
	 * Effects outstanding after a load, to be dispatched again: with their key, and as another attempt
	 * when the former may have begun. Those of cancelled fibers are not among them, nor those whose next
	 * attempt has its time.
	 */
	pendingCalls(recovered: boolean): EffectCall[] {
		const calls: EffectCall[] = [];
		for (const pending of this.state.pending.values()) {
			if (pending.kind !== 'effect' || pending.graceAt !== null || pending.retryAt !== null) continue;
			if (recovered) this.#count(pending, 1);
			pending.flying = true;
			calls.push(callOf(pending, this.state, this.handlers));
		}
		return calls;
	}

	/**
	 * Those that nobody performs, since the state was loaded: as attempts of their own, for all that is known.
	 * `without`: those that are not to be performed, by key.
	 */
	reissue(without: (key: string) => boolean = () => false): EffectCall[] {
		const calls: EffectCall[] = [];
		for (const pending of this.state.pending.values()) {
			if (pending.kind !== 'effect' || without(pending.key)) continue;
			if (pending.flying || pending.graceAt !== null || pending.retryAt !== null) continue;
			this.#count(pending, 1);
			pending.flying = true;
			calls.push(callOf(pending, this.state, this.handlers));
		}
		return calls;
	}

	/**
	 * The entries of calls that begin once more, as they stand now: of one that had failed and is tried again, the
	 * outcome is to come.
	 */
	begun(calls: readonly EffectCall[], now: number): readonly LogItem[] {
		if (this.#rules.keep === 'none') return [];
		const records = calls.map(({ key }) => {
			const pending = this.state.pending.get(key) as PendingEffect;
			return recordOf(pending, { state: 'started', ok: null, outcome: null, settledSeq: null, now });
		});
		return keptOf(records, this.#rules, this.state.seq, null);
	}

	/** Of a call that its driver did not begin: it counts as no attempt, and no outcome will come. */
	withhold(key: string): void {
		const pending = this.state.pending.get(key);
		if (pending?.kind !== 'effect') return;
		this.#count(pending, -1);
		pending.flying = false;
	}

	/** Of a call that another driver is to begin, as the attempt that is stored: no outcome will come here. */
	postpone(key: string): void {
		const pending = this.state.pending.get(key);
		if (pending?.kind === 'effect') pending.flying = false;
	}

	/** Something pending is issued anew: under a key of its own. */
	rekey(key: string): void {
		const pending = this.state.pending.get(key);
		if (pending === undefined || pending.kind === 'native') return;
		this.named(pending, `${this.state.keys}-${(++this.state.issue).toString(36)}`);
	}

	/** A replay has the outcome of something pending: nobody performs it, and a cancellation waits for it. */
	expect(pending: Savable, attempt: number): void {
		if (pending.kind !== 'effect') return;
		this.counted(pending, attempt);
		pending.flying = true;
	}

	/** So many attempts have begun, as a log says. */
	counted(effect: PendingEffect, attempt: number): void {
		effect.attempt = attempt;
		this.state.touch(effect);
	}

	/** Where the run is over but for its clean-up: this effect is not begun any more, and nobody waits for its end. */
	abandon(key: string): void {
		const pending = this.state.pending.get(key);
		if (pending?.kind === 'effect' && isEnding(this.state)) this.state.pending.limit(pending, pending.since);
	}

	/** Something pending goes on under the key that it had. */
	named(pending: Savable, key: string): void {
		const table = this.state.pending;
		if (key === '' || table.has(key) || table.get(pending.key) !== pending) return;
		table.delete(pending.key);
		pending.key = key;
		table.set(key, pending);
		this.state.touch(pending);
	}

	#count(effect: PendingEffect, by: 1 | -1): void {
		effect.attempt += by;
		this.state.touch(effect);
	}

	/** Is an outcome for this key still wanted? */
	awaits(key: string): boolean {
		return this.state.pending.has(key);
	}

	/** Has its first turn been computed? */
	get hasBegun(): boolean {
		return hasBegun(this.state);
	}

	get status(): RunStatus {
		return statusOf(this.state);
	}

	/** Can anything but answers, messages and limits of waits move it on? */
	get busy(): boolean {
		return isBusy(this.state);
	}

	/** When the next timer, limit or grace period is due (ms since the epoch), or null. */
	get wakeAt(): number | null {
		return wakeAtOf(this.state);
	}

	/** Open `suspend`s and `receive`s, oldest first. */
	get waits(): OpenWait[] {
		return [...this.state.pending.waits.values()].map(({ key, kind, value, topic, since, limit }) => {
			return { id: key, kind, value: release(value)[0], name: topic, since, limit };
		});
	}

	/** Ids of all functions that it needs to go on: who loads it needs all of them. */
	get functionIds(): string[] {
		return functionIdsOf(this.state);
	}

	get runId(): string {
		return this.state.runId;
	}

	get functionId(): string {
		return this.state.functionId;
	}

	get startedAt(): number {
		return this.state.startedAt;
	}

	get progress(): unknown {
		return this.state.progress;
	}

	get turn(): number {
		return this.state.turn;
	}

	inspect(): Inspection {
		return inspect(this.state, this.status);
	}
}

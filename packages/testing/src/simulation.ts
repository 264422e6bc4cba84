import {
	type ChildStart,
	decodeCopy,
	decodeLive,
	type EffectCall,
	type Event,
	encodeCopy,
	KeptLog,
	leave,
	Machine,
	NotSerializableError,
	openArrival,
	openMachine,
	ResourceError,
	type Runs,
	realClock,
	SaveCheck,
	StateTooLargeError,
	settledOf,
	type Turn,
	tellForeign,
} from '@perdure/runtime/simulation';
import type { InFlight } from './in-flight.ts';
import type { VirtualClock } from './virtual-clock.ts';

type MachineOptions = NonNullable<Parameters<typeof Machine.load>[1]>;

export interface SimulationOptions {
	readonly clock: VirtualClock;
	/** Where its effects are performed. */
	readonly outside: InFlight<Simulation>;
	/** Children that it has started in a turn: before anything else of it is done, since effects may be for them. */
	readonly begin: (run: Simulation, starts: readonly ChildStart[]) => Promise<void>;
	/** What its effects may do to other runs. */
	readonly runs: (waiting: <T>(wait: Promise<T>) => Promise<T>) => Runs;
	/** Is the run dropped and restored after this turn? */
	readonly restart: (turn: number) => boolean;
	/** The run was dropped and is not yet restored. */
	readonly onRestart: () => void;
	readonly machine: MachineOptions;
}

/**
 * One run: computes its turns, has its effects performed, and after each turn drops it and restores it
 * from its bytes, before anything that the turn asks for is done. Outcomes of effects in flight are then
 * delivered to a run that was not there when they began, as after a crash.
 *
 * Owns: the machine and the log. Called by: the family of runs, one turn at a time.
 * S1: no effect is performed twice, unless a restored run holds one that nothing performs any more.
 */
export class Simulation {
	readonly #o: SimulationOptions;
	/** Runs that it has started, in order. */
	readonly children: Simulation[] = [];
	/** Not before (ms since the epoch) it begins; null once it has, or where nothing is said. */
	startsAt: number | null;
	readonly #check = new SaveCheck();
	readonly log = new KeptLog();
	/** What its turns have emitted, as copies. */
	readonly emitted: unknown[] = [];
	#machine: Machine;
	/** The state after the last turn, where it was saved. */
	#saved: Uint8Array | null = null;
	#restarts = 0;
	/** Set when the run has ended without reaching the end of its last turn: `before` is the state it began from. */
	failure: { readonly error: unknown; readonly before: Uint8Array | null } | null = null;

	constructor(machine: Machine, o: SimulationOptions, startsAt: number | null = null) {
		this.#o = o;
		this.#machine = machine;
		this.startsAt = startsAt;
		this.#listen();
	}

	get machine(): Machine {
		return this.#machine;
	}

	/** How often it was dropped and restored. */
	get restarts(): number {
		return this.#restarts;
	}

	get hasEnded(): boolean {
		return this.failure !== null || this.#machine.state.ended !== null;
	}

	/** When its next timer is due, or it is to begin (ms since the epoch), or null. */
	get wakeAt(): number | null {
		return this.hasEnded ? null : (this.startsAt ?? this.#machine.wakeAt);
	}

	/** What its time brings; null before that. */
	due(): Event | null {
		const at = this.wakeAt;
		if (at === null || at > this.#o.clock.now()) return null;
		if (this.startsAt === null) return { type: 'timerFired' };
		this.startsAt = null;
		return { type: 'started' };
	}

	/** Nothing of it goes on. */
	async end(): Promise<void> {
		this.#o.outside.abortAll(this);
		this.#machine.door.listener = null;
		await leave(this.#machine, false, realClock);
	}

	/** Foreign code may have resolvers of promises that this incarnation has made. */
	#listen(): void {
		this.#machine.door.listener = (event) => {
			if (event.type === 'promiseSettled') this.#o.outside.resolved(this, event);
		};
	}

	/** Computes a turn and does what it asks for. */
	async turn(event: Event): Promise<void> {
		const arrived = event.type === 'childEnded' ? await this.#open(event) : event;
		if (arrived !== null) await this.#turn(arrived);
	}

	/** What another run gives is a copy: what is live in it is opened for this one. Null where that fails the run. */
	async #open(event: Event): Promise<Event | null> {
		const bytes = encodeCopy(event);
		try {
			return (await openArrival<unknown>((opened) => decodeLive(bytes, opened), this.#machine, realClock)) as Event;
		} catch (error) {
			if (!ResourceError.is(error)) throw error;
			this.failure = { error, before: this.#saved };
			return null;
		}
	}

	async #turn(event: Event): Promise<void> {
		const before = this.#saved;
		const { seq } = this.#machine.state;
		const restart = this.#o.restart(this.#machine.turn + 1);
		const turn = this.#machine.apply(event, this.#o.clock.now());
		const failed = turn.status === 'failed' ? { error: turn.outcome } : this.#save(restart);
		// What a failing turn issued is not kept, since it was never dispatched: the run stands where it stood before.
		this.log.add(failed === null ? turn.log : settledOf(turn.log, seq));
		if (failed === null) for (const { event } of turn.emitted) this.emitted.push(decodeCopy(event));
		if (failed !== null) {
			this.failure = { error: failed.error, before };
			return;
		}
		await this.#o.begin(this, turn.starts);
		if (this.hasEnded) return;
		const { outside } = this.#o;
		for (const promise of turn.told) tellForeign(promise);
		for (const key of turn.abort) outside.abort(key);
		for (const { key, promise } of turn.watch) outside.watch(this, key, promise);
		const { natives } = this.#machine.state.pending;
		outside.awaitResolvers(this, [...natives].filter(({ key }) => !outside.has(key)).length);
		if (restart && this.#mayDrop()) await this.#restart(turn);
		else for (const call of turn.dispatch) this.#perform(call);
	}

	#perform(call: EffectCall): void {
		this.#o.outside.perform(this, call, this.#o.runs);
	}

	/** @returns why the state cannot be saved. */
	#save(restart: boolean): { readonly error: unknown } | null {
		this.#saved = null;
		if (this.#machine.state.ended !== null) return null;
		try {
			this.#saved = restart ? this.#machine.save() : this.#check.save(this.#machine);
			return null;
		} catch (error) {
			if (NotSerializableError.is(error) || StateTooLargeError.is(error)) return { error };
			throw error;
		}
	}

	/** Closures of the run and resources that an effect in flight was given belong to this incarnation: it must stay, as in an engine. */
	#mayDrop(): boolean {
		for (const pending of this.#machine.state.pending.values()) {
			if (pending.kind !== 'effect' || !(this.#o.outside.has(pending.key) || this.#isRunning(pending))) continue;
			if ('live' in pending.operands && pending.operands.live.length > 0) return false;
		}
		return true;
	}

	async #restart(turn: Turn): Promise<void> {
		// A call that was made before its turn ended is in flight already.
		for (const call of turn.dispatch) if (this.#isRunning(call)) this.#perform(call);
		this.#restarts++;
		await leave(this.#machine, true, realClock);
		this.#machine.door.listener = null;
		this.#o.onRestart();
		let machine: Machine;
		try {
			// What opens them is not simulated: it has real time.
			({ machine } = await openMachine((opened) => {
				return { machine: Machine.load(this.#saved!, this.#o.machine, opened) };
			}, realClock));
		} catch (error) {
			if (!ResourceError.is(error)) throw error;
			this.failure = { error, before: this.#saved };
			return;
		}
		this.#machine = machine;
		this.#listen();
		for (const pending of this.#machine.state.pending.values()) {
			if (pending.kind === 'effect' && this.#o.outside.has(pending.key)) pending.flying = true;
		}
		for (const call of this.#machine.pendingCalls(false)) {
			if (!this.#o.outside.has(call.key)) this.#perform(call);
		}
	}

	/** Is it a call that was made before its turn ended? */
	#isRunning({ key }: { readonly key: string }): boolean {
		const pending = this.#machine.state.pending.get(key);
		return pending?.kind === 'effect' && pending.hot?.running !== undefined;
	}
}

import {
	decodeCopy,
	type Event,
	KeptLog,
	leave,
	Machine,
	NotSerializableError,
	openMachine,
	ResourceError,
	realClock,
	SaveCheck,
	StateTooLargeError,
	settledOf,
	type Turn,
	tellForeign,
} from '@perdure/runtime/simulation';
import { InFlight } from './in-flight.ts';
import type { Pick } from './order.ts';
import type { VirtualClock } from './virtual-clock.ts';

type MachineOptions = NonNullable<Parameters<typeof Machine.load>[1]>;

export interface SimulationOptions {
	readonly clock: VirtualClock;
	readonly pick: Pick;
	/** Real time that effects may take (ms). */
	readonly patience: number;
	/** Is the run dropped and restored after this turn? */
	readonly restart: (turn: number) => boolean;
	/** The run was dropped and is not yet restored. */
	readonly onRestart: () => void;
	readonly machine: MachineOptions;
}

/**
 * Drives one run: performs its effects, keeps its time, and after each turn drops it and restores it
 * from its bytes, before anything that the turn asks for is done. Outcomes of effects in flight are then
 * delivered to a run that was not there when they began, as after a crash.
 *
 * Owns: the machine, the log, the effects in flight. Called by: TestRun, one call at a time.
 * S1: no effect is performed twice, unless a restored run holds one that nothing performs any more.
 * S2: without effects that take real time, what happens depends on the run, the calls and `pick` alone.
 */
export class Simulation {
	readonly #o: SimulationOptions;
	readonly #outside: InFlight;
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

	constructor(machine: Machine, o: SimulationOptions) {
		this.#o = o;
		this.#machine = machine;
		this.#outside = new InFlight(o.clock, o.pick, o.patience);
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

	/** When the next timer of the run or of one of its effects is due (ms since the epoch), or null. */
	get wakeAt(): number | null {
		if (this.hasEnded) return null;
		const own = this.#machine.wakeAt;
		const theirs = this.#o.clock.next;
		return own === null || (theirs !== null && theirs < own) ? theirs : own;
	}

	/** Real time is given again to effects that have had it in vain. */
	forgive(): void {
		this.#outside.forgive();
	}

	/** Delivers an event, if there is one, and goes on until nothing moves by itself. */
	async settle(first: Event | null): Promise<void> {
		if (this.hasEnded) return;
		let event: Event | null = first;
		while (!this.hasEnded) {
			event ??= (await this.#outside.next()) ?? this.#due();
			if (event === null) return;
			if (!('key' in event) || this.#machine.awaits(event.key)) await this.#turn(event);
			event = null;
		}
		this.#outside.abortAll();
		this.#machine.door.listener = null;
		await leave(this.#machine, false, realClock);
	}

	/** Moves the clock, and stops at each moment at which something happens. */
	async advance(to: number): Promise<void> {
		const { clock } = this.#o;
		for (;;) {
			const next = this.wakeAt;
			if (next === null || next > to) break;
			clock.moveTo(next);
			await this.settle(null);
		}
		clock.moveTo(to);
	}

	/** Foreign code may have resolvers of promises that this incarnation has made. */
	#listen(): void {
		this.#machine.door.listener = (event) => {
			if (event.type === 'promiseSettled') this.#outside.resolved(event);
		};
	}

	#due(): Event | null {
		const at = this.#machine.wakeAt;
		return at !== null && at <= this.#o.clock.now() ? { type: 'timerFired' } : null;
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
		if (this.hasEnded) return;
		for (const promise of turn.told) tellForeign(promise);
		for (const key of turn.abort) this.#outside.abort(key);
		for (const { key, promise } of turn.watch) this.#outside.watch(key, promise);
		const { natives } = this.#machine.state.pending;
		this.#outside.awaitResolvers([...natives].filter(({ key }) => !this.#outside.has(key)).length);
		if (restart && this.#mayDrop()) await this.#restart(turn);
		else for (const call of turn.dispatch) this.#outside.perform(call);
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
			if (pending.kind !== 'effect' || !(this.#outside.has(pending.key) || this.#isRunning(pending))) continue;
			if ('live' in pending.operands && pending.operands.live.length > 0) return false;
		}
		return true;
	}

	async #restart(turn: Turn): Promise<void> {
		// A call that was made before its turn ended is in flight already.
		for (const call of turn.dispatch) if (this.#isRunning(call)) this.#outside.perform(call);
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
			if (pending.kind === 'effect' && this.#outside.has(pending.key)) pending.flying = true;
		}
		for (const call of this.#machine.pendingCalls(false)) {
			if (!this.#outside.has(call.key)) this.#outside.perform(call);
		}
	}

	/** Is it a call that was made before its turn ended? */
	#isRunning({ key }: { readonly key: string }): boolean {
		const pending = this.#machine.state.pending.get(key);
		return pending?.kind === 'effect' && pending.hot?.running !== undefined;
	}
}

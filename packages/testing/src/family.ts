import {
	type ChildOutcome,
	ChildRun,
	type ChildStart,
	decodeCopy,
	decodeLive,
	differenceOf,
	type Event,
	hash,
	type Input,
	inputBytes,
	Machine,
	NotSerializableError,
	openMachine,
	RunConflictError,
	realClock,
	reasonBytes,
	resultBytes,
	shared,
	UnknownFunctionError,
} from '@perdure/runtime/simulation';
import { InFlight } from './in-flight.ts';
import type { Pick } from './order.ts';
import { type Ended, runsOf } from './relatives.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface FamilyOptions extends Omit<SimulationOptions, 'outside' | 'begin' | 'runs'> {
	readonly pick: Pick;
	/** Real time that effects may take (ms). */
	readonly patience: number;
}

/** `hash`: of what it was started with; a second start under its id is the same one, or a conflict. */
interface Member {
	readonly run: Simulation;
	readonly functionId: string;
	readonly hash: string;
}

/**
 * All runs of one test: the one that the test is of, those that it starts, and so on. One of them at a time takes a
 * turn; they share the virtual clock, and what is decided by the seed.
 *
 * Owns: the runs and the mail between them. Called by: the test runs, one call at a time.
 * T1: without effects that take real time, what happens depends on the runs, the calls and `pick` alone.
 * T2: a child begins, and its end is told, once: with the turn that started it, to those who wait for it.
 */
export class Family {
	readonly #o: FamilyOptions;
	readonly #outside: InFlight<Simulation>;
	readonly #members = new Map<string, Member>();
	/** Effects that wait for a run: each looks after every turn of it whether it has what it waits for. */
	readonly #waiting = new Map<Simulation, Set<() => void>>();
	/** Waits for the end of a run that have been told of it. */
	readonly #over = new Set<string>();
	/** The last call: the next one waits for it. */
	#last: Promise<unknown> = Promise.resolve();

	constructor(o: FamilyOptions) {
		this.#o = o;
		this.#outside = new InFlight(o.clock, o.pick, o.patience);
	}

	get clock(): VirtualClock {
		return this.#o.clock;
	}

	/** The run that the test is of. */
	first(machine: Machine, { self, args }: Input): Simulation {
		const run = new Simulation(machine, this.#options);
		const { runId, functionId } = machine;
		this.#members.set(runId, { run, functionId, hash: hash(inputBytes(functionId, { self, args })) });
		this.#outside.post(run, { type: 'started' });
		return run;
	}

	get machineOptions(): SimulationOptions['machine'] {
		return { ...this.#o.machine, child: (id, functionId, input) => this.#child(id, functionId, input) };
	}

	/** One call after the other: this one when all before it are done. */
	after<T>(act: () => Promise<T>): Promise<T> {
		const done = this.#last.then(act);
		this.#last = done.catch(() => {});
		return done;
	}

	find(id: string): Simulation | undefined {
		return this.#members.get(id)?.run;
	}

	post(run: Simulation, event: Event): void {
		this.#outside.post(run, event);
	}

	/** How the run ends, for an effect that waits for it. */
	ended(run: Simulation): Promise<Ended> {
		return this.#until(run, () => endOf(run));
	}

	/** What the run asks next, or how it ends, for an effect that waits for it. */
	next(run: Simulation): Promise<ChildOutcome> {
		return this.#until(run, () => (this.#outside.hasMail(run) ? null : standingOf(run)));
	}

	#until<T>(run: Simulation, find: () => T | null): Promise<T> {
		const looks = this.#waiting.get(run) ?? new Set();
		this.#waiting.set(run, looks);
		return new Promise((resolve) => {
			const look = () => {
				const found = find();
				if (found === null) return;
				looks.delete(look);
				resolve(found);
			};
			looks.add(look);
			look();
		});
	}

	/** When the next timer of any run or of any effect is due (ms since the epoch), or null. */
	get wakeAt(): number | null {
		const runs = [...this.#members.values()].filter(({ run }) => !run.hasEnded);
		if (runs.length === 0) return null;
		const times = [...runs.map(({ run }) => run.wakeAt), this.#o.clock.next].filter((at) => at !== null);
		return times.length === 0 ? null : Math.min(...times);
	}

	/** Real time is given again to effects that have had it in vain. */
	forgive(): void {
		this.#outside.forgive();
	}

	/** Delivers an event at once, if there is one, and goes on until nothing moves by itself. */
	async settle(first: { readonly run: Simulation; readonly event: Event } | null = null): Promise<void> {
		let next = first;
		for (;;) {
			next ??= (await this.#outside.next()) ?? this.#due();
			if (next === null) return;
			await this.#turn(next.run, next.event);
			next = null;
		}
	}

	/** Moves the clock, and stops at each moment at which something happens. */
	async advance(to: number): Promise<void> {
		const { clock } = this.#o;
		for (;;) {
			const next = this.wakeAt;
			if (next === null || next > to) break;
			clock.moveTo(next);
			await this.settle();
		}
		clock.moveTo(to);
	}

	#due(): { readonly run: Simulation; readonly event: Event } | null {
		for (const { run } of this.#members.values()) {
			const event = run.due();
			if (event !== null) return { run, event };
		}
		return null;
	}

	async #turn(run: Simulation, event: Event): Promise<void> {
		if (run.hasEnded || ('key' in event && !run.machine.awaits(event.key))) return;
		await run.turn(event);
		this.#tellEnds(run);
		if (run.hasEnded) await run.end();
		for (const look of this.#waiting.get(run) ?? []) look();
		if (run.hasEnded) for (const { run: other } of this.#members.values()) this.#tellEnds(other);
	}

	/** The ends that its open waits for other runs have waited for. */
	#tellEnds(run: Simulation): void {
		if (run.hasEnded) return;
		const waits = run.machine.waits.filter(({ kind, id }) => kind === 'child' && !this.#over.has(id));
		const children = Map.groupBy(waits, ({ name }) => name!);
		for (const [child, open] of children) {
			const other = this.find(child);
			const ended = other === undefined ? null : endOf(other);
			if (other !== undefined && ended === null) continue;
			for (const { id } of open) this.#over.add(id);
			this.post(run, { type: 'childEnded', child, ended });
		}
	}

	async #start(by: Simulation, { id, functionId, input, startAt }: ChildStart): Promise<void> {
		const { clock } = this.#o;
		const def = shared.functions.get(functionId)!;
		const { machine } = await openMachine((opened) => {
			const { value, closed } = decodeLive(input, opened);
			const { self, args } = value as Input;
			const o = { runId: id, def, self, args, now: clock.now(), ...this.machineOptions };
			return { machine: Machine.start(o, { closed, opened }) };
		}, realClock);
		const later = startAt !== null && startAt > clock.now() ? startAt : null;
		const run = new Simulation(machine, this.#options, later);
		by.children.push(run);
		this.#members.set(id, { run, functionId, hash: hash(input) });
		if (later === null) this.post(run, { type: 'started' });
	}

	/** What `start` gives in a turn. @throws RunConflictError, UnknownFunctionError */
	#child(id: string, functionId: string, input: Uint8Array): ChildRun {
		if (!shared.functions.has(functionId)) throw new UnknownFunctionError({ functionId });
		const known = this.#members.get(id);
		const difference = known === undefined ? null : differenceOf(known, { functionId, hash: hash(input) });
		if (difference !== null) throw new RunConflictError({ runId: id, difference });
		return new ChildRun(id, functionId);
	}

	get #options(): SimulationOptions {
		const { clock, restart, onRestart } = this.#o;
		const runs: SimulationOptions['runs'] = (waiting) => runsOf(this, waiting);
		const begin: SimulationOptions['begin'] = async (run, starts) => {
			for (const start of starts) if (!this.#members.has(start.id)) await this.#start(run, start);
		};
		return { clock, restart, onRestart, outside: this.#outside, begin, runs, machine: this.machineOptions };
	}
}

/** Where it stands for whoever answers it; null while it moves by itself. */
function standingOf(run: Simulation): ChildOutcome | null {
	const ended = endOf(run);
	if (ended?.status === 'completed') return { status: 'completed', value: ended.value };
	if (ended?.status === 'failed') return { status: 'failed', error: ended.value };
	if (ended?.status === 'cancelled') return { status: 'cancelled', reason: ended.value };
	const { waits, busy } = run.machine;
	const parked = !busy && waits.every(({ kind }) => kind !== 'child');
	const wait = waits.find(({ kind }) => kind === 'suspend' || parked);
	return wait === undefined ? null : { status: 'suspended', id: wait.id, value: wait.value };
}

/** As another run is told it: a copy. Null before the end. A result that cannot be saved is a failure. */
function endOf(run: Simulation): Ended | null {
	if (run.failure !== null) return { status: 'failed', value: decodeCopy(reasonBytes(run.failure.error)) };
	const { ended, facts } = run.machine.state;
	if (ended === null) return null;
	if (ended.status === 'cancelled') return { status: 'cancelled', value: decodeCopy(reasonBytes(ended.outcome)) };
	try {
		return { status: 'completed', value: decodeCopy(resultBytes(facts.functionId, ended.outcome)) };
	} catch (error) {
		if (!NotSerializableError.is(error)) throw error;
		return { status: 'failed', value: error };
	}
}

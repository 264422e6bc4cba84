/**
 * A machine driven by hand: no driver, no clock of the host's, nothing asynchronous but the effects
 * that a test chooses to perform.
 */
import type { EffectCall } from '../../../packages/runtime/src/machine/effect-call.ts';
import { Machine } from '../../../packages/runtime/src/machine/machine.ts';
import type { Event, Turn } from '../../../packages/runtime/src/machine/turn.ts';
import { definitionOf } from '../../../packages/runtime/src/registry/functions.ts';
import { compile, type Modules } from '../../support/compile.ts';

export class Simulation {
	machine: Machine;
	/** Ms since the epoch. */
	now: number;
	readonly turns: Turn[] = [];
	/** Effects that were handed out and are not settled, oldest first. */
	outstanding: EffectCall[] = [];

	constructor(machine: Machine, now: number) {
		this.machine = machine;
		this.now = now;
	}

	get last(): Turn {
		return this.turns.at(-1)!;
	}

	/** Kinds and names of all that is pending. */
	get pending(): string[] {
		return [...this.machine.state.pending.values()].map((pending) =>
			pending.kind === 'native' ? 'native' : `${pending.kind} ${pending.name}`,
		);
	}

	apply(event: Event): Turn {
		const turn = this.machine.apply(event, this.now);
		this.turns.push(turn);
		this.outstanding.push(...turn.dispatch);
		return turn;
	}

	/** Ends the oldest outstanding effect of that name with a result. */
	settle(name: string, value?: unknown): Turn {
		return this.apply({ type: 'effectSettled', key: this.take(name).key, ok: true, value });
	}

	fail(name: string, error: unknown): Turn {
		return this.apply({ type: 'effectSettled', key: this.take(name).key, ok: false, value: error });
	}

	/** Really calls the oldest outstanding effect of that name. */
	async perform(name: string): Promise<Turn> {
		const call = this.take(name);
		const settled = await call.invoke().then(
			(value) => ({ ok: true, value }),
			(value) => ({ ok: false, value }),
		);
		return this.apply({ type: 'effectSettled', key: call.key, ...settled });
	}

	cancel(reason?: unknown): Turn {
		return this.apply({ type: 'cancelled', reason });
	}

	send(name: string, payload?: unknown): Turn {
		return this.apply({ type: 'received', name, payload });
	}

	/** Answers the oldest open suspension. */
	answer(value?: unknown): Turn {
		const open = this.machine.waits.find(({ kind }) => kind === 'suspend')!;
		return this.apply({ type: 'resumed', suspension: open.id, ok: true, value });
	}

	/** Lets time pass, and what is due fire. */
	advance(ms: number): Turn {
		this.now += ms;
		return this.apply({ type: 'timerFired' });
	}

	/** The process dies: only the bytes are left. What was in flight is handed out again. */
	restore(): this {
		this.machine = Machine.load(this.machine.save());
		this.outstanding = this.machine.reissue();
		return this;
	}

	private take(name: string): EffectCall {
		const index = this.outstanding.findIndex((call) => call.name === name);
		if (index < 0) throw new Error(`no effect '${name}' is outstanding: ${this.outstanding.map((c) => c.name)}`);
		return this.outstanding.splice(index, 1)[0]!;
	}
}

/** Begins a run of the exported function `main` and computes its first turn. */
export function simulate(
	source: string,
	o: { args?: readonly unknown[]; world?: object; modules?: Modules; runId?: string; now?: number } = {},
): Simulation {
	const { args = [], world = {}, modules = {}, runId = 'r1', now = 1_000_000 } = o;
	const { exports } = compile(source, { world, ...modules });
	const def = definitionOf(exports['main'])!;
	const simulation = new Simulation(Machine.start({ runId, def, self: undefined, args, now }), now);
	simulation.apply({ type: 'started' });
	return simulation;
}

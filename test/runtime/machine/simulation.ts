/**
 * A machine driven by hand: no driver, no clock of the host's, nothing asynchronous but the effects
 * that a test chooses to perform.
 */

import { expect } from 'vitest';
import type { EffectCall } from '../../../packages/runtime/src/machine/effect-call.ts';
import { Machine } from '../../../packages/runtime/src/machine/machine.ts';
import {
	readState,
	type StateWriter,
	saveState,
	stateWriter,
	writeState,
} from '../../../packages/runtime/src/machine/state.ts';
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
	private chain = new Chain();

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
		if (turn.outcome === undefined && this.machine.state.ended === null) this.chain.write(this.machine);
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
		this.chain = new Chain();
		this.outstanding = this.machine.reissue();
		return this;
	}

	private take(name: string): EffectCall {
		const index = this.outstanding.findIndex((call) => call.name === name);
		if (index < 0) throw new Error(`no effect '${name}' is outstanding: ${this.outstanding.map((c) => c.name)}`);
		return this.outstanding.splice(index, 1)[0]!;
	}
}

/** Each turn's state is also written as what changed since the one before: read back it must be the same. */
class Chain {
	private texts: Uint8Array[] = [];
	private writer: StateWriter = stateWriter({ small: 0 });
	private turns = 0;

	write(machine: Machine): void {
		let whole: Uint8Array;
		try {
			whole = machine.save();
		} catch {
			expect(() => writeState(this.writer, machine.state)).toThrow();
			return;
		}
		const written = writeState(this.writer, machine.state);
		if ('full' in written) this.texts = [written.full];
		else this.texts.splice(written.at + 1, this.texts.length, written.delta);
		const read = readState(this.texts);
		expect(text(saveState(read.state))).toBe(text(whole));
		// Now and then what was read goes on being written, as after a claim.
		if (++this.turns % 3 !== 0) return;
		const again = writeState(read.writer, read.state);
		const texts = 'full' in again ? [again.full] : [...this.texts.slice(0, again.at + 1), again.delta];
		expect(text(saveState(readState(texts).state))).toBe(text(whole));
	}
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

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

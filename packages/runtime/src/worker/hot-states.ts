import { leave } from '../driver/resources.ts';
import type { Machine } from '../machine/machine.ts';
import type { StateWriter } from '../machine/state.ts';
import type { Event } from '../machine/turn.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoredLog } from './stored-log.ts';

/** How many parked runs stay warm. */
const MOST = 1000;
/** Bytes of state (as saved) that they may have together. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A run's machine, and what has written its states and its log: all as of a stored turn. */
export interface Warm {
	readonly machine: Machine;
	readonly writer: StateWriter;
	readonly log: StoredLog;
	readonly turn: number;
	/** Of a failed run that is tried again, or cancelled: the event that it goes on with, null where something is issued again. */
	readonly again?: Event | null;
	/** It stands where another run stood, and no turn of its own is stored yet. */
	readonly midway?: true;
}

/** Its run goes on elsewhere, from bytes: what is open in it is let go of. */
export function cool({ machine }: Warm, clock: Clock): void {
	leave(machine, true, clock);
}

/**
 * Machines of runs that parked lately, so that the next wake-up need not decode them. A machine is good
 * for exactly one stored turn; every commit of anybody raises that number, so a stale one is never taken.
 */
export class HotStates {
	readonly #states = new Map<string, Warm>();
	#bytes = 0;
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	keep(runId: string, warm: Warm): void {
		this.take(runId, -1);
		this.#states.set(runId, warm);
		this.#bytes += warm.writer.bytes;
		for (const oldest of this.#states.keys()) {
			if (this.#states.size <= MOST && this.#bytes <= MOST_BYTES) return;
			this.take(oldest, -1);
		}
	}

	clear(): void {
		for (const runId of [...this.#states.keys()]) this.take(runId, -1);
	}

	/** Gives it up; null unless it is that turn's. */
	take(runId: string, turn: number): Warm | null {
		const warm = this.#states.get(runId);
		if (warm === undefined) return null;
		this.#states.delete(runId);
		this.#bytes -= warm.writer.bytes;
		if (warm.turn === turn) return warm;
		cool(warm, this.#clock);
		return null;
	}
}

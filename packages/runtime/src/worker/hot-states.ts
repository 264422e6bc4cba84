import type { Machine } from '../machine/machine.ts';

/** How many parked runs stay warm. */
const MOST = 1000;
/** Bytes of state (as saved) that they may have together. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The machine of a parked run, as of that stored turn. `bytes`: of the state as saved. */
export interface Warm {
	readonly machine: Machine;
	readonly turn: number;
	readonly bytes: number;
}

/**
 * Machines of runs that parked lately, so that the next wake-up need not decode them. A machine is good
 * for exactly one stored turn; every commit of anybody raises that number, so a stale one is never taken.
 */
export class HotStates {
	readonly #states = new Map<string, Warm>();
	#bytes = 0;

	keep(runId: string, warm: Warm): void {
		this.take(runId, -1);
		this.#states.set(runId, warm);
		this.#bytes += warm.bytes;
		for (const oldest of this.#states.keys()) {
			if (this.#states.size <= MOST && this.#bytes <= MOST_BYTES) return;
			this.take(oldest, -1);
		}
	}

	/** Gives it up; null unless it is that turn's. */
	take(runId: string, turn: number): Machine | null {
		const warm = this.#states.get(runId);
		if (warm === undefined) return null;
		this.#states.delete(runId);
		this.#bytes -= warm.bytes;
		return warm.turn === turn ? warm.machine : null;
	}
}

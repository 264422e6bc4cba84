import type { Committed, HeldRun, RunRow, TurnCommit } from '../ports/store.ts';
import { Gate } from './gate.ts';

/**
 * Which runs a worker thread holds, as the engine's thread knows it from what the store has answered, and which of them
 * it could take back.
 *
 * Owns: the gates of the thread's claims. Called by: the thread's session and whoever watches the thread.
 */
export class Holds {
	/** Called when one of them comes to rest. */
	readonly #rests: () => void;
	readonly #held = new Map<string, { readonly epoch: number; readonly gate: Gate }>();

	constructor(rests: () => void) {
		this.#rests = rests;
	}

	/** A claim was committed, and is about to be told: what the thread gets of it. */
	claimed({ id, epoch }: RunRow): SharedArrayBuffer {
		const gate = new Gate();
		this.#held.set(id, { epoch, gate });
		this.#rests();
		return gate.memory;
	}

	/** How a commit went, before the thread is told. */
	committed({ runId, epoch }: TurnCommit, committed: Committed): void {
		const held = this.#held.get(runId);
		if (held?.epoch !== epoch) return;
		if (committed.outcome === 'committed' && committed.held) {
			held.gate.committed();
			this.#rests();
		} else if (committed.outcome === 'committed' || committed.outcome === 'fenced') this.gone(runId, epoch);
	}

	/** It is no longer the thread's by that claim. */
	gone(runId: string, epoch: number): void {
		if (this.#held.get(runId)?.epoch === epoch) this.#held.delete(runId);
	}

	/** Only these are the thread's. */
	keep(claims: readonly HeldRun[]): void {
		const epochs = new Map(claims.map(({ runId, epoch }) => [runId, epoch]));
		for (const [runId, { epoch }] of this.#held) if (epochs.get(runId) !== epoch) this.#held.delete(runId);
	}

	/** Some of them need not be with this thread. */
	get someAtRest(): boolean {
		for (const { gate } of this.#held.values()) if (gate.isAtRest) return true;
		return false;
	}

	/** Takes these; the store is then to be told that they are others'. */
	take(): HeldRun[] {
		const taken: HeldRun[] = [];
		for (const [runId, { epoch, gate }] of this.#held) {
			if (!gate.take()) continue;
			this.#held.delete(runId);
			taken.push({ runId, epoch });
		}
		return taken;
	}
}

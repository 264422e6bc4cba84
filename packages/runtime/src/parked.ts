import type { Chain } from './driver/drive.ts';
import { openMachine } from './driver/resources.ts';
import { UnsupportedError } from './errors/internal.ts';
import { NotSerializableError } from './errors/saving.ts';
import { eventBytes, type Failure, loadWith, reasonBytes } from './machine/failure.ts';
import { Machine } from './machine/machine.ts';
import { readState } from './machine/state.ts';
import type { Event } from './machine/turn.ts';
import { machineOptions, type RunOptions } from './outcome.ts';
import { realClock } from './ports/clock.ts';

/** A machine to go on with; `event`: the one that it is to begin with, where that was given in bytes. */
export interface Copy {
	readonly machine: Machine;
	readonly event?: Event;
}

/**
 * The state that a continuation stands for, in memory or in bytes, until something asks for the other.
 *
 * Owns: both. Called by: its continuation.
 * K1: it never changes: what goes on is a copy.
 * K2: one that cannot be saved goes on once, from memory; then it says why it was only once.
 */
export class Parked {
	/** Made from the chain when first looked at: most checkpoints are only written down. */
	#loaded: Machine | null;
	readonly #chain: Chain | null;
	/** Without the log, once they were made; never handed out, only copies. */
	#bytes: Uint8Array | null;
	#spent: NotSerializableError | null = null;
	readonly #failure: Failure | null;

	/** `failure`: what the run failed by, after this state. */
	constructor(from: Machine | Chain | Uint8Array, failure: Failure | null) {
		this.#failure = failure;
		this.#loaded = from instanceof Machine ? from : null;
		this.#chain = from instanceof Machine ? null : from instanceof Uint8Array ? [from] : from;
		this.#bytes = this.#chain?.length === 1 && failure === null ? this.#chain[0]! : null;
	}

	/** To be looked at. */
	get machine(): Machine {
		if (this.#loaded === null) {
			const { state } = readState(this.#chain!);
			const failure = this.#failure;
			if (failure !== null) state.failed = { event: eventBytes(failure.event), error: reasonBytes(failure.error) };
			this.#loaded = new Machine(state);
		}
		return this.#loaded;
	}

	/** @throws NotSerializableError, when it went on from memory. */
	mustBeUnspent(): void {
		if (this.#spent !== null) throw this.#spent;
	}

	/** @throws NotSerializableError, UnsupportedError */
	saved(): Uint8Array {
		this.mustBeUnspent();
		if (this.#bytes !== null) return this.#bytes;
		if (this.machine.state.ended !== null) {
			throw new UnsupportedError({
				what: 'going on with a run whose state before it failed was not kept',
				help: 'give run an onCheckpoint: then each state is kept, also one of more than 16 KiB, and the continuation of a failure begins at the last',
			});
		}
		this.#bytes = this.machine.save();
		return this.#bytes;
	}

	/**
	 * To go on with, its resources open; of a state that cannot be saved, itself, once.
	 * @param event in bytes, if there are any.
	 */
	async copy(o: RunOptions, event?: Uint8Array): Promise<Copy> {
		const options = machineOptions(o);
		let bytes: Uint8Array;
		try {
			bytes = this.saved();
		} catch (error) {
			if (this.#spent !== null || !NotSerializableError.is(error)) throw error;
			this.#spent = error;
			return { machine: new Machine(this.machine.state, options, { opened: this.machine.opened }) };
		}
		const load = (opened?: readonly object[]): Copy => ({ machine: Machine.load(bytes, options, opened) });
		const copy = await openMachine((opened) => (event ? loadWith(event, opened, load) : load(opened)), realClock);
		copy.machine.state.failed = null;
		return copy;
	}

	/** What a copy begins from, when it is prepared so; null where there is no copy. */
	origin(prepare: (copy: Machine) => void): Chain | null {
		if (this.#spent !== null) return null;
		const before = Machine.load(this.saved());
		before.state.failed = null;
		prepare(before);
		return [before.save()];
	}
}

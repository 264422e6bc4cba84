import { NotSerializableError } from '../errors/saving.ts';
import type { Machine } from '../machine/machine.ts';

/** States up to this size (bytes) are saved at every turn. */
const SMALL = 16_384;
/** Bytes of a larger state for each turn until it is saved again. */
const SHARE = 256;
/** Turns in production until a state that could not be saved is tried again. */
const PAUSE = 64;

/**
 * Saves states that nobody asks for. In development each park shows by that that the run can be saved: what types
 * could not show is found at once (runtime.md, "A turn is one commit"). Everywhere it is what a failed run is tried
 * again from; of a large state that would cost too much.
 */
export class SaveCheck {
	readonly #strict = !isProduction();
	/** The next turn that is saved. */
	#next = 0;

	/**
	 * The state as saved, or null where that was not tried. A native promise is reported only when bytes
	 * are asked for: hot runs may await one.
	 * @throws NotSerializableError in development.
	 */
	save(machine: Machine): Uint8Array | null {
		const { turn } = machine.state;
		if (turn < this.#next) return null;
		try {
			const bytes = machine.save();
			this.#next = bytes.length <= SMALL ? 0 : turn + Math.floor(bytes.length / SHARE);
			return bytes;
		} catch (error) {
			if (this.#strict && !(NotSerializableError.is(error) && error.kind === 'promise')) throw error;
			if (!this.#strict) this.#next = turn + PAUSE;
			return null;
		}
	}
}

function isProduction(): boolean {
	return (
		(globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV === 'production'
	);
}

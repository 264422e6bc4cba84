import { NotSerializableError } from '../errors/saving.ts';
import type { Machine } from '../machine/machine.ts';

/** States up to this size (bytes) are checked at every turn. */
const SMALL = 16_384;
/** Larger ones each time so many turns have passed. */
const EVERY = 64;

/**
 * In development each park shows that the run can be saved, not only those whose bytes somebody asks
 * for: what types could not show is found at once (runtime.md, "A turn is one commit").
 */
export class SaveCheck {
	readonly #on = !isProduction();
	#size = 0;

	/**
	 * The state as saved, or null where that was not tried. A native promise is reported only when bytes
	 * are asked for: hot runs may await one.
	 * @throws NotSerializableError
	 */
	save(machine: Machine): Uint8Array | null {
		if (!this.#on || (this.#size > SMALL && machine.state.turn % EVERY !== 0)) return null;
		try {
			const bytes = machine.save();
			this.#size = bytes.length;
			return bytes;
		} catch (error) {
			if (NotSerializableError.is(error) && error.kind === 'promise') return null;
			throw error;
		}
	}
}

function isProduction(): boolean {
	return (
		(globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV === 'production'
	);
}

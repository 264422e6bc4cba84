import { NotSerializableError } from '../errors/saving.ts';
import type { Machine } from '../machine/machine.ts';

/** Bytes of state that are looked at for each turn: a state of `n` bytes is checked again after `n / SHARE` turns. */
const SHARE = 256;
/** States up to this size (bytes) are checked at every turn. */
const SMALL = 16_384;

/**
 * In development each park shows that the run can be saved, not only those whose bytes somebody asks
 * for: what types could not show is found at once (runtime.md, "A turn is one commit").
 */
export class SaveCheck {
	readonly #on = !isProduction();
	/** The next turn that is checked. */
	#next = 0;

	/**
	 * The state as saved, or null where that was not tried. A native promise is reported only when bytes
	 * are asked for: hot runs may await one.
	 * @throws NotSerializableError
	 */
	save(machine: Machine): Uint8Array | null {
		const { turn } = machine.state;
		if (!this.#on || turn < this.#next) return null;
		try {
			const bytes = machine.save();
			this.#next = bytes.length <= SMALL ? 0 : turn + Math.floor(bytes.length / SHARE);
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

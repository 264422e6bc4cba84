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

	/** What cannot be saved, or null. A native promise is reported only when bytes are asked for: hot runs may await one. */
	check(machine: Machine): NotSerializableError | null {
		if (!this.#on || (this.#size > SMALL && machine.state.turn % EVERY !== 0)) return null;
		try {
			this.#size = machine.save().length;
			return null;
		} catch (error) {
			if (NotSerializableError.is(error)) return error.kind === 'promise' ? null : error;
			throw error;
		}
	}
}

function isProduction(): boolean {
	return (
		(globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV === 'production'
	);
}

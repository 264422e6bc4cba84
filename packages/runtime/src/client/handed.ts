import { TimeoutError } from '../errors/run.ts';
import type { Changes } from './changes.ts';

/** Nothing happens under this name: a wait for it ends by its time limit, or with the engine. */
const NEVER = 'handed out';

/**
 * Events that a consumer was handed and has not acknowledged.
 * O2: a consumer that has any, and neither acknowledges one nor takes another for as long as `visible`, has lapsed.
 */
export class Handed {
	readonly #changes: Changes;
	readonly #visible: number;
	readonly #lapse: () => void;
	readonly #open = new Set<string>();
	#watch = new AbortController();

	/** @param visible ms. @param lapse called each time the consumer has lapsed. */
	constructor(changes: Changes, visible: number, lapse: () => void) {
		this.#changes = changes;
		this.#visible = visible;
		this.#lapse = lapse;
	}

	hand(event: string): void {
		this.#open.add(event);
		this.#begin();
	}

	acknowledged(event: string): void {
		if (this.#open.delete(event)) this.#begin();
	}

	/** Nobody watches any more. */
	end(): void {
		this.#open.clear();
		this.#begin();
	}

	/** The time begins anew. */
	#begin(): void {
		this.#watch.abort();
		if (this.#open.size === 0) return;
		this.#watch = new AbortController();
		const { signal } = this.#watch;
		const limits = { timeout: this.#visible, signal };
		this.#changes
			.until(NEVER, 'an acknowledgement', async () => undefined, limits)
			.catch((error) => {
				if (signal.aborted || !TimeoutError.is(error)) return;
				this.#open.clear();
				this.#lapse();
			});
	}
}

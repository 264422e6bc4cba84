import type { Fiber } from './fiber.ts';
import type { Frame } from './frame.ts';

/** How often each name is there. */
export class Tally {
	readonly #counts = new Map<string, number>();

	add(name: string): void {
		this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
	}

	remove(name: string): void {
		const count = this.#counts.get(name)!;
		if (count > 1) this.#counts.set(name, count - 1);
		else this.#counts.delete(name);
	}

	get names(): Iterable<string> {
		return this.#counts.keys();
	}
}

/**
 * Which functions a run's frames are of. A frame that does not run keeps its place and its slots, so a
 * turn is looked at from the top of the fibers that ran in it down to the first frame that did not.
 *
 * Owns: `Fiber.chain`, `Frame.place`. Called by: the end of a turn, and a load.
 */
export class Census {
	readonly functions = new Tally();
	readonly #touch: (frame: Frame) => void;

	/** @param touch told of each frame that has run, or has come or gone. */
	constructor(touch: (frame: Frame) => void) {
		this.#touch = touch;
	}

	/** The frames of a fiber as they are now. */
	note(fiber: Fiber): void {
		const { chain } = fiber;
		const changed: Frame[] = [];
		let frame = fiber.top;
		while (frame !== null && !(chain[frame.place] === frame && frame.noted === frame.s)) {
			changed.push(frame);
			frame = frame.parent;
		}
		// Frames that have run and are still there keep their place; those above it are gone.
		let kept = changed.length;
		while (kept > 0 && chain[changed[kept - 1]!.place] === changed[kept - 1]) kept--;
		const lowest = kept < changed.length ? changed[kept]! : frame;
		this.#truncate(chain, lowest === null ? 0 : lowest.place + 1);
		for (let i = kept - 1; i >= 0; i--) {
			const added = changed[i]!;
			added.place = chain.push(added) - 1;
			this.functions.add(added.def.id);
		}
		for (const each of changed) {
			each.noted = each.s;
			this.#touch(each);
		}
	}

	/** A fiber that is over. */
	drop(fiber: Fiber): void {
		this.#truncate(fiber.chain, 0);
	}

	#truncate(chain: Frame[], length: number): void {
		while (chain.length > length) {
			const gone = chain.pop()!;
			gone.place = -1;
			this.#touch(gone);
			this.functions.remove(gone.def.id);
		}
	}
}

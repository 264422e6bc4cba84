/** All that the thread knows of the run is stored: the engine may take it back. */
const AT_REST = 0;
/** The thread computes a turn of it, performs its effects, or has outcomes of theirs. */
const BUSY = 1;
/** What the thread knows of it is in a commit that it has asked for. */
const COMMITTING = 2;
/** Another is to go on with it. */
const TAKEN = 3;

/**
 * Who may go on with a run that a worker thread holds: a word of memory that the thread shares with the engine's,
 * since a thread that computes for long answers no message.
 *
 * Each claim has its own. Called by: the run in its thread (`enter`, `commits`), and the engine's thread.
 * A1: it is taken only at rest, so that no turn is computed and no effect performed twice by it.
 */
export class Gate {
	readonly word: Int32Array;

	/** @param memory of the other end; without it, another gate. */
	constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
		this.word = new Int32Array(memory);
	}

	get memory(): SharedArrayBuffer {
		return this.word.buffer as SharedArrayBuffer;
	}

	/** The thread goes on with the run; false when it was taken. */
	enter(): boolean {
		const { word } = this;
		if (Atomics.compareExchange(word, 0, AT_REST, BUSY) === TAKEN) return false;
		// Only the thread itself leaves any other state.
		Atomics.compareExchange(word, 0, COMMITTING, BUSY);
		return true;
	}

	/** The thread is about to ask for a commit that has all it knows. */
	commits(): void {
		Atomics.compareExchange(this.word, 0, BUSY, COMMITTING);
	}

	/** The commit is done. */
	committed(): void {
		Atomics.compareExchange(this.word, 0, COMMITTING, AT_REST);
	}

	get isAtRest(): boolean {
		return Atomics.load(this.word, 0) === AT_REST;
	}

	/** True when the thread has lost it by this. */
	take(): boolean {
		return Atomics.compareExchange(this.word, 0, AT_REST, TAKEN) === AT_REST;
	}
}

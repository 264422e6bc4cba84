/**
 * The only doors to time and randomness. Nothing else in the runtime reads a clock, sets a timer or
 * draws a random number, so a simulation that hands in its own sees and decides everything.
 */

/** The time of a driver, and its timers. */
export interface Clock {
	/** Milliseconds since the Unix epoch. */
	now(): number;
	/**
	 * Calls `fire` once, when as much time has gone by as `at` (ms since the epoch) is away now, however much that is,
	 * and never synchronously. What becomes of the wall clock meanwhile changes nothing: set back by an hour, it must
	 * not hold up a pause of 50 ms. A pending timer keeps the process alive.
	 * @returns cancels it; does nothing once it has fired.
	 */
	timer(at: number, fire: () => void): () => void;
}

/** Runs `fire` once what is ready in this pass of the event loop has run. */
export function afterThisPass(fire: () => void): void {
	setImmediate(fire);
}

/** Where a driver's chance comes from. */
export interface Random {
	/** A new id of 128 random bits: 26 characters of lower-case base32 (a-z, 2-7). */
	id(): string;
	/** Fresh bytes, fit for salts and nonces. */
	bytes(length: number): Uint8Array<ArrayBuffer>;
}

/** Longest delay that a host timer keeps; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

export const realClock: Clock = {
	now: () => Date.now(),
	timer(at, fire) {
		const due = performance.now() + Math.max(0, at - Date.now());
		let handle: ReturnType<typeof setTimeout>;
		const arm = () => {
			// Node warns of a delay below none.
			handle = setTimeout(look, Math.max(0, Math.min(due - performance.now(), LONGEST)));
		};
		// Host timers may fire a millisecond early.
		const look = () => (performance.now() < due ? arm() : fire());
		arm();
		return () => clearTimeout(handle);
	},
};

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

export const realRandom: Random = {
	id() {
		let id = '';
		let bits = 0;
		let pending = 0;
		for (const byte of crypto.getRandomValues(new Uint8Array(16))) {
			bits = (bits << 8) | byte;
			pending += 8;
			while (pending >= 5) {
				pending -= 5;
				id += ALPHABET[(bits >> pending) & 31];
			}
			bits &= 31;
		}
		return id + ALPHABET[(bits << (5 - pending)) & 31];
	},
	bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

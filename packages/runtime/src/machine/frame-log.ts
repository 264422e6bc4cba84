/**
 * What the effect log has to know of an activation: where its current loop iterations began.
 * `loop`: the number of a loop of the function; a text is the function of a tail call, since recursion
 * in tail position is a loop too. These come first.
 */
export interface LogScope {
	readonly loop: number | string;
	/** The first number of the log that belongs to the current iteration. */
	begin: number;
}

export class FrameLog {
	/** Number of the entry of the call that made the frame: negative where its outcome is not shown; 0 for none. */
	readonly entry: number;
	/** The first number of what it did itself. */
	readonly first: number;
	/** Outermost first. */
	readonly scopes: LogScope[];
	/**
	 * The first number behind the head of a loop that was passed in this turn, if that was of something whose place is
	 * not known: what a closure has issued, and what is called where it is not awaited.
	 */
	since: number | null = null;

	constructor(entry: number, first: number, scopes: LogScope[] = []) {
		this.entry = entry;
		this.first = first;
		this.scopes = scopes;
	}

	/** A text, so that it is one part of a saved frame. */
	toString(): string {
		return JSON.stringify([this.entry, this.first, ...this.scopes.flatMap(({ loop, begin }) => [loop, begin])]);
	}

	/** What `toString` gave, or null for any other text. */
	static read(text: string): FrameLog | null {
		let parts: unknown;
		try {
			parts = JSON.parse(text);
		} catch {
			return null;
		}
		if (!Array.isArray(parts) || parts.length < 2 || parts.length % 2 > 0) return null;
		const scopes: LogScope[] = [];
		for (let i = 2; i < parts.length; i += 2) scopes.push({ loop: parts[i], begin: parts[i + 1] });
		const isLoop = (loop: unknown) => typeof loop === 'string' || Number.isSafeInteger(loop);
		const known = [parts[0], parts[1], ...scopes.map(({ begin }) => begin)].every(Number.isSafeInteger);
		return known && scopes.every(({ loop }) => isLoop(loop)) ? new FrameLog(parts[0], parts[1], scopes) : null;
	}
}

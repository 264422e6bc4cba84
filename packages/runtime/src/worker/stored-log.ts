import type { LogItem } from '../machine/log.ts';
import { LogFold } from '../machine/log-fold.ts';
import type { TurnCommit } from '../ports/store.ts';
import { LogWriter, readLogBytes } from './log-bytes.ts';

/** Bytes that the stored log may have, besides those that it needs twice over. */
const SLACK = 2048;

/**
 * The stored log of one run, which stores only add to. Where entries are dropped, what is left of it is
 * written afresh now and then, so that it stays as small as what it comes to.
 *
 * Owns: what the stored log comes to, once entries were dropped. Called by: the run while it is held.
 * W1: of no use any more when what it gave is not committed.
 * W2: a run goes on without it: a log that was deleted or cannot be read begins with the next turn.
 */
export class StoredLog {
	#writer = new LogWriter();
	/** Null until entries are dropped: until then nothing is to be gained. */
	#fold: LogFold | null = null;
	/** Bytes stored when it was last written afresh, and since. */
	#base = 0;
	#grown = 0;

	/** Before `write`: reads what is stored when that will be needed. */
	async prepare(items: readonly LogItem[], read: () => Promise<readonly Uint8Array[]>): Promise<void> {
		if (this.#fold !== null || !items.some((item) => 'prune' in item)) return;
		try {
			const pieces = await read();
			this.#fold = new LogFold(readLogBytes(pieces));
			this.#grown = pieces.reduce((sum, { length }) => sum + length, 0);
		} catch {
			// The next turn asks again.
		}
	}

	/** `before`: the latest `seq` of the turns before. */
	write(items: readonly LogItem[], before: number): Pick<TurnCommit, 'log' | 'logAfresh'> {
		const log = this.#writer.write(items, before);
		const fold = this.#fold;
		if (fold === null || log === null) return { log };
		for (const item of items) fold.add(item);
		this.#grown += log.length;
		if (this.#grown <= 2 * this.#base + SLACK) return { log };
		this.#writer = new LogWriter();
		const afresh = this.#writer.write(fold.records, -1);
		this.#base = afresh?.length ?? 0;
		this.#grown = 0;
		return { log: afresh, logAfresh: true };
	}
}

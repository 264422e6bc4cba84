import type { LogItem } from './log.ts';
import { LogFold } from './log-fold.ts';

/** Items that a list may have beyond what is needed of it. */
const SLACK = 64;

/**
 * The log of a run in memory. It only grows at its end, so that a checkpoint is a list and a length; now
 * and then what it comes to takes its place, in a new list.
 *
 * Owns: the list. Called by: drivers.
 */
export class KeptLog {
	readonly #fold: LogFold;
	#items: LogItem[];

	constructor(items: Iterable<LogItem> = []) {
		this.#items = [...items];
		this.#fold = new LogFold(this.#items);
	}

	/** What is there now stays as it is; more may be added behind it. */
	get items(): readonly LogItem[] {
		return this.#items;
	}

	add(items: readonly LogItem[]): void {
		for (const item of items) {
			this.#fold.add(item);
			this.#items.push(item);
		}
		// Each entry is two items, or three where it was dropped.
		if (this.#items.length > 4 * this.#fold.size + SLACK) this.#items = this.#fold.records;
	}
}

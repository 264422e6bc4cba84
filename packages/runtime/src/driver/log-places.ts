import type { LogEntry } from '../machine/log.ts';
import type { Done, Savable } from '../machine/pending.ts';

/**
 * The entries of a log by their places: fiber and call site, in the order of their issue.
 *
 * Owns: how far each place has been reached, and what the turn that is computed has issued there. Called by: `Replayer`.
 */
export class LogPlaces {
	readonly #places = new Map<string, Place>();
	/** By site, of all fibers. */
	readonly #sites = new Map<string, Place[]>();
	/** Where this turn has issued something. */
	readonly #touched = new Set<Place>();

	add(entry: LogEntry): void {
		const key = keyOf(entry.fiber, entry.site.id);
		const known = this.#places.get(key);
		if (known !== undefined) {
			known.entries.push(entry);
			return;
		}
		const place = { entries: [entry], reached: 0, issued: 0 };
		this.#places.set(key, place);
		const places = this.#sites.get(entry.site.id);
		if (places === undefined) this.#sites.set(entry.site.id, [place]);
		else places.push(place);
	}

	/** The first entry there that was not reached. */
	first(by: number, site: string): LogEntry | undefined {
		const place = this.#places.get(keyOf(by, site));
		return place?.entries[place.reached];
	}

	/** The entry of what is issued there next. */
	next(by: number, site: string): LogEntry | undefined {
		const place = this.#places.get(keyOf(by, site));
		return place && nextOf(place);
	}

	/** Is an entry of these sites, of any fiber, to be issued still though it comes before that number? */
	isBehind(sites: ReadonlySet<string>, seq: number): boolean {
		return [...sites].some((site) => this.#sites.get(site)?.some((place) => (nextOf(place)?.seq ?? seq) < seq));
	}

	/** The first entry of its place is reached. */
	reach({ fiber, site }: LogEntry): void {
		this.#places.get(keyOf(fiber, site.id))!.reached++;
	}

	/** It was reached out of order. */
	remove(entry: LogEntry): void {
		const { entries } = this.#places.get(keyOf(entry.fiber, entry.site.id))!;
		entries.splice(entries.indexOf(entry), 1);
	}

	/** This turn has issued so many more there. */
	issued({ by, site }: Savable | Done, more: 1 | -1): void {
		const place = this.#places.get(keyOf(by, site));
		if (place === undefined) return;
		place.issued += more;
		this.#touched.add(place);
	}

	/** The turn is over: what it has issued is reached now, or was not in the log. */
	turned(): void {
		for (const place of this.#touched) place.issued = 0;
		this.#touched.clear();
	}
}

interface Place {
	readonly entries: LogEntry[];
	/** How many of them were reached. */
	reached: number;
	/** How many this turn has issued behind those. */
	issued: number;
}

function nextOf({ entries, reached, issued }: Place): LogEntry | undefined {
	return entries[reached + issued];
}

function keyOf(fiber: number, site: string): string {
	return `${fiber} ${site}`;
}

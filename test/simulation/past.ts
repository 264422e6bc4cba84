/** What can be inherited. `performed`: a call began; `seen`: a mail was consumed; `emitted`: by its number in the log. */
type Deed = 'performed' | 'booked' | 'seen' | 'emitted' | 'started';

/** The run that a fork was made of; null for another run. */
export const sourceOf = (id: string) => /^(.*)~\d+$/.exec(id)?.[1] ?? null;
/** A run, or what was started below it, without the forks between: `run-0` of `run-0~1~0`. */
export const originOf = (id: string) => id.replaceAll(/~\d+/g, '');
/** The branch of the program in which a call stands: what is in one branch is done in its order. */
const branchOf = (call: string) => call.slice(call.lastIndexOf(' ') + 1, call.lastIndexOf('/'));

/** What each run had come to by each of its turns, so that it is known what a fork of it began with. */
export class Past {
	/** The latest turn that is known of. */
	readonly #turns = new Map<string, number>();
	readonly #deeds = new Map<string, { readonly deed: Deed; readonly what: string; readonly turn: number }[]>();
	/** Which turn of its source a fork began behind. */
	readonly #forks = new Map<string, number>();

	reached(run: string, turn: number): void {
		this.#turns.set(run, Math.max(turn, this.#turns.get(run) ?? 0));
	}

	/** As of the latest turn. */
	did(run: string, deed: Deed, what: string): void {
		const turn = this.#turns.get(run) ?? 0;
		this.#deeds.set(run, [...(this.#deeds.get(run) ?? []), { deed, what, turn }]);
	}

	forked(id: string, turn: number): void {
		this.#forks.set(id, turn);
	}

	/** What a fork has of the runs that it comes from, in order; nothing for another run. */
	inherited(id: string, deed: Deed): { readonly run: string; readonly what: string }[] {
		const run = sourceOf(id);
		const until = this.#forks.get(id);
		if (run === null || until === undefined) return [];
		const own = (this.#deeds.get(run) ?? []).filter((one) => one.deed === deed && one.turn <= until);
		return [...this.inherited(run, deed), ...own.map(({ what }) => ({ run, what }))];
	}

	/** Had its source been told that it is cancelled? */
	isCancelled(fork: string): boolean {
		return this.inherited(fork, 'seen').some(({ what }) => what.startsWith('cancel'));
	}

	/** Calls of a fork that had begun before it, and of these those that were over: another one came after them. */
	calls(id: string): { readonly begun: ReadonlySet<string>; readonly over: ReadonlySet<string> } {
		const begun = new Set(this.inherited(id, 'performed').map(({ what }) => what));
		const latest = new Map([...begun].map((call) => [branchOf(call), call]));
		return { begun, over: new Set([...begun].filter((call) => latest.get(branchOf(call)) !== call)) };
	}
}

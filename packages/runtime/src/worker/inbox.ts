import { Jobs } from '../machine/jobs.ts';
import type { Machine } from '../machine/machine.ts';
import type { Event } from '../machine/turn.ts';
import type { Mail, RunRow } from '../ports/store.ts';
import { readMail } from './mail-event.ts';
import type { MailTaken } from './turn-commit.ts';

/** What begins a turn; `mail`: that which it came from. */
export interface Next {
	readonly event: Event;
	readonly mail: MailTaken | null;
	/** The mail, where something in it is to be opened before the run takes it. */
	readonly live: Mail | null;
}

function taken(mail: Mail, behind: readonly Mail[]): Next {
	const { value, closed } = readMail(mail);
	return { event: value, mail: { number: mail.number, behind }, live: closed.length === 0 ? null : mail };
}

/**
 * What has come for a run and is not a turn yet: outcomes, mail, time; and which of it comes first.
 *
 * Owns: the queue of events, the mail that was fetched. Called by: the run while it is held.
 * B1: mail comes in the order of its numbers, each until the turn that it began is committed.
 */
export class Inbox {
	readonly #events = new Jobs<Event>();
	/** Events of turns that are to be computed again, the next one last. */
	readonly #back: Event[] = [];
	/** Keys of effects whose outcome is among the events. */
	readonly #settled = new Set<string>();
	#mail: Mail[] = [];
	/** Number of the latest mail that is known of, and of the latest that a committed turn has consumed. */
	#sent: number;
	#seen: number;
	/** Mail may be there that was not fetched. */
	#announced = false;
	/** Mail comes before the next outcome: a turn was refused for it. */
	#mailFirst = false;

	constructor({ sent, seen }: RunRow) {
		this.#sent = sent;
		this.#seen = seen;
	}

	/** Mail consumed by committed turns. */
	get seen(): number {
		return this.#seen;
	}

	get mailFirst(): boolean {
		return this.#mailFirst;
	}

	/** Nothing is here but mail, which the store has. */
	get empty(): boolean {
		return this.#events.empty && this.#back.length === 0;
	}

	/** Has this effect an outcome that is not yet a turn? */
	has(key: string): boolean {
		return this.#settled.has(key);
	}

	add(event: Event): void {
		if (event.type === 'effectSettled') this.#settled.add(event.key);
		this.#events.add(event);
	}

	/** Its turn did not happen: it comes next. */
	putBack(event: Event): void {
		if (event.type === 'effectSettled') this.#settled.add(event.key);
		this.#back.push(event);
	}

	/** Mail may have come. */
	announce(): void {
		this.#announced = true;
	}

	/** A turn was refused: for mail that comes first then, or for another reason. */
	refused(forMail: boolean): void {
		this.#mailFirst = forMail;
	}

	/** A turn was committed: what mail it consumed (none: undefined), and what had been sent by then. */
	committed(seen: number | undefined, sent: number): void {
		this.#seen = seen ?? this.#seen;
		this.#sent = sent;
	}

	/** The run was loaded again: its mail is fetched again. */
	reloaded({ sent, seen }: RunRow): void {
		this.#sent = sent;
		this.#seen = seen;
		this.#mail = [];
	}

	/** Mail is to be fetched before `next` is asked. */
	get lacksMail(): boolean {
		return this.#announced || (this.#mail.length === 0 && this.#sent > this.#seen);
	}

	/** `ask`: for mail above a number. */
	async fetch(ask: (after: number) => Promise<readonly Mail[]>): Promise<void> {
		// Before the look: what is announced meanwhile needs another.
		this.#announced = false;
		this.#mail = [...(await ask(this.#seen))];
		this.#sent = this.#mail.at(-1)?.number ?? this.#seen;
	}

	/** @param turn the last one that is committed. @param now the store's time (ms since the epoch). */
	next(machine: Machine, turn: number, now: number): Next | null {
		const cancelled = turn === 0 ? this.#cancelledBefore() : null;
		if (cancelled !== null) return cancelled;
		const event = this.#mailFirst ? undefined : this.#outcome(machine);
		if (event !== undefined) return { event, mail: null, live: null };
		this.#mailFirst = false;
		const mail = this.#mail.shift();
		if (mail !== undefined) return taken(mail, this.#mail);
		const late = this.#outcome(machine);
		if (late !== undefined) return { event: late, mail: null, live: null };
		const { wakeAt } = machine;
		return wakeAt === null || wakeAt > now ? null : { event: { type: 'timerFired' }, mail: null, live: null };
	}

	/** A run that was cancelled before it began does not begin; messages that came before that are left over too. */
	#cancelledBefore(): Next | null {
		const cancel = this.#mail.find(({ kind }) => kind === 'cancel');
		if (cancel === undefined) return null;
		return taken(
			cancel,
			this.#mail.filter((mail) => mail !== cancel),
		);
	}

	/** The next event that the run still wants. */
	#outcome(machine: Machine): Event | undefined {
		for (;;) {
			const event = this.#back.pop() ?? this.#events.take();
			if (event?.type === 'effectSettled') this.#settled.delete(event.key);
			if (event?.type !== 'effectSettled' || machine.awaits(event.key)) return event;
		}
	}
}

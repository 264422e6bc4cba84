import { Jobs } from '../machine/jobs.ts';
import type { Machine } from '../machine/machine.ts';
import type { Event } from '../machine/turn.ts';
import type { Mail, RunRow } from '../ports/store.ts';
import { readMail } from './mail-event.ts';
import type { Origin } from './turn-commit.ts';

/** What begins a turn. */
export interface Next extends Origin {
	readonly event: Event;
	/** The mail, where something in it is to be opened before the run takes it. */
	readonly live?: Mail;
}

/** `number`: of the latest that is seen with it. */
function taken(mail: Mail, number: number): Next {
	const { value, closed } = readMail(mail);
	return { event: value, mail: number, ...(closed.length === 0 ? {} : { live: mail }) };
}

/**
 * What has come for a run and is not a turn yet: outcomes, mail, time; and which of it comes first.
 *
 * Owns: the queue of events, the mail that was fetched. Called by: the run while it is held.
 * B1: mail comes in the order of its numbers, each until the turn that it began is committed.
 * B2: mail that is sent faster than turns are committed holds nothing up: a turn that was refused for mail comes when
 *     what was there then has come, and so does a time when it is due.
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
	/** Number of the latest mail that was there when the run was claimed. */
	readonly #claimed: number;
	/** Of the latest that was there when a turn was refused for mail; null again once that turn is committed. */
	#refused: number | null = null;
	/** Of the latest that was there when a time was found due; null again once it has come. */
	#timed: number | null = null;

	constructor({ sent, seen }: RunRow) {
		this.#sent = sent;
		this.#seen = seen;
		this.#claimed = sent;
	}

	/** Mail consumed by committed turns. */
	get seen(): number {
		return this.#seen;
	}

	/** Does mail come before the next outcome? */
	get mailFirst(): boolean {
		return this.#mail.length > 0 && this.#refused !== null && this.#refused > this.#seen;
	}

	/** A turn that this begins, which is no mail. Before its first one a run hears nothing. */
	turnOf(event: Event): Next {
		const heard = event.type === 'started' || (this.#refused !== null && !this.mailFirst);
		// A failed run is given up by no mail: what was sent to it before was refused.
		return { event, mail: null, heard, earlier: event.type === 'cancelled' };
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

	/** A turn was refused for mail: what is there by now comes first. */
	refused(): void {
		this.#refused = this.#sent;
	}

	/** A turn was committed: what mail it consumed (none: undefined), and what had been sent by then. */
	committed(seen: number | undefined, sent: number): void {
		if (seen === undefined) {
			this.#refused = null;
			this.#timed = null;
		} else this.#seen = seen;
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
		this.#mail.push(...(await ask(this.#mail.at(-1)?.number ?? this.#seen)));
		this.#sent = this.#mail.at(-1)?.number ?? this.#seen;
	}

	/**
	 * @param now the store's time (ms since the epoch).
	 * @param reissued false: what was in flight is to be issued again, after the mail that was there by the claim.
	 */
	next(machine: Machine, now: number, reissued: boolean): Next | null {
		const cancelled = machine.hasBegun ? null : this.#cancelledBefore();
		if (cancelled !== null) return cancelled;
		const event = this.mailFirst ? undefined : this.#outcome(machine);
		if (event !== undefined) return this.turnOf(event);
		if (this.#isTime(machine, now)) return this.turnOf({ type: 'timerFired' });
		if (!reissued && this.#seen >= this.#claimed) return null;
		const mail = this.#mail.shift();
		return mail === undefined ? null : taken(mail, mail.number);
	}

	/** Has all mail come that was there when a time was found due? */
	#isTime({ wakeAt }: Machine, now: number): boolean {
		if (wakeAt === null || wakeAt > now) return false;
		this.#timed ??= this.#sent;
		return this.#seen >= this.#timed && !this.mailFirst;
	}

	/** A run that was cancelled before it began does not begin; none of its mail is seen, so messages are left over. */
	#cancelledBefore(): Next | null {
		const cancel = this.#mail.find(({ kind }) => kind === 'cancel');
		if (cancel === undefined) return null;
		return taken(cancel, this.#seen);
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

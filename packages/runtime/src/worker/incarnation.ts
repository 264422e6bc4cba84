import { leave, openArrival } from '../driver/resources.ts';
import type { EffectCall } from '../machine/effect-call.ts';
import type { Machine } from '../machine/machine.ts';
import { type StateWriter, writeState } from '../machine/state.ts';
import type { Event } from '../machine/turn.ts';
import type { Mail, TurnCommit } from '../ports/store.ts';
import type { HotRunHost } from './hot-run-host.ts';
import type { Warm } from './hot-states.ts';
import type { Next } from './inbox.ts';
import { readMail } from './mail-event.ts';
import type { StoredLog } from './stored-log.ts';
import type { Made } from './transact.ts';
import { type Before, beforeOf, commitOf, waitsNow } from './turn-commit.ts';

/** As of which commit a run is in memory. */
export interface Stored {
	readonly turn: number;
	readonly epoch: number;
	/** Mail consumed. */
	readonly seen: number;
}

/**
 * A run as it is in memory: its machine, what writes its states and its log, and what is stored of it. In doubt all
 * of it is dropped, and another is made of what is stored.
 *
 * Owns: the machine. Called by: the run while it is held.
 */
export class Incarnation {
	readonly machine: Machine;
	readonly #host: HotRunHost;
	readonly #writer: StateWriter;
	readonly #log: StoredLog;
	#before: Before;
	/** Of a failed run that is tried again: its open waits, which were closed, and the children that it awaits. */
	#reopened: Pick<TurnCommit, 'waits' | 'awaits'> | null;

	/** @param listener told what comes from foreign code that has a resolver of a promise made here. */
	constructor(
		host: HotRunHost,
		{ machine, writer, log, again, midway }: Warm,
		stored: Stored,
		listener: (event: Event) => void,
	) {
		this.#host = host;
		this.machine = machine;
		this.#writer = writer;
		this.#log = log;
		this.#before = beforeOf(machine, stored, log);
		this.#reopened = again === undefined ? null : waitsNow(machine);
		if (again !== undefined || midway) {
			// As a failed run none of its waits was open, and nobody was to tell it of children.
			const { open } = this.#before;
			this.#before = { ...this.#before, open: again === undefined ? open : [], waits: '', awaited: [] };
		}
		machine.door.listener = listener;
	}

	/** Mail as the run takes it, what is live in it open. @throws ResourceError */
	open(mail: Mail, signal: AbortSignal): Promise<Event> {
		return openArrival((opened) => readMail(mail, opened), this.machine, this.#host.clock, signal);
	}

	/** Computes a turn. */
	async make(next: Next): Promise<Made> {
		const { session, size } = this.#host;
		const turn = this.machine.apply(next.event, session.now());
		await this.#log.prepare(turn.log, () => session.log(this.machine.runId));
		return { turn, commit: commitOf(this.machine, turn, next, this.#before, this.#writer, size) };
	}

	/** What it has made is stored. */
	committed(stored: Stored): void {
		this.#before = beforeOf(this.machine, stored, this.#log);
		this.#reopened = null;
	}

	/** Commits that another attempt of these was counted, and nothing else. */
	attempts(calls: readonly EffectCall[], { turn, epoch }: Stored): TurnCommit {
		return {
			runId: this.machine.runId,
			epoch,
			after: turn,
			turn,
			status: 'running',
			wakeAt: null,
			state: writeState(this.#writer, this.machine.state),
			// Each in full: it may have another key now.
			...this.#log.write(this.machine.begun(calls, this.#host.session.now()), -1),
			...this.#reopened,
		};
	}

	/** `attempts`, of those in flight, which end here. */
	cutShort(isInFlight: (key: string) => boolean, stored: Stored): TurnCommit {
		const calls = this.machine.pendingCalls(true);
		for (const { key } of calls) if (!isInFlight(key)) this.machine.withhold(key);
		return this.attempts(
			calls.filter(({ key }) => isInFlight(key)),
			stored,
		);
	}

	/** False for an effect of a cancelled fiber. */
	wants(key: string): boolean {
		const pending = this.machine.state.pending.get(key);
		return pending?.kind === 'effect' && pending.graceAt === null;
	}

	/** Was it called before its turn had ended? */
	isCalled({ key }: EffectCall): boolean {
		const pending = this.machine.state.pending.get(key);
		return pending?.kind === 'effect' && pending.hot?.running !== undefined;
	}

	/** These effects are being performed. */
	flying(isBegun: (key: string) => boolean): void {
		for (const pending of this.machine.state.pending.values()) {
			if (pending.kind === 'effect' && isBegun(pending.key)) pending.flying = true;
		}
	}

	/** To be gone on with in this process, as of that turn. */
	warm(turn: number): Warm {
		return { machine: this.machine, writer: this.#writer, log: this.#log, turn };
	}

	/** Nothing from foreign code comes in any more. */
	deafen(): void {
		this.machine.door.listener = null;
	}

	/** As `deafen`, and lets go of what is open: of a run that is over what was opened for it, else what it goes on with elsewhere too. */
	leave(): void {
		this.deafen();
		leave(this.machine, this.machine.state.ended === null, this.#host.clock);
	}
}

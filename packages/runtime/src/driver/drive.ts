import { NotSerializableError, StateTooLargeError } from '../errors/saving.ts';
import { tellForeign } from '../language/durable-promise.ts';
import { decode } from '../machine/bytes.ts';
import type { EffectCall } from '../machine/effect-call.ts';
import { Jobs } from '../machine/jobs.ts';
import type { KeptLog } from '../machine/kept-log.ts';
import { settledOf } from '../machine/log.ts';
import type { Machine } from '../machine/machine.ts';
import { stateWriter, writeState } from '../machine/state.ts';
import type { Event, Turn } from '../machine/turn.ts';
import type { Clock } from '../ports/clock.ts';
import { performEffect } from './effects.ts';
import { keyed, type Replayer } from './replayer.ts';
import { SaveCheck } from './save-check.ts';

/** A state as saved: in full, and what changed since (codec/snapshot.ts). */
export type Chain = readonly Uint8Array[];

/** How a drive ended. */
export type Standing =
	| { readonly status: 'completed'; readonly value: unknown }
	/** `before`: the saved state before the failing turn, where it was made. */
	| { readonly status: 'failed'; readonly error: unknown; readonly before: Chain | null; readonly event: Event }
	| { readonly status: 'cancelled'; readonly reason: unknown }
	| { readonly status: 'suspended' }
	| { readonly status: 'parked' };

export interface DriveOptions {
	/** Called with each turn before its effects are dispatched, and awaited. If it rejects, so does the drive. */
	readonly onTurn?: ((state: Chain, turn: Turn) => void | Promise<void>) | undefined;
	/** When aborted nothing new is dispatched, and the drive ends once the effects in flight have settled. */
	readonly park?: AbortSignal | undefined;
	readonly clock: Clock;
	/** The log so far; what the turns add is added. */
	readonly log: KeptLog;
	/** Taken up: what the turns emit, decoded. */
	readonly emitted: unknown[];
	/** The state before the first turn, where there is one. Asked for only when that turn fails. */
	readonly origin?: (() => Chain | null) | undefined;
	/** A log that is replayed first. */
	readonly replay?: Replayer | undefined;
}

/**
 * Drives a machine in process until only answers, messages or the limit of an open wait can move it
 * on, or it is over: performs its effects, keeps its timers, one turn at a time. `first` is the event
 * it begins with; null goes on with what is pending.
 *
 * @throws whatever `onTurn` rejects with; nothing of that turn was dispatched.
 */
export function drive(machine: Machine, first: Event | null, options: DriveOptions): Promise<Standing> {
	return new Drive(machine, options).go(first);
}

/**
 * Owns: the effects and timers in flight of one drive. Called by: `drive` only.
 * D1: nothing of a turn is dispatched before `onTurn` has resolved.
 * D2: one turn at a time; events that come meanwhile queue in the order they came.
 */
class Drive {
	readonly #machine: Machine;
	readonly #options: DriveOptions;
	readonly #inFlight = new Map<string, AbortController>();
	readonly #events = new Jobs<Event>();
	readonly #check = new SaveCheck();
	/** Native promises that hot code awaits. */
	readonly #watched = new Set<string>();
	/** The state after the last turn, where it was saved. */
	#saved: Chain | null = null;
	/** A turn was computed. */
	#begun = false;
	readonly #writer = stateWriter();
	#wake: () => void = () => {};

	constructor(machine: Machine, options: DriveOptions) {
		this.#machine = machine;
		this.#options = options;
	}

	async go(first: Event | null): Promise<Standing> {
		const { park } = this.#options;
		const wake = () => this.#wake();
		park?.addEventListener('abort', wake);
		this.#machine.door.listener = (event) => this.#push(event);
		try {
			if (this.#options.replay !== undefined) {
				const standing = await this.#replay(first, this.#options.replay);
				if (standing !== null) return standing;
			}
			let event = (this.#options.replay === undefined ? first : null) ?? this.#due();
			for (let begun = false; ; begun = true) {
				const standing = event === null ? null : await this.#turn(event);
				if (standing !== null) return standing;
				// What a stored state had in flight: after the first event, which may end it (a cancellation).
				if (!begun) this.#reissue(this.#machine.reissue());
				event = this.#events.take() ?? this.#due();
				if (event !== null) continue;
				if (!this.#machine.busy) return { status: 'suspended' };
				if (this.#parked) return { status: 'parked' };
				await this.#happening();
			}
		} finally {
			park?.removeEventListener('abort', wake);
			this.#machine.door.listener = null;
			for (const controller of this.#inFlight.values()) controller.abort();
		}
	}

	/** Goes by a log for as long as that has something to say; null when the run goes on from there. */
	async #replay(first: Event | null, replay: Replayer): Promise<Standing | null> {
		this.#machine.replay = replay;
		let event = first;
		let now = this.#options.replay!.beginning;
		for (;;) {
			const standing = event === null ? null : await this.#turn(event, now);
			if (standing !== null) {
				replay.behind(`the end of the run, ${standing.status}`);
				return standing;
			}
			const logged = replay.next();
			event = logged?.event ?? null;
			now = logged?.now;
			if (event !== null) continue;
			if (replay.over) break;
			// The log goes on behind something that only happens now.
			this.#reissue(this.#machine.reissue((key) => replay.isDead(key)));
			event = this.#events.take() ?? this.#due();
			if (event !== null) continue;
			if (this.#inFlight.size + this.#watched.size === 0 || this.#parked) {
				replay.behind('nothing more');
				break;
			}
			await this.#happening();
		}
		this.#machine.replay = null;
		for (const key of replay.dead) this.#machine.abandon(key);
		return null;
	}

	get #parking(): boolean {
		return this.#options.park?.aborted === true;
	}

	/** Effects in flight are awaited first, and native promises: a run that waits for one could not be saved. */
	get #parked(): boolean {
		return this.#parking && this.#inFlight.size === 0 && this.#watched.size === 0;
	}

	async #turn(event: Event, now = this.#options.clock.now()): Promise<Standing | null> {
		const before = this.#saved ?? this.#beforeRejection(event);
		const isFirst = !this.#begun;
		this.#begun = true;
		const { seq } = this.#machine.state;
		const turn = this.#machine.apply(event, now);
		const replay = this.#machine.replay === null ? null : this.#options.replay!;
		const reached = replay?.turned(turn);
		const failed = turn.status === 'failed' ? { error: turn.outcome } : this.#save();
		// What a failing turn issued is not kept, since it was never dispatched: the run stands where it stood before.
		const log = reached === undefined ? turn.log : keyed(turn.log, reached);
		this.#options.log.add(failed === null ? log : settledOf(log, seq));
		if (failed !== null) {
			for (const { key } of turn.dispatch) this.#machine.withhold(key);
			return { status: 'failed', error: failed.error, before: before ?? (isFirst ? this.#origin() : null), event };
		}
		for (const { seq, event } of turn.emitted) {
			if (!reached?.has(seq)) this.#options.emitted.push(decode(event));
		}
		if (this.#saved !== null && this.#options.onTurn !== undefined) await this.#options.onTurn(this.#saved, turn);
		if (turn.status === 'completed') return { status: 'completed', value: turn.outcome };
		if (turn.status === 'cancelled') return { status: 'cancelled', reason: turn.outcome };
		for (const promise of turn.told) tellForeign(promise);
		for (const key of turn.abort) this.#inFlight.get(key)?.abort();
		for (const { key, promise } of turn.watch) this.#watch(key, promise);
		// In a replay it was taken to the log before.
		if (replay === null) for (const call of turn.dispatch) this.#dispatch(call);
		return null;
	}

	/** A turn that a rejection begins may well fail; then it is this state from which it is tried again. */
	#beforeRejection(event: Event): Chain | null {
		if (event.type !== 'effectSettled' || event.ok) return null;
		try {
			return [this.#machine.save()];
		} catch (error) {
			if (NotSerializableError.is(error) || StateTooLargeError.is(error)) return null;
			throw error;
		}
	}

	#origin(): Chain | null {
		return this.#options.origin?.() ?? null;
	}

	/**
	 * Saves the state where somebody asks for each turn's, or where development checks that it could be.
	 * @returns why it cannot be saved.
	 */
	#save(): { readonly error: NotSerializableError | StateTooLargeError } | null {
		const before = this.#saved;
		this.#saved = null;
		if (this.#machine.state.ended !== null) return null;
		try {
			this.#saved = this.#options.onTurn === undefined ? this.#checked() : this.#write(before);
			return null;
		} catch (error) {
			if (NotSerializableError.is(error) || StateTooLargeError.is(error)) return { error };
			throw error;
		}
	}

	#checked(): Chain | null {
		const bytes = this.#check.save(this.#machine);
		return bytes === null ? null : [bytes];
	}

	/** Only what changed since `before`: what a turn costs does not grow with the state. */
	#write(before: Chain | null): Chain {
		const written = writeState(this.#writer, this.#machine.state);
		return 'full' in written ? [written.full] : [...before!.slice(0, written.at + 1), written.delta];
	}

	/** What a stored state had in flight begins once more. */
	#reissue(calls: readonly EffectCall[]): void {
		for (const call of calls) this.#dispatch(call);
		this.#options.log.add(this.#machine.begun(calls, this.#options.clock.now()));
	}

	#dispatch(call: EffectCall): void {
		if (this.#parking) {
			this.#machine.withhold(call.key);
			return;
		}
		const controller = new AbortController();
		this.#inFlight.set(call.key, controller);
		performEffect(call, controller.signal, { own: this.#options.clock }).then((settled) => {
			this.#inFlight.delete(call.key);
			this.#push({ type: 'effectSettled', key: call.key, ...settled });
		});
	}

	#watch(key: string, promise: PromiseLike<unknown>): void {
		this.#watched.add(key);
		const settled = (ok: boolean) => (value: unknown) => {
			this.#watched.delete(key);
			this.#push({ type: 'nativeSettled', key, ok, value });
		};
		// A thenable's `then` and a promise's `constructor` are the user's, and may throw.
		new Promise((resolve) => resolve(promise)).then(settled(true), settled(false));
	}

	#push(event: Event): void {
		this.#events.add(event);
		this.#wake();
	}

	#due(): Event | null {
		const at = this.#machine.wakeAt;
		return at !== null && at <= this.#options.clock.now() ? { type: 'timerFired' } : null;
	}

	/** Resolves at the next event, at the time a timer is due, or when parking begins. */
	#happening(): Promise<void> {
		return new Promise((resolve) => {
			const at = this.#machine.wakeAt;
			const stop = at === null ? null : this.#options.clock.timer(at, () => this.#wake());
			this.#wake = () => {
				stop?.();
				this.#wake = () => {};
				resolve();
			};
			if (this.#parked) this.#wake();
		});
	}
}

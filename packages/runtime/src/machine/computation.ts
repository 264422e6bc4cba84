import type { TurnHost } from '../registry/shared.ts';
import { Calls } from './calls.ts';
import { closeTurn } from './closing.ts';
import { Delivery } from './delivery.ts';
import { callOf } from './effect.ts';
import { Issuing, type TurnOptions } from './issuing.ts';
import { Jobs } from './jobs.ts';
import type { LogItem } from './log.ts';
import { isEnding, isFrozen, type RunState } from './run-state.ts';
import { Stepping } from './stepping.ts';
import type { Event, LoggedOutcome, Turn } from './turn.ts';

/** What a turn comes to, besides the state. `log`: before the rules say what of it is kept. */
type Computed = Omit<Turn, 'number' | 'status' | 'outcome' | 'log' | 'wakeAt'> & { readonly log: readonly LogItem[] };

/**
 * One turn of a run: from an event to the moment when every fiber is parked.
 *
 * Owns: the jobs of the turn. Called by: `Machine.apply`.
 * C2: what was rejected and handled by nobody when the jobs are done fails the run.
 */
export class Computation {
	readonly #state: RunState;
	readonly #options: TurnOptions;
	readonly #issuing: Issuing;
	readonly #delivery: Delivery;
	readonly #stepping: Stepping;
	readonly #calls: Calls;

	constructor(state: RunState, options: TurnOptions) {
		const jobs = new Jobs();
		const issuing = new Issuing(state, options);
		const delivery = new Delivery(state, options.now, jobs, issuing);
		const stepping = new Stepping(state, jobs, issuing, delivery);
		this.#state = state;
		this.#options = options;
		this.#issuing = issuing;
		this.#delivery = delivery;
		this.#stepping = stepping;
		this.#calls = new Calls(state, options, { jobs, issuing, delivery, stepping });
	}

	/** What code asks while the turn is computed. */
	get host(): TurnHost {
		return this.#calls;
	}

	get result(): Computed {
		const { log, marked: mark, emitted, starts, watch, dispatch } = this.#issuing;
		const { runId, owner } = this.#state;
		// In the order of their issue, as after a restore.
		if (dispatch.length > 1) dispatch.sort((a, b) => a.seq - b.seq);
		const calls = dispatch.map((pending) => callOf(pending, { runId, owner }, this.#options.handlers));
		const { abort } = this.#delivery;
		return { log, mark, dispatch: calls, emitted, starts, abort, watch, told: this.#calls.told };
	}

	compute(event: Event): void {
		const state = this.#state;
		if (state.ended !== null) return;
		if (event.type === 'timerFired') {
			if (isEnding(state)) this.#stepping.cleanUp();
			this.#fireDue();
		} else if (event.type === 'logged') this.#replay(event.outcomes);
		else this.#delivery.deliver(event);
		this.#stepping.drain();
		if (!isFrozen(state)) this.#stepping.parked();
		const { door, now } = this.#options;
		closeTurn(state, { issuing: this.#issuing, door, now, unhandled: this.#calls.unasked });
		this.#stepping.count();
	}

	/** Each timer with what it sets off before the next, in the order of their times: as a host fires them. */
	#fireDue(): void {
		for (const pending of this.#state.pending.due(this.#options.now)) {
			if (!this.#state.pending.has(pending.key)) continue;
			this.#delivery.fire(pending);
			this.#stepping.drain();
		}
	}

	#replay(outcomes: readonly LoggedOutcome[]): void {
		for (const outcome of outcomes) {
			const pending = this.#state.pending.get(outcome.key);
			if (pending === undefined || pending.kind === 'native') continue;
			this.#delivery.logged(pending, outcome);
			this.#stepping.drain();
		}
	}
}

import { DeadlockError } from '../errors/run.ts';
import { type DurablePromise, slotsOf } from '../language/durable-promise.ts';
import type { Door } from './door.ts';
import type { Issuing } from './issuing.ts';
import { leftOverMessage } from './log.ts';
import { atOf, pointOf } from './point.ts';
import { reaches, resolvable } from './reach.ts';
import { type Ended, isFrozen, type RunState } from './run-state.ts';

/** What the end of a turn is decided by, besides the state. */
export interface Closing {
	readonly issuing: Issuing;
	readonly door: Door;
	/** Ms since the epoch. */
	readonly now: number;
	/** Promises of the run that were rejected, and that nobody has asked. */
	readonly unhandled: ReadonlySet<DurablePromise>;
}

/** Decides whether the run ends with the turn that was computed, and how. */
export function closeTurn(state: RunState, closing: Closing): void {
	const { issuing, now } = closing;
	state.ended = endOf(state, closing);
	if (state.ended === null) return;
	issuing.dispatch.length = 0;
	for (const pending of state.pending.values()) {
		if (pending.kind !== 'native') issuing.record(pending, 'discarded', null, null);
	}
	state.pending.clear();
	if (state.ended.status === 'failed') return;
	for (const [name, payloads] of state.messages) {
		for (const payload of payloads) issuing.log.push(leftOverMessage(state, name, payload, now));
	}
}

/** Null while the run goes on. */
function endOf(state: RunState, closing: Closing): Ended | null {
	const { issuing } = closing;
	const { result, fibers, pending } = state;
	const [unhandled] = closing.unhandled;
	if (unhandled !== undefined && result === null) return { status: 'failed', outcome: slotsOf(unhandled).value };
	if (isFrozen(state)) return result;
	// What this turn issued is dispatched before the run is over: one more turn, at once.
	if (result !== null && fibers.size === 0) return issuing.dispatch.length === 0 ? result : null;
	dropLostWaits(state, issuing);
	if (!pending.busy) awaitOutside(state, closing);
	if (pending.size > 0) return null;
	return result ?? { status: 'failed', outcome: deadlock(state) };
}

/** What nothing in the run can settle, but foreign code that was given a resolver: the run waits for that, and cannot be saved. */
function awaitOutside(state: RunState, { issuing, door: { promises } }: Closing): void {
	if (promises.size === 0) return;
	const { fibers, pending } = state;
	const reached = reaches(fibers.values(), pending.values());
	const own = resolvable(fibers.values(), pending.values());
	for (const promise of promises) {
		if (slotsOf(promise).state !== 'pending') promises.delete(promise);
		else if (!own.has(promise) && reached(promise)) {
			issuing.native(promise, promise as never, false);
		}
	}
}

function deadlock(state: RunState): DeadlockError {
	const points = [...state.fibers.values()].map(({ top }) => {
		const point = top === null ? undefined : pointOf(top);
		return point === undefined ? 'its end' : atOf(top!.def, point.at);
	});
	return new DeadlockError({ runId: state.runId, points });
}

/** A wait that nothing can reach any more (a lost race) takes no answer and no message; such a sleep keeps no run awake. */
function dropLostWaits(state: RunState, issuing: Issuing): void {
	const { fibers, pending } = state;
	if (pending.promised.size === 0) return;
	const reached = reaches(fibers.values(), pending.values());
	for (const wait of [...pending.promised.values()]) {
		const promise = wait.target as DurablePromise;
		// In a variable, most likely, to be awaited later: to make sure would be a look at the whole run, every turn.
		if (wait.kind === 'sleep' && slotsOf(promise).reactions.length === 0) continue;
		if (reached(promise)) continue;
		pending.delete(wait.key);
		issuing.record(wait, 'discarded', null, null);
	}
}

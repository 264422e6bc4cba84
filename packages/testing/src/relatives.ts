import type { Message } from '@perdure/runtime';
import {
	CancelledError,
	type ChildOutcome,
	type Event,
	NotSuspendedError,
	RunNotFoundError,
	type Runs,
	TimeoutError,
} from '@perdure/runtime/simulation';
import { answering, answerOf, cancellationOf, messageOf } from './events.ts';
import type { Simulation } from './simulation.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** The runs of a test. */
interface Kin {
	readonly clock: VirtualClock;
	find(id: string): Simulation | undefined;
	post(run: Simulation, event: Event): void;
	ended(run: Simulation): Promise<Ended>;
	next(run: Simulation): Promise<ChildOutcome>;
}

export type Ended = NonNullable<Extract<Event, { readonly type: 'childEnded' }>['ended']>;

/**
 * The runs of a test, as an effect of one of them finds them: what the methods of a child run are performed by.
 * @param waiting what another run is to do first takes no real time.
 */
export function runsOf(family: Kin, waiting: <T>(wait: Promise<T>) => Promise<T>): Runs {
	return {
		get(runId) {
			const run = (): Simulation => {
				const found = family.find(runId);
				if (found === undefined) throw new RunNotFoundError({ runId });
				return found;
			};
			return {
				async result({ timeout }) {
					const ended = await waiting(within(family, family.ended(run()), `the end of run '${runId}'`, timeout));
					if (ended.status === 'completed') return ended.value;
					throw ended.status === 'failed' ? ended.value : new CancelledError({ reason: ended.value, runId });
				},
				async next({ timeout }) {
					return waiting(within(family, family.next(run()), `the next suspension of run '${runId}'`, timeout));
				},
				async send(message: string | Message, payload: unknown) {
					const event = await messageOf(message, payload);
					if (run().hasEnded) throw new NotSuspendedError({ runId, standing: 'it is over' });
					family.post(run(), event);
				},
				async resume(...given) {
					family.post(run(), await answerOf(run(), answering(given), () => 'it waits for something else, or is over'));
				},
				async cancel(reason) {
					if (!run().hasEnded) family.post(run(), cancellationOf(reason));
				},
				async status() {
					return statusOf(run());
				},
			};
		},
	};
}

/** As `handle.status()` says it. */
function statusOf(run: Simulation): string {
	if (run.failure !== null) return 'failed';
	return run.machine.turn === 0 ? 'pending' : run.machine.status;
}

function within<T>(family: Kin, wait: Promise<T>, what: string, timeout: number | undefined): Promise<T> {
	if (timeout === undefined) return wait;
	const { clock } = family;
	return new Promise((resolve, reject) => {
		const late = () => reject(new TimeoutError({ what, timeout: `${timeout} ms` }));
		const stop = clock.timer(clock.now() + timeout, late);
		wait.finally(stop).then(resolve, reject);
	});
}

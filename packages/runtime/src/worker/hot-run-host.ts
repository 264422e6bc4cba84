import type { Runs } from '../driver/effects.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunRow, StoreSession } from '../ports/store.ts';
import type { Warm } from './hot-states.ts';
import type { Misfit, Moved } from './move.ts';
import type { SizeWatch } from './size.ts';

/** What a held run asks of its worker. */
export interface HotRunHost {
	readonly session: StoreSession;
	readonly clock: Clock;
	readonly size: SizeWatch;
	/** For its effects: other runs of the engine. */
	readonly runs: Runs;
	/** False while the worker closes, or once its lease has passed: what is issued then is left to whoever has the run next. */
	readonly dispatching: boolean;
	/** Makes the machine of a stored run. @throws for code or bytes that do not fit. */
	load(row: RunRow, opened?: readonly object[]): Warm;
	/** Moves a run to the code that is there. `taken`: ids that a child cannot have. @throws as `moveRun` does. */
	move(misfit: Misfit, taken: ReadonlyMap<string, string>): Promise<Moved>;
	/** A turn was committed: the run is not what kills its worker. */
	progressed(run: RunHeld): void;
	/** No longer this worker's; `parked` when it only waits. */
	gone(run: RunHeld, parked: Warm | null): void;
	/** It has nothing to do at the moment. */
	idle(run: RunHeld): void;
}

export interface RunHeld {
	readonly id: string;
}

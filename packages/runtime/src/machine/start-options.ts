import { type Duration, deadline } from '../language/duration.ts';
import type { Placement } from '../ports/store.ts';

/** How a run is started, by an engine or by durable code. */
export interface StartOptions {
	/** Name of the run. The same id with the same function and arguments is the same run. Default: a random one. */
	readonly id?: string | undefined;
	/** `this` of the durable function. */
	readonly this?: unknown;
	/** For `list`. */
	readonly tags?: Readonly<Record<string, string>> | undefined;
	/** For workers that take runs of certain queues only (`WorkerOptions.queues`). Default `'default'`. */
	readonly queue?: string | undefined;
	/** A whole number: of the runs that are due, those of a higher one come first. Default 0. */
	readonly priority?: number | undefined;
	/** Not before: a moment, or a duration from now. */
	readonly startAt?: Date | Duration | undefined;
}

/** The id of a run that is to be there. An empty one is most often a variable that was not set. @throws TypeError */
export function runIdOf(id: unknown): string {
	if (typeof id === 'string' && id !== '') return id;
	throw new TypeError('the id of a run is a string that is not empty');
}

/** Of a run that may be given an id. @throws TypeError */
export function mustBeId(id: unknown): void {
	if (id !== undefined) runIdOf(id);
}

/** @throws TypeError, InvalidDurationError */
export function placementOf({ id, tags, queue, priority, startAt }: StartOptions, now: number): Placement {
	mustBeId(id);
	if (queue !== undefined && (typeof queue !== 'string' || queue === '')) {
		throw new TypeError('start: the name of a queue is a string that is not empty');
	}
	if (priority !== undefined && !Number.isSafeInteger(priority)) {
		throw new TypeError(`start: a priority is a whole number, not ${String(priority)}`);
	}
	return {
		tags: tags ?? null,
		queue: queue ?? 'default',
		// Not -0, which no database keeps.
		priority: (priority ?? 0) + 0,
		startAt: startAt === undefined ? null : deadline(startAt, now),
	};
}

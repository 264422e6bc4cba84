import type { Mode } from '@perdure/abi';
import type { Fiber } from './fiber.ts';

/** A reaction to be run, or a fiber to be entered with what it holds (F1: it has one job at most). */
export type Job = (() => void) | Fiber;

/** Places that are done may be kept before those behind them move up. */
const SLACK = 1024;

/**
 * First come first served: the jobs of a turn, and the events that a driver has for the next turns. Most often there is one, so its place is used again: a
 * list that grows and is dropped costs a durable call a fifth more. What is done is not held.
 */
export class Jobs<T extends object = Job> {
	readonly #places: (T | undefined)[] = [];
	#first = 0;
	#end = 0;

	get empty(): boolean {
		return this.#first === this.#end;
	}

	add(job: T): void {
		this.#places[this.#end++] = job;
	}

	/** The next one; undefined when there is none. */
	take(): T | undefined {
		if (this.#first === this.#end) return undefined;
		const job = this.#places[this.#first];
		this.#places[this.#first++] = undefined;
		if (this.#first === this.#end) {
			this.#first = 0;
			this.#end = 0;
		} else if (this.#first >= SLACK && this.#first * 2 >= this.#end) this.#moveUp();
		return job;
	}

	#moveUp(): void {
		this.#places.copyWithin(0, this.#first, this.#end);
		this.#end -= this.#first;
		this.#first = 0;
		this.#places.length = this.#end;
	}
}

/** A fiber goes on, in a job of its own. */
export function ready(jobs: Jobs, fiber: Fiber, mode: Mode, sent: unknown): void {
	fiber.mode = mode;
	fiber.sent = sent;
	jobs.add(fiber);
}

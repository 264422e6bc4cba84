import { Continuation } from '../continuation.ts';
import { OwnedByEngineError } from '../errors/run.ts';
import { type Inspection, inspect } from '../machine/inspect.ts';
import { type LogEntry, recordsOf } from '../machine/log.ts';
import { schemaIdOf } from '../machine/state.ts';
import { isSuspension, type Suspension, suspensionOf } from '../outcome.ts';
import { realRandom } from '../ports/clock.ts';
import type { RunRow } from '../ports/store.ts';
import type { Callable } from '../registry/shared.ts';
import type { Warm } from '../worker/hot-states.ts';
import { load } from '../worker/load.ts';
import { readWaits, standsAfter } from '../worker/stored.ts';

type Handlers = ReadonlyMap<Callable, Callable>;

/**
 * What an engine's outcome shows of a run: a snapshot to look at. The run itself belongs to the
 * engine, so the methods that would move it on throw `OwnedByEngineError`.
 */
class ContinuationView<R> {
	readonly functionId: string;
	readonly runId: string;
	readonly log: LogEntry[];
	readonly #row: RunRow;
	readonly #handlers: Handlers;

	/** Not for users. `row` was read with its state. */
	constructor(row: RunRow, log: LogEntry[], handlers: Handlers) {
		this.functionId = row.functionId;
		this.runId = row.id;
		this.log = log;
		this.#row = row;
		this.#handlers = handlers;
	}

	/** Open `suspend`s and `receive`s, oldest first. */
	get suspensions(): Suspension[] {
		return readWaits(this.#row.waits).filter(isSuspension).map(suspensionOf);
	}

	/** @throws UnknownFunctionError, SchemaMismatchError where this process has other code. */
	get schemaId(): string {
		return schemaIdOf(loadRow(this.#row, this.#handlers).machine.state);
	}

	get wakeAt(): Date | null {
		return this.#row.wakeAt === null ? null : new Date(this.#row.wakeAt);
	}

	/**
	 * Fibers, frames and locals, and what is pending.
	 * @throws UnknownFunctionError, SchemaMismatchError where this process has other code.
	 */
	inspect(): Inspection {
		return inspectRow(this.#row, this.#handlers);
	}

	continue(): Promise<never> {
		return this.#owned('continue');
	}

	resume(_answer?: unknown): Promise<never> {
		return this.#owned('resume');
	}

	throw(_error?: unknown): Promise<never> {
		return this.#owned('throw');
	}

	send(_name?: string, _payload?: unknown): Promise<never> {
		return this.#owned('send');
	}

	cancel(_reason?: unknown): Promise<never> {
		return this.#owned('cancel');
	}

	/**
	 * A copy that no engine drives, with effect keys of its own.
	 * @throws UnknownFunctionError, SchemaMismatchError where this process has other code.
	 */
	fork(o: { readonly id?: string } = {}): Continuation<R> {
		const { machine } = loadRow(this.#row, this.#handlers);
		machine.fork(o.id ?? this.runId, realRandom.id());
		return new Continuation<R>(machine, recordsOf(this.log));
	}

	retry(): Promise<never> {
		return this.#owned('retry');
	}

	toBytes(): never {
		throw new OwnedByEngineError({ runId: this.runId, method: 'toBytes' });
	}

	async #owned(method: string): Promise<never> {
		throw new OwnedByEngineError({ runId: this.runId, method });
	}
}

/** `row` was read with its state. To its users it is a continuation like any other. */
export function viewOf<R>(row: RunRow, log: LogEntry[], handlers: Handlers): Continuation<R> {
	return new ContinuationView<R>(row, log, handlers) as unknown as Continuation<R>;
}

/** `row` was read with its state. A run that is over has none, unless it failed. */
export function inspectRow(row: RunRow, handlers: Handlers): Inspection {
	if (row.state.length === 0) {
		return { runId: row.id, functionId: row.functionId, status: row.status, fibers: [], pending: [] };
	}
	return inspect(loadRow(row, handlers).machine.state, row.status);
}

/** A run that failed keeps the state before its last turn. */
function loadRow(row: RunRow, handlers: Handlers): Warm {
	return load(row, { handlers }, row.status === 'failed' ? standsAfter(row) : row.turn);
}

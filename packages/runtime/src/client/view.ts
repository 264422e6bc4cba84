import type { Continuation } from '../continuation.ts';
import { OwnedByEngineError } from '../errors/run.ts';
import { type Inspection, inspect } from '../machine/inspect.ts';
import type { LogEntry } from '../machine/log.ts';
import { isSuspension, type Suspension, suspensionOf } from '../outcome.ts';
import type { RunRow } from '../ports/store.ts';
import type { Callable } from '../registry/shared.ts';
import { load } from '../worker/load.ts';
import { readWaits } from '../worker/stored.ts';

type Handlers = ReadonlyMap<Callable, Callable>;

/**
 * What an engine's outcome shows of a run: a snapshot to look at. The run itself belongs to the
 * engine, so the methods that would move it on throw `OwnedByEngineError`.
 */
class ContinuationView {
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

	fork(): never {
		throw new OwnedByEngineError({ runId: this.runId, method: 'fork' });
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
	return new ContinuationView(row, log, handlers) as unknown as Continuation<R>;
}

/** `row` was read with its state. A run that is over has none, unless it failed. */
export function inspectRow(row: RunRow, handlers: Handlers): Inspection {
	if (row.state.length === 0) {
		return { runId: row.id, functionId: row.functionId, status: row.status, fibers: [], pending: [] };
	}
	// A run that failed keeps the state before its last turn.
	const turn = row.status === 'failed' ? row.turn - 1 : row.turn;
	return inspect(load(row, { handlers }, turn).machine.state, row.status);
}

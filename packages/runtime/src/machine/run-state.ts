import type { FunctionDef } from '@perdure/abi';
import { Census } from './census.ts';
import { type Copied, release } from './copy.ts';
import { Fiber } from './fiber.ts';
import { Frame } from './frame.ts';
import { PendingTable } from './pending-table.ts';
import type { OpenWait, RunStatus } from './turn.ts';

/** How a run ended. */
export interface Ended {
	readonly status: 'completed' | 'failed' | 'cancelled';
	/** The result, the error, or the reason. */
	readonly outcome: unknown;
}

/** What a run is, apart from what it is computing right now. `state.ts` saves and loads it. */
export interface RunState {
	runId: string;
	lineage: string;
	readonly functionId: string;
	/** Ms since the epoch. */
	readonly startedAt: number;
	turn: number;
	/** The latest issue number; never reused. */
	issue: number;
	seq: number;
	settled: number;
	/** The latest number of a fiber; never reused. */
	fiber: number;
	/** By number, in order of start. */
	readonly fibers: Map<number, Fiber>;
	readonly pending: PendingTable;
	/** Of the frames at the end of the last turn. */
	readonly census: Census;
	/** Messages not asked for yet, by name, in the order they came. */
	readonly messages: Map<string, Copied[]>;
	/** Set once the run was cancelled, or its root ended while other fibers were left: the reason, as a list of one. */
	cancel: readonly unknown[] | null;
	/** The root has ended; the run is over when the clean-up of its other fibers is. */
	result: Ended | null;
	mark: string | null;
	progress: unknown;
	ended: Ended | null;
}

/** A run that has not begun. */
export interface Beginning {
	readonly runId: string;
	readonly lineage?: string;
	readonly def: FunctionDef;
	readonly self: unknown;
	/** The run's own: pass copies. */
	readonly args: readonly unknown[];
	/** Ms since the epoch. */
	readonly now: number;
}

export function beginning({ runId, lineage, def, self, args, now }: Beginning): RunState {
	return {
		runId,
		lineage: lineage ?? '',
		functionId: def.id,
		startedAt: now,
		turn: 0,
		issue: 0,
		seq: 0,
		settled: 0,
		fiber: 0,
		fibers: new Map([[0, new Fiber(0, new Frame(def, self, args))]]),
		pending: new PendingTable(),
		census: new Census(),
		messages: new Map(),
		cancel: null,
		result: null,
		mark: null,
		progress: undefined,
		ended: null,
	};
}

/** The last turn has dispatched effects; the next one ends the run. */
function isEnding({ result, fibers, ended }: RunState): boolean {
	return ended === null && result !== null && fibers.size === 0;
}

export function statusOf(state: RunState): RunStatus {
	if (state.ended !== null) return state.ended.status;
	if (isEnding(state)) return 'running';
	return state.pending.running ? 'running' : 'waiting';
}

/** Can anything but answers, messages and limits of waits move it on? */
export function isBusy(state: RunState): boolean {
	return isEnding(state) || state.pending.busy;
}

/** When the next timer, limit or grace period is due (ms since the epoch), or null. */
export function wakeAtOf(state: RunState): number | null {
	return isEnding(state) ? 0 : state.pending.earliest;
}

/** Open `suspend`s and `receive`s, oldest first. */
export function waitsOf(state: RunState): OpenWait[] {
	return [...state.pending.waits.values()].map(({ key, kind, value, message, since, limit }) => {
		return { id: key, kind, value: release(value)[0], name: message, since, limit };
	});
}

/** Ids of all functions that a run's frames and pending effects need, sorted: a worker claims what it knows whole. */
export function functionIdsOf({ functionId, census, pending }: RunState): string[] {
	return [...new Set([functionId, ...census.functions.names, ...pending.callers.names])].sort();
}

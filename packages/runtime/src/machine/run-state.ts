import type { FunctionDef } from '@perdure/abi';
import { type Copied, release } from './copy.ts';
import { Fiber } from './fiber.ts';
import { Frame } from './frame.ts';
import { dueAt, type Pending } from './pending.ts';
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
	readonly fibers: Fiber[];
	/** In order of issue. */
	readonly pending: Map<string, Pending>;
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
		fibers: [new Fiber(0, new Frame(def, self, args))],
		pending: new Map(),
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
	return ended === null && result !== null && fibers.length === 0;
}

export function statusOf(state: RunState): RunStatus {
	if (state.ended !== null) return state.ended.status;
	if (isEnding(state)) return 'running';
	for (const { kind } of state.pending.values()) if (kind === 'effect' || kind === 'native') return 'running';
	return 'waiting';
}

/** Can anything but answers, messages and limits of waits move it on? */
export function isBusy(state: RunState): boolean {
	if (isEnding(state)) return true;
	for (const { kind } of state.pending.values()) if (kind !== 'suspend' && kind !== 'receive') return true;
	return false;
}

/** When the next timer, limit or grace period is due (ms since the epoch), or null. */
export function wakeAtOf(state: RunState): number | null {
	let earliest: number | null = isEnding(state) ? 0 : null;
	for (const pending of state.pending.values()) {
		const at = dueAt(pending);
		if (at !== null && (earliest === null || at < earliest)) earliest = at;
	}
	return earliest;
}

/** Open `suspend`s and `receive`s, oldest first. */
export function waitsOf(state: RunState): OpenWait[] {
	const waits: OpenWait[] = [];
	for (const pending of state.pending.values()) {
		if (pending.kind !== 'suspend' && pending.kind !== 'receive') continue;
		const { key, kind, message, since, limit } = pending;
		waits.push({ id: key, kind, value: release(pending.value)[0], name: message, since, limit });
	}
	return waits;
}

/** Ids of all functions whose frames the run has: who loads it needs all of them. */
export function functionIdsOf(state: RunState): string[] {
	const ids = new Set([state.functionId]);
	for (const fiber of state.fibers) {
		for (let frame = fiber.top; frame !== null; frame = frame.parent) ids.add(frame.def.id);
	}
	return [...ids];
}

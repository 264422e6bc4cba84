import type { FunctionDef } from '@perdure/abi';
import { Owner } from '../registry/owner.ts';
import { Census } from './census.ts';
import type { Copied } from './copied.ts';
import { Fiber, FiberTable } from './fiber.ts';
import { Frame } from './frame.ts';
import { keyPrefix } from './key.ts';
import { PendingTable } from './pending-table.ts';
import type { RunStatus } from './turn.ts';

/** How a run ended. */
export interface Ended {
	readonly status: 'completed' | 'failed' | 'cancelled';
	/** The result, the error, or the reason. */
	readonly outcome: unknown;
}

/** What of a run hardly ever changes: written once. */
export class RunFacts {
	readonly runId: string;
	readonly lineage: string;
	readonly functionId: string;
	/** Ms since the epoch. */
	readonly startedAt: number;

	constructor(runId: string, lineage: string, functionId: string, startedAt: number) {
		this.runId = runId;
		this.lineage = lineage;
		this.functionId = functionId;
		this.startedAt = startedAt;
	}
}

/** Changes when a saved state can no longer be read by what read the former one. */
export const VERSION = 2;

/** What a run is, apart from what it is computing right now. `state.ts` saves and loads it. */
export class RunState {
	facts: RunFacts;
	turn = 0;
	/** The latest issue number; never reused. */
	issue = 0;
	seq = 0;
	settled = 0;
	/** The latest number of a fiber; never reused. */
	fiber = 0;
	readonly fibers = new FiberTable((fiber) => this.touch(fiber));
	/** In order of issue. */
	readonly pending = new PendingTable((pending) => this.touch(pending));
	/** Messages not asked for yet, by name, in the order they came. */
	messages = new Map<string, Copied[]>();
	/** Set once the run was cancelled, or its root ended while other fibers were left: the reason, as a list of one. */
	cancel: readonly unknown[] | null = null;
	/** The root has ended; the run is over when the clean-up of its other fibers is. */
	result: Ended | null = null;
	mark: string | null = null;
	progress: unknown = undefined;
	ended: Ended | null = null;
	/** Of the state before a failing turn, kept for a retry: the event and the error, as bytes. */
	failed: { readonly event: Uint8Array; readonly error: Uint8Array } | null = null;
	/** Of the frames at the end of the last turn. */
	readonly census = new Census((frame) => this.touch(frame));
	/** Whoever writes its versions down, and what changed since the last (`Kind.tells`); null while nobody does. */
	written: { readonly by: object; readonly touched: Set<object> } | null = null;

	#keys: string | null = null;

	/** Of its closures. Not saved. */
	owner = new Owner();
	/** Resources that the version last written holds. */
	held: readonly object[] = [];

	constructor(facts: RunFacts) {
		this.facts = facts;
	}

	get runId(): string {
		return this.facts.runId;
	}

	get lineage(): string {
		return this.facts.lineage;
	}

	get functionId(): string {
		return this.facts.functionId;
	}

	get startedAt(): number {
		return this.facts.startedAt;
	}

	/** Prefix of the keys of what it issues. */
	get keys(): string {
		this.#keys ??= keyPrefix(this.runId, this.lineage);
		return this.#keys;
	}

	rename(runId: string, lineage: string): void {
		this.facts = new RunFacts(runId, lineage, this.functionId, this.startedAt);
		this.#keys = null;
	}

	/** Something that says itself when it changes has changed. */
	touch(value: object): void {
		this.written?.touched.add(value);
	}
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
	const state = new RunState(new RunFacts(runId, lineage ?? '', def.id, now));
	state.fibers.set(0, new Fiber(0, new Frame(def, self, args)));
	return state;
}

/**
 * The root has failed: the run stays as it is, so that it can be tried again. But a cancelled one is cleaned up first,
 * as one whose root has returned is: it fails when no other fiber is left.
 */
export function isFrozen({ result, cancel, fibers }: RunState): boolean {
	return result?.status === 'failed' && (cancel === null || fibers.size === 0);
}

/** Between turns the root of a run that has begun waits, or is over. */
export function hasBegun({ fibers }: RunState): boolean {
	const root = fibers.get(0);
	return root === undefined || root.wait !== null;
}

/**
 * The root has ended with effects still to be dispatched; the next turn, once they are, ends the run, or begins
 * to clean up what else is left of it.
 */
export function isEnding({ result, cancel, fibers, ended }: RunState): boolean {
	return ended === null && result !== null && (fibers.size === 0 || cancel === null);
}

/** Was an effect issued that no driver has been given, since the state was loaded? */
function isUnissued({ pending }: RunState): boolean {
	for (const one of pending.values()) {
		if (one.kind === 'effect' && !one.flying && one.graceAt === null && one.retryAt === null) return true;
	}
	return false;
}

export function statusOf(state: RunState): RunStatus {
	if (state.ended !== null) return state.ended.status;
	return isEnding(state) || state.pending.running ? 'running' : 'waiting';
}

/** Can anything but answers, messages and limits of waits move it on? */
export function isBusy(state: RunState): boolean {
	return isEnding(state) || state.pending.busy;
}

/** When the next timer, limit or grace period is due (ms since the epoch), or null. */
export function wakeAtOf(state: RunState): number | null {
	if (!isEnding(state)) return state.pending.earliest;
	return isUnissued(state) ? null : 0;
}

/** Ids of all functions that a run's frames and pending effects need, sorted: a worker claims what it knows whole. */
export function functionIdsOf({ functionId, census, pending }: RunState): string[] {
	return [...new Set([functionId, ...census.functions.names, ...pending.callers.names])].sort();
}

import type { FunctionDef } from '@perdure/abi';
import type { Copied } from './copy.ts';
import { Fiber } from './fiber.ts';
import { Frame } from './frame.ts';
import type { Pending } from './pending.ts';

/** What a run is, apart from what it is computing right now. `state.ts` saves and loads it. */
export interface RunState {
	readonly runId: string;
	lineage: string;
	readonly functionId: string;
	/** Ms since the epoch. */
	readonly startedAt: number;
	turn: number;
	/** The latest issue number; never reused. */
	issue: number;
	seq: number;
	settled: number;
	readonly fibers: Fiber[];
	/** In order of issue. */
	readonly pending: Map<string, Pending>;
	/** Messages not asked for yet, by name, in the order they came. */
	readonly messages: Map<string, Copied[]>;
	/** Set once the run was cancelled: its reason, as a list of one. */
	cancel: readonly unknown[] | null;
	mark: string | null;
	progress: unknown;
	ended: { readonly status: 'completed' | 'failed' | 'cancelled'; readonly outcome: unknown } | null;
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
		fibers: [new Fiber(0, new Frame(def, self, args))],
		pending: new Map(),
		messages: new Map(),
		cancel: null,
		mark: null,
		progress: undefined,
		ended: null,
	};
}

/** What an entry stands for. */
export type LogKind = 'effect' | 'sleep' | 'suspend' | 'receive' | 'call';

/** One line of the effect log (Skuld's `EffectLogEntry`). Recovery never reads it. */
export interface LogEntry {
	/** Position in the log, from 1. */
	readonly seq: number;
	readonly kind: LogKind;
	/** `file:line:column` and the stable id of the call site. */
	readonly site: { readonly id: string; readonly at: string };
	/** The callee as written. */
	readonly name: string;
	readonly args: readonly unknown[];
	state: 'started' | 'executed' | 'discarded';
	outcome: { readonly value: unknown } | { readonly error: unknown } | null;
	/** Order in which outcomes were delivered, from 1; null while there is none. */
	settledSeq: number | null;
	/** Attempts begun, from 1. */
	attempt: number;
	startedAt: Date;
	endedAt: Date | null;
	/** Number of the fiber within the run, 0 for the root. */
	readonly fiber: number;
	/** The latest mark before it. */
	readonly mark: string | null;
}

import { NotSerializableError, type ResourceError, StateTooLargeError } from '../errors/saving.ts';
import { decode, encode } from '../machine/bytes.ts';
import { cancelFailed, eventBytes, GO_ON, readEvent, reasonBytes } from '../machine/failure.ts';
import { hash } from '../machine/key.ts';
import { settledOf } from '../machine/log.ts';
import type { Machine } from '../machine/machine.ts';
import { type StateWriter, writeState } from '../machine/state.ts';
import type { ChildStart, Event, OpenWait, Turn } from '../machine/turn.ts';
import type { NewRun, RunRow, TurnCommit } from '../ports/store.ts';
import type { SizeWatch } from './size.ts';
import { readRetry, resultBytes, type StoredRetry, waitsBytes } from './stored.ts';
import type { StoredLog } from './stored-log.ts';

/** The last moment of ECMA-262's time values (ms since the epoch). */
const LATEST = 8.64e15;

/** What is stored of the turn before: the commit mentions only what changed. */
export interface Before {
	readonly turn: number;
	readonly epoch: number;
	/** Mail consumed. */
	readonly seen: number;
	/** The latest `seq` of the log. */
	readonly seq: number;
	readonly log: StoredLog;
	readonly open: readonly string[];
	/** Ids of all open waits, joined. */
	readonly waits: string;
	/** Those among them for which the end of a child is to be mail. */
	readonly awaited: readonly string[];
	readonly functions: string;
	readonly progress: unknown;
}

/** Where the event of a turn came from. */
export interface Origin {
	/** The latest mail that is seen with it, which began it; or null. */
	readonly mail: number | null;
	/** The turn was refused for mail, and all that was there then has been a turn since. */
	readonly heard?: boolean;
	/** It was acknowledged before all mail that is unseen. */
	readonly earlier?: boolean;
}

/** What the next turn's commit is compared with. */
export function beforeOf(machine: Machine, row: { turn: number; epoch: number; seen: number }, log: StoredLog): Before {
	const waits = waitsOf(machine);
	return {
		turn: row.turn,
		epoch: row.epoch,
		seen: row.seen,
		seq: machine.state.seq,
		log,
		open: openOf(waits),
		waits: idsOf(waits),
		awaited: waits.filter(({ kind }) => kind === 'child').map(({ key }) => key),
		functions: machine.functionIds.join('\n'),
		progress: machine.state.progress,
	};
}

/**
 * A turn as it is stored. One that cannot be saved becomes the failure of its run; a failing turn
 * keeps the state before it and the event that began it, so that it can be tried again.
 * `writer`: has written the states before.
 */
export function commitOf(
	machine: Machine,
	turn: Turn,
	begun: Origin & { readonly event: Event },
	before: Before,
	writer: StateWriter,
	size: SizeWatch,
): TurnCommit {
	if (turn.status === 'failed') return failure(machine, turn, begun, before, turn.outcome);
	try {
		return successOf(machine, turn, begun, before, writer, size);
	} catch (error) {
		if (!NotSerializableError.is(error) && !StateTooLargeError.is(error)) throw error;
		return failure(machine, turn, begun, before, error);
	}
}

/** @throws NotSerializableError, StateTooLargeError */
export function successOf(
	machine: Machine,
	turn: Turn,
	origin: Origin,
	before: Before,
	writer: StateWriter,
	size: SizeWatch,
): TurnCommit {
	const { status } = turn;
	const over = status === 'completed' || status === 'cancelled';
	const waits = over ? [] : waitsOf(machine);
	const awaits = childrenOf(waits.filter(({ key }) => !before.awaited.includes(key)));
	const functions = machine.functionIds;
	const { progress } = machine.state;
	const state = over ? null : writeState(writer, machine.state);
	if (state !== null) size.check(machine, writer.bytes);
	return {
		...common(machine, turn, origin, before),
		...mindful(origin, over, closesOne(waits, before)),
		status,
		// A time that no Date can name never comes.
		wakeAt: over || turn.wakeAt === null || turn.wakeAt > LATEST ? null : turn.wakeAt,
		state,
		...before.log.write(turn.log, before.seq),
		...(over || idsOf(waits) === before.waits
			? {}
			: { waits: { open: openOf(waits), detail: waitsBytes(machine.waits) } }),
		...(over || functions.join('\n') === before.functions ? {} : { functions }),
		...(turn.emitted.length === 0 ? {} : { emitted: turn.emitted }),
		...(turn.starts.length === 0 ? {} : { starts: turn.starts.map(childOf) }),
		...(over || awaits.length === 0 ? {} : { awaits }),
		...(progress === before.progress ? {} : { progress: encode(progress) }),
		...(status === 'completed' ? { outcome: resultBytes(machine.state.facts.functionId, turn.outcome) } : {}),
		...(status === 'cancelled' ? { outcome: reasonBytes(turn.outcome) } : {}),
	};
}

/** The next worker takes it as it takes any run. */
function childOf(start: ChildStart): NewRun {
	return { ...start, hash: hash(start.input), claim: false };
}

function failure(
	machine: Machine,
	turn: Turn,
	begun: Origin & { readonly event: Event },
	before: Before,
	error: unknown,
): TurnCommit {
	return {
		...common(machine, turn, begun, before),
		...mindful(begun, machine.state.ended !== null, false),
		status: 'failed',
		wakeAt: null,
		state: null,
		...before.log.write(settledOf(turn.log, before.seq), before.seq),
		outcome: reasonBytes(error),
		event: eventBytes(begun.event),
	};
}

/**
 * A run whose resources cannot be opened fails before its next turn is computed: a retry opens them again, and then
 * does what was to be done. Mail that it has not seen stays there.
 */
export function unopened({ id, epoch, turn, event }: RunRow, error: ResourceError): TurnCommit {
	const retry = readRetry(event, turn);
	return {
		runId: id,
		epoch,
		after: turn,
		turn: turn + 1,
		status: 'failed',
		wakeAt: null,
		state: null,
		log: null,
		outcome: reasonBytes(error),
		event: retry === null ? eventBytes(turn === 0 ? { type: 'started' } : GO_ON) : eventOf(retry),
	};
}

/** What a retry had to begin with. A cancellation was acknowledged: it is what the next one begins with. */
function eventOf({ event, cancel }: StoredRetry): Uint8Array {
	if (cancel === undefined) return event;
	return eventBytes(cancelFailed({ event: readEvent(event), error: null }, decode(cancel)));
}

function common(machine: Machine, turn: Turn, { mail }: Origin, before: Before) {
	return {
		runId: machine.state.runId,
		epoch: before.epoch,
		after: before.turn,
		turn: turn.number,
		...(mail === null ? {} : { seen: mail }),
	};
}

/**
 * What was acknowledged before the run ended, or before a time-out or a lost race closed a suspension, comes first:
 * there may be an answer, or a cancellation. But messages may come faster than a turn is committed: an end waits for
 * those that were sent before it was first tried, and leaves later ones over. (Mail itself comes in its own order: an
 * answer after a cancellation is left over.)
 */
function mindful({ mail, heard, earlier }: Origin, ends: boolean, closes: boolean): Pick<TurnCommit, 'unlessUnseen'> {
	if (mail !== null || earlier || !(ends || closes)) return {};
	return { unlessUnseen: ends && !heard ? 'any' : 'but messages' };
}

/** A suspension is open no more. */
function closesOne(waits: readonly Wait[], before: Before): boolean {
	const open = new Set(openOf(waits));
	return before.open.some((id) => !open.has(id));
}

type Wait = Pick<OpenWait, 'kind'> & { readonly key: string; readonly topic: string | null };

/** As `machine.waits`, without copying the values. */
function waitsOf(machine: Machine): Wait[] {
	return [...machine.state.pending.waits.values()];
}

/** All open waits, as they are stored, and the children whose ends are to be told. */
export function waitsNow(machine: Machine): Required<Pick<TurnCommit, 'waits' | 'awaits'>> {
	const waits = waitsOf(machine);
	return { waits: { open: openOf(waits), detail: waitsBytes(machine.waits) }, awaits: childrenOf(waits) };
}

function childrenOf(waits: readonly Wait[]): string[] {
	return waits.filter(({ kind }) => kind === 'child').map(({ topic }) => topic!);
}

function openOf(waits: readonly Wait[]): string[] {
	return waits.filter(({ kind }) => kind === 'suspend').map(({ key }) => key);
}

function idsOf(waits: readonly Wait[]): string {
	return waits.map(({ key }) => key).join('\n');
}

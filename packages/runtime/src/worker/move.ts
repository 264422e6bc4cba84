import { keyed, type LoggedEvent, Replayer } from '../driver/replayer.ts';
import { leave, openLog, openMachine } from '../driver/resources.ts';
import { DivergenceError, LogPrunedError } from '../errors/log.ts';
import { SchemaMismatchError, UnknownFunctionError } from '../errors/schema.ts';
import { decodeLive } from '../machine/bytes.ts';
import { release } from '../machine/copy.ts';
import { again, readEvent } from '../machine/failure.ts';
import { hash } from '../machine/key.ts';
import { type LogEntry, type LogItem, type LogRecord, readLog } from '../machine/log.ts';
import { LogFold } from '../machine/log-fold.ts';
import { Machine, type MachineOptions } from '../machine/machine.ts';
import type { Savable } from '../machine/pending.ts';
import { beginning } from '../machine/run-state.ts';
import { readUnplaced, stateWriter } from '../machine/state.ts';
import type { Event, Turn } from '../machine/turn.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunRow } from '../ports/store.ts';
import { shared } from '../registry/shared.ts';
import type { Warm } from './hot-states.ts';
import type { SizeWatch } from './size.ts';
import { type Input, readRetry, standsAfter } from './stored.ts';
import { StoredLog } from './stored-log.ts';
import type { Made } from './transact.ts';
import { successOf } from './turn-commit.ts';

/** What is stored of a run that does not fit the code that is there. */
export interface Misfit {
	/** With its state. */
	readonly row: RunRow;
	readonly log: readonly LogRecord[];
	/** What it began with, where that was kept. */
	readonly input: Uint8Array | null;
}

export interface MoveParts {
	readonly machine: MachineOptions;
	readonly clock: Clock;
	readonly size: SizeWatch;
	/** The store's clock (ms since the epoch). */
	readonly now: number;
	/** Ids that a child cannot have, with what is different there. */
	readonly taken: ReadonlyMap<string, string>;
}

/** The run on the code that is there; it is, once the turn is committed. */
export interface Moved {
	readonly warm: Warm;
	readonly made: Made;
}

/** Can a replay move a run that this was said of? */
export function isMisfit(error: unknown, row: RunRow): boolean {
	// One that failed and is only to be cleaned up stays where it failed.
	if (standsAfter(row) === 0 || readRetry(row.event, row.turn)?.cancel !== undefined) return false;
	return (SchemaMismatchError.is(error) || UnknownFunctionError.is(error)) && shared.functions.has(row.functionId);
}

/**
 * Moves a run to the code that is there (design/schema.md, "Restoring a frame", 4): the function is replayed, from
 * the latest mark that fits or from its arguments, against the log, with nothing performed. All of the log must be
 * answered or be open again by then; what the log has as started keeps its key, id and attempts, what is issued
 * behind that has keys of a lineage of its own, so that no key is used twice. Messages that nobody had asked for
 * come last. It is one turn: until that is committed, the run is what it was.
 * @throws LogPrunedError, DivergenceError why it cannot be moved; SchemaMismatchError, UnknownFunctionError,
 * DecodeError where what is stored cannot be read at all.
 */
export async function moveRun(misfit: Misfit, parts: MoveParts): Promise<Moved> {
	const { state: old, pending } = readUnplaced(misfit.row.state);
	if (old.runId !== misfit.row.id) {
		const problem = 'has keys of the run that it was forked from, until its first turn';
		throw new LogPrunedError({ entry: 1, site: misfit.row.functionId, problem });
	}
	const log = readLog(standing(tried(misfit), pending));
	checkWhole(log, old.seq);
	let failed: unknown = null;
	for (const mark of marksOf(log)) {
		try {
			return await from(mark, { ...misfit, entries: log, old, pending }, parts);
		} catch (error) {
			failed ??= error;
		}
	}
	try {
		return await from(null, { ...misfit, entries: log, old, pending }, parts);
	} catch (error) {
		throw failed !== null && isWay(failed) ? failed : error;
	}
}

const isWay = (error: unknown) => LogPrunedError.is(error) || DivergenceError.is(error);

interface Standing extends Misfit {
	readonly entries: readonly LogEntry[];
	/** What of the old state does not depend on code. */
	readonly old: ReturnType<typeof readUnplaced>['state'];
	readonly pending: readonly Savable[];
}

/** The latest first. */
function marksOf(log: readonly LogEntry[]): LogEntry[] {
	return log.filter(({ kind, frames }) => kind === 'mark' && frames !== undefined).reverse();
}

/** What is pending is as the state has it. */
function standing(log: readonly LogRecord[], pending: readonly Savable[]): LogRecord[] {
	const keys = new Map(pending.map(({ seq, key }) => [seq, key]));
	return log.map((record) =>
		record.state === 'started' ? { ...record, key: keys.get(record.seq) ?? record.key } : record,
	);
}

/** Of a failed run that is tried again, the effect that is to be done again is not over. */
function tried({ row, log }: Misfit): readonly LogRecord[] {
	const retry = readRetry(row.event, row.turn);
	const what = retry && again({ event: readEvent(retry.event), error: null }, retry);
	if (!what || !('issue' in what)) return log;
	const open = { state: 'started', ok: null, outcome: null, settledSeq: null, endedAt: null } as const;
	return log.map((record) => (record.key === what.issue ? { ...record, ...open } : record));
}

/** A log that lacks entries would let what they stand for be done once more. @throws LogPrunedError */
function checkWhole(log: readonly LogEntry[], seq: number): void {
	const there = log.reduce((sum, { count = 1 }) => sum + count, 0);
	if (there === seq) return;
	const known = new Set(log.map((entry) => entry.seq));
	let entry = 1;
	while (known.has(entry)) entry++;
	const problem = `is not in the log, which has ${there} of ${seq} entries`;
	throw new LogPrunedError({ entry, site: 'as it was stored', problem });
}

async function from(mark: LogEntry | null, standing: Standing, parts: MoveParts): Promise<Moved> {
	const { machine } = await openMachine((opened) => machineAt(mark, standing, parts, opened), parts.clock);
	machine.taken = parts.taken;
	try {
		const entries = await openLog(standing.entries, mark?.seq ?? 0, machine, parts.clock);
		return replayed(machine, mark, { ...standing, entries }, parts);
	} catch (error) {
		await leave(machine, false, parts.clock);
		throw error;
	}
}

function replayed(machine: Machine, mark: LogEntry | null, standing: Standing, { now, size }: MoveParts): Moved {
	const { row, entries, old, pending } = standing;
	const { state } = machine;
	const rules = { onDivergence: 'error', failed: 'replay', same: null, enter: false } as const;
	const replayer = new Replayer(machine, entries, rules, mark?.seq ?? 0);
	// Numbers of the log are never used again: those of the outbox are among them.
	state.seq = old.seq;
	const started: LoggedEvent = { event: { type: 'started' }, now: replayer.beginning ?? row.startedAt };
	const move = new Move(machine);
	move.replay(replayer, mark === null ? started : replayer.next());
	for (const event of late(standing)) move.take(event, now);
	settle(machine, replayer, pending);
	state.turn = row.turn + 1;
	const before = mark === null ? [] : standing.log.filter(({ seq }) => seq <= mark.seq);
	const turn: Turn = {
		...move.asked,
		number: state.turn,
		status: machine.status,
		outcome: state.ended?.outcome,
		log: new LogFold([...before, ...move.log]).records,
		mark: null,
		dispatch: [],
		abort: [],
		watch: [],
		told: [],
		wakeAt: machine.wakeAt,
	};
	const log = new StoredLog();
	const writer = stateWriter();
	// All is told afresh.
	const awaited = move.awaited;
	const changed = { log, seq: -1, open: row.open, waits: '?', awaited, functions: '?', progress: undefined };
	const commit = successOf(machine, turn, { mail: null, heard: true }, { ...row, ...changed }, writer, size);
	return { warm: { machine, writer, log, turn: state.turn }, made: { turn, commit: { ...commit, logAfresh: true } } };
}

/** @throws LogPrunedError where its arguments are not there. */
function machineAt(
	mark: LogEntry | null,
	{ row, input }: Standing,
	{ machine: options }: MoveParts,
	opened?: readonly object[],
): { machine: Machine } {
	const lineage = hash(`moved ${row.turn}`);
	if (mark !== null) {
		const machine = Machine.load(mark.frames!, options, opened);
		machine.branch(lineage);
		machine.state.messages.clear();
		return { machine };
	}
	// A fork of a run whose arguments were not kept has none.
	const kept = input !== null && input.length > 0;
	const { value, closed } = kept ? decodeLive(input, opened) : { value: null, closed: [] };
	if (typeof value !== 'object' || value === null || !('args' in value)) {
		throw new LogPrunedError({ entry: 1, site: row.functionId, problem: 'needs the arguments, which were not kept' });
	}
	const { self, args } = value as Input;
	const def = shared.functions.get(row.functionId)!;
	const state = beginning({ runId: row.id, lineage, def, self, args, now: row.startedAt });
	return { machine: new Machine(state, options, { closed, opened }) };
}

/** What the log does not have, and no later mail brings: messages that wait to be asked for, the event of a retry. */
function late({ row, old, pending }: Standing): Event[] {
	const messages = [...old.messages].flatMap(([name, payloads]) =>
		payloads.map((payload): Event => ({ type: 'received', name, payload: release(payload)[0] })),
	);
	const retry = readRetry(row.event, row.turn);
	const what = retry && again({ event: readEvent(retry.event), error: null }, retry);
	if (!what || !('deliver' in what)) return messages;
	const { deliver } = what;
	const given =
		deliver.type === 'received' && pending.some((wait) => wait.kind === 'receive' && wait.topic === deliver.name);
	return given ? messages : [...messages, deliver];
}

/** Pending effects stand as after a load: nobody performs them, and they know of the attempts that were made. */
function settle({ state }: Machine, replayer: Replayer, pending: readonly Savable[]): void {
	const before = new Map(pending.map((one) => [one.key, one]));
	for (const effect of [...state.pending.values()]) {
		if (effect.kind !== 'effect') continue;
		if (replayer.isDead(effect.key)) replayer.diverged(effect, 'an effect that was discarded');
		effect.flying = false;
		effect.attempt = Math.max(effect.attempt, 1);
		const was = before.get(effect.key);
		if (was?.kind !== 'effect') continue;
		state.pending.delete(effect.key);
		effect.attempt = was.attempt;
		effect.policed = was.policed ?? effect.policed;
		state.pending.set(effect.key, effect);
	}
}

/** Owns: what the turns of one move come to together. Called by: `from` only. */
class Move {
	readonly log: LogItem[] = [];
	readonly #machine: Machine;
	readonly #emitted: Turn['emitted'][number][] = [];
	readonly #starts: Turn['starts'][number][] = [];
	/** Numbers of what the log had. */
	readonly #reached = new Set<number>();

	constructor(machine: Machine) {
		this.#machine = machine;
	}

	/** What is new is asked for; the rest was, by the turns that are replayed. */
	get asked(): Pick<Turn, 'emitted' | 'starts'> {
		return { emitted: this.#emitted, starts: this.#starts };
	}

	/** Keys of waits for children whose end is to be told already. */
	get awaited(): string[] {
		const waits = [...this.#machine.state.pending.waits.values()];
		return waits.flatMap(({ kind, seq, key }) => (kind === 'child' && this.#reached.has(seq) ? [key] : []));
	}

	/** @throws DivergenceError, LogPrunedError */
	replay(replayer: Replayer, first: LoggedEvent | null): void {
		this.#machine.replay = replayer;
		for (let next = first; next !== null; next = this.#over ? null : replayer.next()) {
			this.#turn(next.event, next.now, replayer);
		}
		if (this.#over) replayer.behind('the end of the run');
		else if (!replayer.over) replayer.behind('nothing more');
		this.#machine.replay = null;
	}

	take(event: Event, now: number): void {
		if (!this.#over) this.#turn(event, now, null);
	}

	get #over(): boolean {
		return this.#machine.state.ended !== null;
	}

	#turn(event: Event, now: number, replayer: Replayer | null): void {
		const turn = this.#machine.apply(event, now);
		const reached = replayer?.turned(turn) ?? new Map<number, LogEntry>();
		for (const seq of reached.keys()) this.#reached.add(seq);
		if (turn.status === 'failed') {
			const found = `an error: ${turn.outcome instanceof Error ? turn.outcome.message : String(turn.outcome)}`;
			throw new DivergenceError({ entry: null, expected: 'a run that goes on', found }, { cause: turn.outcome });
		}
		this.log.push(...keyed(turn.log, reached));
		this.#emitted.push(...turn.emitted.filter(({ seq }) => !this.#reached.has(seq)));
		this.#starts.push(...turn.starts);
	}
}

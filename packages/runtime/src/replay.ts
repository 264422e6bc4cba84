import { isDeepStrictEqual } from 'node:util';
import { comparable } from './codec/comparable.ts';
import { proceed } from './continuation.ts';
import { Replayer, type ReplayRules } from './driver/replayer.ts';
import { leave, openLog, openMachine } from './driver/resources.ts';
import { LogPrunedError } from './errors/log.ts';
import { DecodeError } from './errors/saving.ts';
import { captureStart, release } from './machine/copy.ts';
import { KeptLog } from './machine/kept-log.ts';
import { type LogEntry, recordsOf } from './machine/log.ts';
import { Machine } from './machine/machine.ts';
import { machineOptions, type Outcome, type RunOptions } from './outcome.ts';
import { realClock, realRandom } from './ports/clock.ts';
import { durable } from './registry/functions.ts';
import { mustBeLog, savedArgument } from './saved-log.ts';

/** How `replay` goes by its log. */
export interface ReplayOptions extends RunOptions {
	/** What happens where the code does something else than the log says: an error (the default), or live from there. */
	readonly onDivergence?: 'error' | 'continue' | undefined;
	/** Whether arguments must be those of the log. Default false: code need not be deterministic. */
	readonly strict?: boolean | undefined;
	/** `'again'`: effects that failed, and what was discarded, are done afresh. Default `'replay'`. */
	readonly failed?: 'replay' | 'again' | undefined;
	/** From the latest mark with this label instead of from the beginning; the arguments do not matter then. */
	readonly from?: string | undefined;
}

/**
 * Runs a durable function against the log of a run: what the log has as executed is answered from it, in
 * the order in which it was delivered then, and not done again; other synchronous code runs. What has
 * only started in the log is done, and it is live from where the log ends.
 *
 * A function of the host's that is given closures of the run and calls them in the turn, without being awaited
 * where it stands, is called again: what the closures issue is answered from the log.
 *
 * @throws DivergenceError where the code does something else than the log says.
 * @throws LogPrunedError where the log does not have what is needed.
 * @throws ResourceError where something live that the log has cannot be opened.
 * @throws TypeError for an option that there is not, and for what is no log, one that has been through JSON for example.
 */
export async function replay<A extends unknown[], R>(
	fn: (...args: A) => Promise<R>,
	args: Readonly<A>,
	log: readonly LogEntry[],
	o: ReplayOptions = {},
): Promise<Outcome<R>> {
	const rules = {
		onDivergence: oneOf('onDivergence', o.onDivergence ?? 'error', ['error', 'continue']),
		failed: oneOf('failed', o.failed ?? 'replay', ['replay', 'again']),
		enter: true,
		same: o.strict ? sameArguments : null,
	} as const;
	mustBeLog(log);
	const def = durable(fn);
	if (o.from !== undefined) {
		const mark = markOf(log, o.from);
		const machine = await loaded(mark.frames!, o);
		if (machine.functionId !== def.id) {
			throw new DecodeError({ problem: `the log is one of '${machine.functionId}', not of '${def.id}'` });
		}
		const replayer = await replayerOf(machine, log, rules, mark.seq);
		const before = recordsOf(log.filter(({ seq }) => seq <= mark.seq));
		return proceed<R>(machine, null, new KeptLog(before), o, { replay: replayer });
	}
	const [self, ...copies] = release(captureStart(def.name, o.this, args));
	const [first] = [...log].sort((a, b) => a.seq - b.seq);
	const machine = Machine.start({
		runId: o.id ?? realRandom.id(),
		def,
		self,
		args: copies,
		now: first?.startedAt.getTime() ?? realClock.now(),
		...machineOptions(o),
	});
	const replayer = await replayerOf(machine, log, rules, 0);
	return proceed<R>(machine, { type: 'started' }, new KeptLog(), o, { replay: replayer });
}

/** @throws ResourceError where something live in the log cannot be opened. */
async function replayerOf(
	machine: Machine,
	log: readonly LogEntry[],
	rules: ReplayRules,
	after: number,
): Promise<Replayer> {
	try {
		return new Replayer(machine, await openLog(log, after, machine, realClock), rules, after);
	} catch (error) {
		await leave(machine, false, realClock);
		throw error;
	}
}

/** Misspelt, it might do live what was only to be looked at. @throws TypeError */
function oneOf<T extends string>(option: string, given: T, known: readonly T[]): T {
	if (known.includes(given)) return given;
	throw new TypeError(`replay: ${option} is '${known.join("' or '")}', not '${String(given)}'`);
}

/** By all that is saved of them; what belongs to the run itself is another one in each run, and compared by what a saved log shows of it. */
function sameArguments(logged: readonly unknown[], now: readonly unknown[]): boolean {
	return isDeepStrictEqual(comparable(logged.map(savedArgument)), comparable(now.map(savedArgument)));
}

function markOf(log: readonly LogEntry[], label: string): LogEntry {
	const marks = log.filter(({ kind, mark }) => kind === 'mark' && mark === label);
	const latest = marks.sort((a, b) => a.seq - b.seq).at(-1);
	if (latest?.frames !== undefined) return latest;
	const problem = latest === undefined ? 'is not there' : 'has no frames';
	throw new LogPrunedError({ entry: latest?.seq ?? 0, site: `mark '${label}'`, problem });
}

async function loaded(frames: Uint8Array, o: RunOptions): Promise<Machine> {
	const options = machineOptions(o);
	const load = (opened?: readonly object[]) => ({ machine: Machine.load(frames, options, opened) });
	const { machine } = await openMachine(load, realClock);
	return machine;
}

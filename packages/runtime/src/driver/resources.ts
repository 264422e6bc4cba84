import { DecodeError, ResourceError } from '../errors/saving.ts';
import { durationText } from '../language/duration-text.ts';
import { decodeLive, encode, holdsClosed } from '../machine/bytes.ts';
import { functionOf } from '../machine/definitions.ts';
import type { LogEntry } from '../machine/log.ts';
import type { Machine } from '../machine/machine.ts';
import type { Clock } from '../ports/clock.ts';
import { classEntry } from '../registry/classes.ts';
import { Imported, importOf, makerOf, type Way } from '../registry/imports.ts';
import { type Closed, resourceEntry, timeLimit } from '../registry/resources.ts';
import { shared } from '../registry/shared.ts';

/** What was read of bytes: `opened` of those that the same bytes gave as closed, in that order, with holes for the others. */
type Read<T> = (opened?: readonly object[]) => T;

/**
 * A machine that can go on: `load` is called again with what was opened, where something is closed. Nothing of the
 * run has been computed yet: where one cannot be opened, the others are closed, and the run stands where it stood.
 * @param signal aborted: nobody waits for them any more.
 * @throws ResourceError naming the class, with what `unmarshal` threw as its cause.
 */
export async function openMachine<T extends { readonly machine: Machine }>(
	load: Read<T>,
	clock: Clock,
	signal?: AbortSignal,
): Promise<T> {
	return (await openAll(load, ({ machine }) => machine.closed, clock, signal)).read;
}

/**
 * What came to a run in bytes: an answer, a message, the end of another run. What is live in it is opened first, and
 * is the machine's from then on.
 * @throws as `openMachine` does: nothing is open then.
 */
export async function openArrival<T>(
	read: Read<{ readonly value: T; readonly closed: readonly Closed[] }>,
	machine: Machine,
	clock: Clock,
	signal?: AbortSignal,
): Promise<T> {
	const arrived = await openAll(read, ({ closed }) => closed, clock, signal);
	machine.own([], arrived.opened);
	// The machine may have been left meanwhile, and with it only what it had then.
	if (left.has(machine)) await closeAll(arrived.opened, clock);
	return arrived.read.value;
}

/** A log that was read of bytes, the outcomes behind a number open, for the machine that is answered from them. @throws as `openMachine` does. */
export async function openLog(
	log: readonly LogEntry[],
	after: number,
	machine: Machine,
	clock: Clock,
): Promise<LogEntry[]> {
	const open: LogEntry[] = [];
	for (const entry of log) {
		if (entry.seq <= after || !holdsClosed(entry.outcome)) {
			open.push(entry);
			continue;
		}
		const bytes = encode(entry.outcome);
		const outcome = await openArrival<unknown>((opened) => decodeLive(bytes, opened), machine, clock);
		open.push({ ...entry, outcome: outcome as LogEntry['outcome'] });
	}
	return open;
}

/** Each once; one whose description holds another one, after that. */
async function openAll<T>(
	read: Read<T>,
	closedOf: (read: T) => readonly Closed[],
	clock: Clock,
	signal?: AbortSignal,
): Promise<{ readonly read: T; readonly opened: readonly object[] }> {
	const opened: object[] = [];
	let now = read();
	let closed = closedOf(now);
	const places = [...closed.keys()];
	try {
		while (closed.length > 0) {
			const ready = closed.map((one) => one instanceof Imported || !holdsClosed(one.description));
			if (!ready.includes(true)) throw inCircle(closed[0]!);
			const settled = await Promise.allSettled(
				closed.map(async (one, i) => {
					if (ready[i]) opened[places[i]!] = await open(one, clock, signal);
				}),
			);
			for (const one of settled) if (one.status === 'rejected') throw one.reason;
			for (let i = ready.length - 1; i >= 0; i--) if (ready[i]) places.splice(i, 1);
			now = read(opened);
			closed = closedOf(now);
		}
	} catch (error) {
		await closeAll(
			opened.filter((one) => one !== undefined),
			clock,
		);
		throw error;
	}
	return { read: now, opened };
}

function inCircle(closed: Closed): ResourceError {
	return new ResourceError({ resource: waysOf(closed).name, problem: 'what describes it is described by it' });
}

async function open(closed: Closed, clock: Clock, signal?: AbortSignal): Promise<object> {
	const { name, what, unmarshal, limit, isOpen } = waysOf(closed);
	let made: unknown;
	let isLate = false;
	const opening = (async () => unmarshal())();
	opening.then(
		(late) => (isLate ? closeAll([late], clock) : undefined),
		() => {},
	);
	try {
		made = await inTime(what, opening, limit, clock, signal);
	} catch (cause) {
		isLate = true;
		throw new ResourceError(
			{ resource: name, problem: cause instanceof Error ? cause.message : String(cause) },
			{ cause },
		);
	}
	if (isOpen(made)) return made as object;
	throw new ResourceError({ resource: name, problem: `${what} gave no instance of '${name}'` });
}

interface Ways {
	/** What messages call it. */
	readonly name: string;
	readonly what: string;
	readonly unmarshal: () => unknown;
	/** How long that may take (ms). */
	readonly limit: number;
	readonly isOpen: (made: unknown) => boolean;
}

function waysOf(closed: Closed): Ways {
	if (closed instanceof Imported) {
		const known = closed.ways.filter(([thunk]) => shared.functions.has(thunk));
		// None is loaded: this says which is missing.
		if (known.length === 0) functionOf(closed.ways[0]![0]);
		return {
			name: closed.toString(),
			what: 'it',
			unmarshal: () => importBy(known),
			limit: timeLimit({}),
			isOpen: (made) => importOf(made) !== undefined,
		};
	}
	const { id, resource } = classEntry(closed.Class)!;
	return {
		name: id,
		what: 'unmarshal',
		unmarshal: () => resource!.unmarshal(closed.description),
		limit: timeLimit(resource!),
		isOpen: (made) => resourceEntry(made)?.id === id,
	};
}

/** By all of the ways: each is noted again, for whoever goes on with the run elsewhere. */
async function importBy(ways: readonly Way[]): Promise<unknown> {
	const imported = await Promise.allSettled(
		ways.map(async ([thunk, ...operands]) => {
			const def = functionOf(thunk);
			if (def.kind !== 'import') throw new DecodeError({ problem: `'${thunk}' is no import` });
			return makerOf(def)(...operands);
		}),
	);
	const [first] = imported;
	const found = imported.find(({ status }) => status === 'fulfilled') ?? first!;
	if (found.status === 'rejected') throw found.reason;
	return found.value;
}

/** What hangs must not hold its run for ever. */
function inTime<T>(what: string, work: Promise<T>, limit: number, clock: Clock, signal?: AbortSignal): Promise<T> {
	return new Promise((resolve, reject) => {
		const gone = () => reject(new Error('nobody waits for it any more'));
		const late = () => reject(new Error(`${what} had not settled after ${durationText(limit)}`));
		const stop = clock.timer(clock.now() + limit, late);
		signal?.addEventListener('abort', gone);
		work.then(resolve, reject).then(() => {
			stop();
			signal?.removeEventListener('abort', gone);
		});
		signal?.aborted && gone();
	});
}

const left = new WeakSet<Machine>();

/**
 * Lets go of what is open in a machine that is not gone on with: once, however often it is left. `elsewhere`: its run
 * goes on from bytes, and opens all of it again, what the program has made itself too.
 */
export async function leave(machine: Machine, elsewhere: boolean, clock: Clock): Promise<void> {
	if (left.has(machine)) return;
	left.add(machine);
	const { opened, state } = machine;
	const made = elsewhere ? state.held.filter((one) => !opened.includes(one)) : [];
	await closeAll([...opened, ...new Set(made)], clock);
}

/** Whatever `close` throws changes nothing any more. */
async function closeAll(opened: readonly unknown[], clock: Clock): Promise<void> {
	await Promise.allSettled(
		opened.map(async (one) => {
			const resource = resourceEntry(one)?.resource;
			if (resource?.close === undefined) return;
			const closing = (async () => resource.close!(one as object))();
			await inTime('close', closing, timeLimit(resource), clock);
		}),
	);
}

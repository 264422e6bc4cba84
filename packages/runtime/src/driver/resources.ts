import { ResourceError } from '../errors/saving.ts';
import { durationText } from '../language/duration-text.ts';
import type { Machine } from '../machine/machine.ts';
import type { Clock } from '../ports/clock.ts';
import { classEntry } from '../registry/classes.ts';
import { type ClosedResource, resourceEntry, timeLimit } from '../registry/resources.ts';

/**
 * A machine that can go on: `load` is called again with what was opened, where something is closed. Nothing of the
 * run has been computed yet: where one cannot be opened, the others are closed, and the run stands where it stood.
 * @param signal aborted: nobody waits for them any more.
 * @throws ResourceError naming the class, with what `unmarshal` threw as its cause.
 */
export async function openMachine<T extends { readonly machine: Machine }>(
	load: (opened?: readonly object[]) => T,
	clock: Clock,
	signal?: AbortSignal,
): Promise<T> {
	const loaded = load();
	const { closed } = loaded.machine;
	if (closed.length === 0) return loaded;
	const opened = await openAll(closed, clock, signal);
	try {
		return load(opened);
	} catch (error) {
		await closeAll(opened, clock);
		throw error;
	}
}

/**
 * What came to a run in bytes: an answer, a message, the end of another run. What is live in it is opened first, and
 * is the machine's from then on.
 * @param read called again with what was opened, where something is closed.
 * @throws as `openMachine` does: nothing is open then.
 */
export async function openArrival<T>(
	read: (opened?: readonly object[]) => { readonly value: T; readonly closed: readonly ClosedResource[] },
	machine: Machine,
	clock: Clock,
	signal?: AbortSignal,
): Promise<T> {
	const { value, closed } = read();
	if (closed.length === 0) return value;
	const opened = await openAll(closed, clock, signal);
	machine.own([], opened);
	// The machine may have been left meanwhile, and with it only what it had then.
	if (left.has(machine)) await closeAll(opened, clock);
	return read(opened).value;
}

/** Each once. */
async function openAll(closed: readonly ClosedResource[], clock: Clock, signal?: AbortSignal): Promise<object[]> {
	const settled = await Promise.allSettled(closed.map((one) => open(one, clock, signal)));
	const opened = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
	const failed = settled.find((one) => one.status === 'rejected');
	if (failed === undefined) return opened;
	await closeAll(opened, clock);
	throw failed.reason;
}

async function open({ Class, description }: ClosedResource, clock: Clock, signal?: AbortSignal): Promise<object> {
	const { id, resource } = classEntry(Class)!;
	let made: unknown;
	let isLate = false;
	const opening = (async () => resource!.unmarshal(description))();
	opening.then(
		(late) => (isLate ? closeAll([late], clock) : undefined),
		() => {},
	);
	try {
		made = await inTime('unmarshal', opening, timeLimit(resource!), clock, signal);
	} catch (cause) {
		isLate = true;
		throw new ResourceError(
			{ resource: id, problem: cause instanceof Error ? cause.message : String(cause) },
			{ cause },
		);
	}
	if (resourceEntry(made)?.id === id) return made as object;
	throw new ResourceError({ resource: id, problem: `unmarshal gave no instance of '${id}'` });
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

import { ResourceError } from '../errors/saving.ts';
import type { Machine } from '../machine/machine.ts';
import { classEntry } from '../registry/classes.ts';
import { type ClosedResource, resourceEntry } from '../registry/resources.ts';

/**
 * Opens again what a state holds, each once. Nothing of the run has been computed yet: where one cannot
 * be opened, those that were are closed, and the run stands where it stood.
 * @throws ResourceError naming the class, with what `unmarshal` threw as its cause.
 */
export async function openAll(closed: readonly ClosedResource[]): Promise<object[]> {
	const settled = await Promise.allSettled(closed.map(open));
	const opened = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
	const failed = settled.find((one) => one.status === 'rejected');
	if (failed === undefined) return opened;
	await closeAll(opened);
	throw failed.reason;
}

async function open({ Class, description }: ClosedResource): Promise<object> {
	const { id, resource } = classEntry(Class)!;
	let made: unknown;
	try {
		made = await resource!.unmarshal(description);
	} catch (cause) {
		throw new ResourceError(
			{ resource: id, problem: cause instanceof Error ? cause.message : String(cause) },
			{ cause },
		);
	}
	if (resourceEntry(made)?.id === id) return made as object;
	throw new ResourceError({ resource: id, problem: `unmarshal gave no instance of '${id}'` });
}

/** A machine that can go on: `load` is called again with what was opened, where something is closed. */
export async function openMachine<T extends { readonly machine: Machine }>(
	load: (opened?: readonly object[]) => T,
): Promise<T> {
	const loaded = load();
	const { closed } = loaded.machine;
	return closed.length === 0 ? loaded : load(await openAll(closed));
}

/** Lets go of them. Whatever `close` throws changes nothing any more. */
export async function closeAll(opened: Iterable<object>): Promise<void> {
	await Promise.allSettled([...opened].map(async (one) => resourceEntry(one)?.resource.close?.(one)));
}

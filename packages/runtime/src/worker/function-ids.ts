import type { Machine } from '../machine/machine.ts';

/** Ids of all functions that a run's frames and pending effects need, sorted: a worker claims what it knows whole. */
export function functionIdsOf(machine: Machine): string[] {
	const ids = new Set<string>([machine.state.functionId]);
	for (const fiber of machine.state.fibers) {
		for (let frame = fiber.top; frame !== null; frame = frame.parent) ids.add(frame.def.id);
	}
	for (const pending of machine.state.pending.values()) if (pending.kind === 'effect') ids.add(pending.functionId);
	return [...ids].sort();
}

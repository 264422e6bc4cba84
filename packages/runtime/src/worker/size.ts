import { StateTooLargeError } from '../errors/saving.ts';
import { encode } from '../machine/bytes.ts';
import { release } from '../machine/copy.ts';
import { inspect } from '../machine/inspect.ts';
import type { Machine } from '../machine/machine.ts';

/** States over this many bytes are warned about, once a function. */
const WARNING = 64 * 1024;
/** States over this many bytes fail their run. */
export const LIMIT = 16 * 1024 * 1024;

const NAMED = 5;

/**
 * Looks at how large states grow: what is carried through every await is paid for at every await.
 * Owns: which functions were warned about.
 */
export class SizeWatch {
	readonly #limit: number;
	readonly #warn: (message: string) => void;
	readonly #warned = new Set<string>();

	constructor(limit: number, warn: (message: string) => void) {
		this.#limit = limit;
		this.#warn = warn;
	}

	/** @throws StateTooLargeError naming the largest locals. */
	check(machine: Machine, bytes: number): void {
		if (bytes <= WARNING) return;
		if (bytes > this.#limit) {
			throw new StateTooLargeError({ bytes, limit: this.#limit, largest: largest(machine) });
		}
		const { functionId, runId } = machine.state;
		if (this.#warned.has(functionId)) return;
		this.#warned.add(functionId);
		const names = largest(machine).map(({ path, bytes }) => `'${path}' (${bytes})`);
		this.#warn(
			`the state of run '${runId}' of '${functionId}' is ${bytes} bytes; the largest: ${names.join(', ')}. ` +
				'Each of its turns saves what it carries: keep large values outside and an id of them in the run.',
		);
	}
}

/** What takes the most room, by name: a local that many frames have, and the arguments of effects of one name, count together. */
function largest(machine: Machine): { path: string; bytes: number }[] {
	const { state, status } = machine;
	const sizes = new Map<string, number>();
	const count = (path: string, value: unknown) => void sizes.set(path, (sizes.get(path) ?? 0) + sizeOf(value));
	for (const { frames } of inspect(state, status).fibers) {
		for (const { name, locals } of frames) {
			const prefix = name === '' ? '' : `${name}.`;
			for (const [local, value] of Object.entries(locals)) count(prefix + local, value);
		}
	}
	for (const each of state.pending.values()) {
		if (each.kind === 'effect') count(`arguments of ${each.name}`, release(each.operands, 'skip'));
	}
	const bySize = [...sizes].map(([path, bytes]) => ({ path, bytes })).sort((a, b) => b.bytes - a.bytes);
	return bySize.slice(0, NAMED);
}

function sizeOf(value: unknown): number {
	try {
		return encode(value).length;
	} catch {
		return 0;
	}
}

import { hash } from '../machine/key.ts';
import { shared } from '../registry/shared.ts';

/** What this process can run: ids of all durable functions and closures that its modules have declared. */
export interface Known {
	readonly functions: readonly string[];
	/** Changes whenever any of their code does: a run that did not fit one build is not tried with it again. */
	readonly build: string;
}

/** The registry now, or the last answer while it has not grown: modules may be loaded at any time. */
export function known(last: Known | null, replaying: boolean): Known {
	const { functions } = shared;
	if (last !== null && last.functions.length === functions.size) return last;
	const ids = [...functions.keys()].sort();
	// What a worker cannot load as it is, another that replays may.
	const build = hash(
		[...ids.map((id) => `${id} ${functions.get(id)!.hash}`), ...(replaying ? ['replay'] : [])].join('\n'),
	);
	return { functions: ids, build };
}

import type { FunctionDef } from '@perdure/abi';
import { OutsideTurnError } from '../errors/run.ts';

/**
 * The run that closures are of. They share its variables, so they may be entered only while it computes a turn, or
 * while an effect is performed that it handed one to (language.md, "Copies at the border"); and while it waits for
 * foreign code that has a resolver of it, which is no state that could be saved.
 */
export class Owner {
	/** How many turns and effects of the run there are at the moment. Every call of a closure reads it. */
	open = 0;
	/** Its id, for whoever calls a closure of it at the wrong time. */
	runId: () => string | undefined = () => undefined;
	/** Does it wait for foreign code? */
	waitsOutside: () => boolean = () => false;
}

/** Of closures that no run has made: they are functions like any other. */
const NOBODY = new Owner();
NOBODY.open = 1;

/** Whose the closures are that are made now. The run may be of another copy of this package, which knows of no owners. */
export function ownerNow(run: { readonly owner?: Owner } | null): Owner {
	return run?.owner ?? NOBODY;
}

/** A closure is entered while its owner is not open. @throws OutsideTurnError */
export function outside(owner: Owner, def: FunctionDef): void {
	if (owner.waitsOutside()) return;
	const [line, column] = def.at;
	throw new OutsideTurnError({
		functionName: def.name,
		at: `${def.file}:${line}:${column}`,
		runId: owner.runId(),
	});
}

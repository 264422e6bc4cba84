/** What a module declares to be an effect: it is found again by its name there. */
import type { Origin } from './origin.ts';
import type { Proving } from './unproven.ts';

/** `const charge = effect(...)` at the top level of a compiled module. */
export function isNamedEffect(proof: Proving, origin: Origin): boolean {
	if (origin.kind === 'import') {
		return proof.facts?.calleeOf(origin.node.local)?.kind === 'effect' && proof.facts.saved(origin);
	}
	if (origin.kind !== 'call' || origin.path.length > 0 || origin.awaited) return false;
	return proof.origins.isNamed(origin.node);
}

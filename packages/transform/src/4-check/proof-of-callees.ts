/** What is called: a part of the run, or an effect whose function must be found again. */
import type * as t from '@babel/types';
import { REFUSED } from '@perdure/abi';
import { isFunctionNode } from '../1-parse/scope.ts';
import type { Related } from '../diagnostics/sink.ts';
import { headOf, nameOf } from './declared-names.ts';
import { isIntrinsic } from './globals.ts';
import type { Origin } from './origin.ts';
import { proveFunctionOfCall, refuseMember } from './proof-of-functions.ts';
import type { Proving, Unproven, UnprovenCallee } from './unproven.ts';

export function proveCallees(
	proof: Proving,
	node: t.Expression,
	found: (origin: Origin) => boolean,
): UnprovenCallee | null {
	const declared = proof.facts?.calleeOf(node)?.kind;
	if (declared === 'run' || declared === 'runtime') return null;
	const origins = proof.origins.of(node);
	const foreign = origins.filter((each) => !isEntered(proof, each) && !found(each));
	if (foreign.length === 0) return null;
	const known = foreign.map((each) => foreignCallee(proof, each));
	const [first] = known;
	return { ...first!, sure: known.every((each) => each.sure) && foreign.length === origins.length };
}

/** Does a call of it run as a part of the run? */
function isEntered(proof: Proving, origin: Origin): boolean {
	switch (origin.kind) {
		case 'function':
			return origin.maker === 'durable' || origin.maker === 'run';
		case 'global':
			return isIntrinsic(origin.name);
		case 'resolver':
			return true;
		case 'call':
			return givesEntered(proof, origin);
		case 'import':
		case 'namespace':
			return proof.facts?.entered(origin) === true;
		default:
			return false;
	}
}

/** `outer()()`: what a closure of the run gave is what it returned. */
function givesEntered(proof: Proving, { node, path, awaited }: Extract<Origin, { kind: 'call' }>): boolean {
	if (path.length > 0 || awaited || proof.entering.has(node)) return false;
	proof.entering.add(node);
	const callees = proof.origins.ofCallee(node);
	const entered =
		callees.length > 0 &&
		callees.every((each) => {
			if (each.kind !== 'function' || each.maker !== 'run' || !isFunctionNode(each.node)) return false;
			return !each.node.async && proof.origins.ofResult(each.node).every((given) => isEntered(proof, given));
		});
	proof.entering.delete(node);
	return entered;
}

function foreignCallee(proof: Proving, origin: Origin): Omit<Unproven, 'code'> & { readonly async: boolean } {
	const help =
		'call it by its name in the module, or by a method of a value that can be saved; a closure of its own does as well: (...args) => f(...args)';
	const known = (name: string, async: boolean, related: readonly Related[]) => ({
		what: REFUSED.function(name),
		help: name === '' ? help : help.replace('f(...args)', `${name}(...args)`),
		related,
		sure: true,
		async,
	});
	switch (origin.kind) {
		case 'function': {
			const async = isFunctionNode(origin.node) && origin.node.async === true;
			return known(nameOf(origin.node), async, [{ message: 'it is declared here', node: headOf(origin.node) }]);
		}
		case 'global':
			return known(origin.name, origin.name === 'fetch', []);
		case 'import': {
			const name = [origin.name, ...origin.path].join('.');
			return { ...known(name, false, []), sure: origin.from.startsWith('node:') };
		}
		case 'namespace':
			return { ...refuseMember(origin), async: false };
		case 'call': {
			const { what, related, sure } = proveFunctionOfCall(proof, origin)!;
			return { what, help, related, sure, async: false };
		}
		default:
			return { what: REFUSED.callee, help, related: [], sure: false, async: false };
	}
}

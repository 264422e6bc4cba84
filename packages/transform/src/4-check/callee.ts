/** Whose function a call in durable code calls. */
import type * as t from '@babel/types';
import { isFunctionNode } from '../1-parse/scope.ts';
import { VISITS_ELEMENTS } from './collections.ts';
import { isHostFunction, isIntrinsic } from './globals.ts';
import { methodOf } from './member-names.ts';
import type { Origin } from './origin.ts';
import type { Origins } from './origins.ts';

type Call = t.CallExpression | t.OptionalCallExpression;

/**
 * `run`: durable. `runtime`: a function of ours, by its name. `effect`: declared with `effect(...)`.
 * `language`: of ECMA-262. `foreign`: any other.
 */
export type Callee =
	| { readonly kind: 'run' | 'effect' | 'language' | 'foreign' }
	| { readonly kind: 'runtime'; readonly name: string };

/** What only types tell of calls. */
export interface CallFacts {
	/** Whose function a callee is by its declaration; null where that does not tell what is called. */
	calleeOf(callee: t.Node): Callee | null;
	/** Is what an expression gives a promise, whatever else it may be? */
	givesPromise(node: t.Node): boolean;
	/** Is it a list of promises? */
	givesPromises(node: t.Node): boolean;
}

export interface Called {
	/** Null where nobody knows. */
	readonly callee: Callee | null;
	/** Does it surely give a promise? */
	readonly promise: boolean;
}

const isOfRuntime = (from: string) => /^@perdure\/runtime(\/|$)/.test(from);

export function calleeOf(call: Call, origins: Origins, facts: CallFacts | null): Called {
	const found = origins.ofCallee(call);
	const known = found.map((origin) => ownerOf(origin, origins));
	const [first] = known;
	const callee =
		first != null && known.every((each) => each?.kind === first.kind)
			? first
			: (facts?.calleeOf(call.callee) ?? byMethod(call, origins, facts !== null));
	const promise =
		facts?.givesPromise(call) ??
		(found.length > 0 &&
			found.every(
				(each) =>
					(each.kind === 'function' && isFunctionNode(each.node) && each.node.async === true && !each.node.generator) ||
					(each.kind === 'global' && each.name === 'fetch'),
			));
	return { callee, promise };
}

/** Whose function a value is that may be called; null where that does not tell. */
export function ownerOf(origin: Origin, origins: Origins): Callee | null {
	switch (origin.kind) {
		case 'function':
			return { kind: origin.maker === 'run' || origin.maker === 'durable' ? 'run' : 'foreign' };
		case 'resolver':
			return { kind: 'run' };
		case 'global':
			if (isIntrinsic(origin.name)) return { kind: 'language' };
			return isHostFunction(origin.name) ? { kind: 'foreign' } : null;
		case 'import':
			if (isOfRuntime(origin.from)) return { kind: 'runtime', name: importedName(origin.node) };
			return origin.from.startsWith('node:') ? { kind: 'foreign' } : null;
		case 'call':
			// `const charge = effect(async () => ...)`
			return isEffect(origin.node, origins) ? { kind: 'effect' } : null;
		default:
			return null;
	}
}

function importedName(node: t.Node): string {
	if (node.type !== 'ImportSpecifier') return 'default';
	return node.imported.type === 'Identifier' ? node.imported.name : node.imported.value;
}

function isEffect(call: t.Node, origins: Origins): boolean {
	if (call.type !== 'CallExpression') return false;
	return origins
		.ofCallee(call)
		.some(
			(each) =>
				each.kind === 'import' && isOfRuntime(each.from) && /^(effect|transaction)$/.test(importedName(each.node)),
		);
}

/** Methods of collections are the language's, whatever is in them; without types what is called as one counts. */
function byMethod(call: Call, origins: Origins, typed: boolean): Callee | null {
	const method = methodOf(call);
	if (method === null) return null;
	const visits = VISITS_ELEMENTS.has(method.name) && call.arguments.length > 0;
	return origins.isCollection(method.object) || (!typed && visits) ? { kind: 'language' } : null;
}

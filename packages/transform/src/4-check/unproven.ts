/** What is said of a value that is not proven to be savable, and what those who prove it share. */
import type * as t from '@babel/types';
import { REFUSED, UNSAVABLE_TYPES } from '@perdure/abi';
import type { Binding, FunctionNode } from '../1-parse/scope.ts';
import type { LocalFix, Related } from '../diagnostics/sink.ts';
import type { CallFacts } from './callee.ts';
import type { Path } from './flows.ts';
import type { Imported, NamespacePart, Origin } from './origin.ts';
import type { Origins } from './origins.ts';

/** What is asked about: what a binding holds or an expression gives, or the part of it at `path`. */
export type Subject = ({ readonly binding: Binding } | { readonly node: t.Node }) & { readonly path?: Path };

/** Why a value is not proven to be one that can be saved. */
export interface Unproven {
	readonly code: 'PD3001' | 'PD3004' | 'PD3005' | 'PD3006' | 'PD3007' | 'PD3008';
	/** As in messages: `the foreign function 'fetch'`. */
	readonly what: string;
	/** Of what a closure captures: the path to it, which begins with its own name. */
	readonly path?: string;
	readonly help: string;
	readonly related: readonly Related[];
	/** No value that comes from there can be saved, whatever its type. */
	readonly sure: boolean;
	/** Told, and nothing more. */
	readonly warning?: boolean;
	readonly fix?: LocalFix | null;
}

/** What only types tell about a place of the file. */
export interface Facts extends CallFacts {
	/** Is what was imported a function or class that is saved by its name in the module that declares it? */
	saved(imported: Imported | NamespacePart): boolean;
	/** Does a call of what was imported run as a part of the run: is it durable? */
	entered(imported: Imported | NamespacePart): boolean;
	/** Does durable code call the durable function? Then what it hands over is looked at there. */
	calledInRuns(fn: FunctionNode): boolean;
	/** May what a captured variable holds be saved, as far as its type tells? */
	captured(binding: Binding): (Pick<Unproven, 'what' | 'help' | 'path' | 'warning'> & { readonly code: string }) | null;
	/** May what an expression gives be saved, by its type and where it comes from? */
	held(node: t.Expression): (Pick<Unproven, 'code' | 'what' | 'help' | 'related'> & { readonly path: string }) | null;
}

/** `async`: it surely gives a promise. */
export type UnprovenCallee = Omit<Unproven, 'code'> & { readonly async: boolean };

export type Captured = Pick<Unproven, 'what' | 'help' | 'path'> &
	Partial<Omit<Unproven, 'code'>> & { readonly code?: string };

/** What proofs of functions, promises and iterators ask of one another. */
export interface Proving {
	readonly origins: Origins;
	readonly facts: Facts | null;
	/** Calls whose callees are being looked at. */
	readonly entering: Set<t.Node>;
	from(of: Subject): readonly Origin[];
	/** The answer about a place of the program; null while that very question is open. */
	once(question: 'function' | 'promise' | 'iterator', node: t.Node, answer: () => Unproven | null): Unproven | null;
	promises(of: Subject): Unproven | null;
	iterators(of: Subject): Unproven | null;
	surely(of: Subject): Unproven | null;
	/** Is it code of a run? */
	isOfRun(node: t.Node): boolean;
}

export const helpOf = (type: string) => UNSAVABLE_TYPES.find((row) => row.type === type)!.help;

/** Where else a value comes from, nothing is sure of it. */
const TELLING = new Set<Origin['kind']>(['function', 'global', 'call', 'new', 'callback']);

/** What is found of the first, if something is of each. */
export function every(
	origins: readonly Origin[],
	find: (origin: Origin) => Unproven | null | undefined,
): Unproven | null {
	let first: Unproven | null = null;
	for (const origin of origins) {
		const found = TELLING.has(origin.kind) ? find(origin) : null;
		if (!found) return null;
		first ??= found;
	}
	return first;
}

/** The surest of several. */
export function worst(found: readonly (Unproven | null)[]): Unproven | null {
	return found.find((each) => each?.sure) ?? found.find((each) => each !== null) ?? null;
}

export function refuseFunction(name: string, sure: boolean): Unproven {
	return { code: 'PD3007', what: REFUSED.function(name), help: helpOf('Function'), related: [], sure };
}

export function refusePromise(what: string, related: readonly Related[]): Unproven {
	return { code: 'PD3008', what, help: helpOf('Promise'), related, sure: false };
}

export function refuseIterator(related: readonly Related[]): Unproven {
	return { code: 'PD3006', what: REFUSED.iterator, help: helpOf('Iterator'), related, sure: false };
}

export const placed = (node: t.Node): Related[] => (node.loc ? [{ message: 'it comes from here', node }] : []);

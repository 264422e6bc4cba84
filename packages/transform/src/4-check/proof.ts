/**
 * Can functions, promises and iterators be saved? That is no question of their types but of where they
 * come from: proven to be of the run (or to be found by a name), or refused.
 */
import type * as t from '@babel/types';
import { NAMESPACE_HELP, REFUSED } from '@perdure/abi';
import { isFunctionNode } from '../1-parse/scope.ts';
import { propertyName } from '../2-lower/nodes.ts';
import type { Path } from './flows.ts';
import { isNamedEffect } from './named-effects.ts';
import type { Origin } from './origin.ts';
import type { Origins } from './origins.ts';
import { proveCallees } from './proof-of-callees.ts';
import { isHandedOver, proveClosure, proveFunction, proveInstance } from './proof-of-functions.ts';
import { iterated, proveIterator } from './proof-of-iterators.ts';
import { provePromise } from './proof-of-promises.ts';
import {
	every,
	type Facts,
	type Proving,
	placed,
	type Subject,
	type Unproven,
	type UnprovenCallee,
	worst,
} from './unproven.ts';

export class Proof implements Proving {
	readonly origins: Origins;
	readonly facts: Facts | null;
	/** What is being looked at, by the question: what leads back to itself is what the rest of it is. */
	readonly #open = { function: new Set<t.Node>(), promise: new Set<t.Node>(), iterator: new Set<t.Node>() };
	readonly entering = new Set<t.Node>();

	constructor(origins: Origins, facts: Facts | null) {
		this.origins = origins;
		this.facts = facts;
	}

	/** Null where every function that it may be can be saved. */
	functions(of: Subject): Unproven | null {
		return worst(this.from(of).map((origin) => proveFunction(this, origin)));
	}

	/** Of instances of a class made by the run, which is saved with what it captures. */
	instancesOf(node: t.Class): Unproven | null {
		return proveFunction(this, { kind: 'function', node, maker: this.origins.makerOf(node) });
	}

	promises(of: Subject): Unproven | null {
		return worst(this.from(of).map((origin) => provePromise(this, origin)));
	}

	iterators(of: Subject): Unproven | null {
		return worst(this.from(of).map((origin) => proveIterator(this, origin)));
	}

	/** Null where every namespace that it may be was imported by durable code, or is that of an `import *` of this module. */
	namespaces(of: Subject): Unproven | null {
		const origins = this.from(of);
		const foreign = origins.find((each) => each.kind !== 'data' && !this.#isImported(each));
		if (origins.length > 0 && foreign === undefined) return null;
		const related = foreign !== undefined && 'node' in foreign ? placed(foreign.node) : [];
		return { code: 'PD3001', what: REFUSED.namespace, help: NAMESPACE_HELP, related, sure: false };
	}

	/** Is all of it what an `import()` of durable code gives: a namespace, or the promise of one? */
	imported(of: Subject): boolean {
		const origins = this.from(of);
		return origins.some((each) => each.kind !== 'data') && this.namespaces(of) === null;
	}

	#isImported(origin: Origin): boolean {
		if (origin.kind === 'import') return origin.node.type === 'ImportNamespaceSpecifier' && origin.path.length === 0;
		return origin.kind === 'namespace' && origin.path.length === 0 && this.isOfRun(origin.node);
	}

	/** Was all of it thrown, whatever its type says? Its declaration may give it nothing, or plain data, first. */
	thrown(of: Subject): boolean {
		const origins = this.from(of);
		return origins.some(({ kind }) => kind === 'caught') && origins.every(({ kind }) => /^(caught|data)$/.test(kind));
	}

	/** Is the accessor at `path` one of a literal of durable code? Its functions are closures of the run, and saved. */
	accessors(of: Subject & { readonly path: Path }): boolean {
		const key = of.path.at(-1);
		const holders = this.from({ ...of, path: of.path.slice(0, -1) }).flatMap((each) => this.#given(each));
		return (
			holders.length > 0 &&
			holders.every(
				(holder) =>
					holder.kind === 'object' &&
					this.isOfRun(holder.node) &&
					holder.node.properties.every(
						(each) =>
							each.type === 'ObjectProperty' ||
							(each.type === 'ObjectMethod' && (propertyName(each) !== key || proveClosure(this, each, key!) === null)),
					),
			)
		);
	}

	/** What a plain function of the run gives, in the place of its call. */
	#given(origin: Origin): readonly Origin[] {
		if (origin.kind !== 'call' || origin.path.length > 0 || origin.awaited) return [origin];
		const results = this.origins.ofCallee(origin.node).map((each) => {
			if (each.kind !== 'function' || each.maker !== 'run' || !isFunctionNode(each.node)) return null;
			return each.node.async || each.node.generator ? null : this.origins.ofResult(each.node);
		});
		return results.length > 0 && results.every((each) => each !== null) ? results.flat() : [origin];
	}

	/** Is whatever it may be surely nothing that can be saved? What shows without types. */
	surely(of: Subject): Unproven | null {
		return every(this.from(of), (origin) =>
			[
				proveInstance(this, origin),
				proveFunction(this, origin),
				provePromise(this, origin),
				proveIterator(this, origin),
			].find((found) => found?.sure),
		);
	}

	/** Is it surely a promise that cannot be saved? */
	surelyPromised(of: Subject): Unproven | null {
		return every(this.from(of), (origin) => {
			const found = provePromise(this, origin);
			return found?.sure ? found : null;
		});
	}

	/** Is it surely iterated by an iterator that cannot be saved? */
	surelyIterated(node: t.Node): Unproven | null {
		return every(this.origins.of(node), (origin) => {
			const found = proveIterator(this, origin);
			return found?.sure ? found : null;
		});
	}

	/**
	 * Is what a call enters found again after a restore? Asked of callees that are read from no module binding:
	 * what runs as a part of the run is kept in it, and an effect would have to find its function by itself.
	 */
	callees(node: t.Expression): UnprovenCallee | null {
		return proveCallees(this, node, () => false);
	}

	/** As `callees`, of those that are called as effects: what is declared to be one is found by its name in its module. */
	lostCallees(node: t.Expression): UnprovenCallee | null {
		return proveCallees(this, node, (each) => isNamedEffect(this, each) || isHandedOver(this, each));
	}

	from(of: Subject): readonly Origin[] {
		return 'binding' in of ? this.origins.ofBinding(of.binding, of.path) : this.origins.of(of.node, of.path);
	}

	/** The answer about a place of the program; null while that very question is open. */
	once(question: 'function' | 'promise' | 'iterator', node: t.Node, answer: () => Unproven | null): Unproven | null {
		const open = this.#open[question];
		if (open.has(node)) return null;
		open.add(node);
		const found = answer();
		open.delete(node);
		return found;
	}

	isOfRun(node: t.Node): boolean {
		return this.origins.durableAround(node) !== null;
	}

	/** Can a loop over it be saved, that is over no collection of the language's? */
	iterated(node: t.Node): Unproven | null {
		return iterated(this, node);
	}
}

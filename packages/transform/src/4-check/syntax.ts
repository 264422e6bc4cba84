/**
 * What the text of a file shows by itself, without types: values that surely cannot be saved and are live
 * across an await. All else is left to types, or is found when it is saved, in the same words.
 */
import type * as t from '@babel/types';
import { type Binding, type Scopes, unwrap } from '../1-parse/scope.ts';
import type { Closure, Graph, Site, Terminal, Unit, Variable } from '../2-lower/cfg.ts';
import { calleeText } from '../2-lower/static-path.ts';
import { liveness } from '../3-analyze/liveness.ts';
import type { Related, Sink } from '../diagnostics/sink.ts';
import { calleeOf } from './callee.ts';
import { checkAwaited } from './check-awaited.ts';
import { mayChange } from './constancy.ts';
import { EACH, type Flows, outOfTypes, traceFlows } from './flows.ts';
import { checkHabits } from './habits.ts';
import { Origins } from './origins.ts';
import { Proof } from './proof.ts';
import type { Subject, Unproven } from './unproven.ts';

export interface SyntaxInput {
	readonly file: t.File;
	readonly scopes: Scopes;
	/** All functions with the directive; of those that could be lowered, what they became. */
	readonly durable: readonly { readonly node: t.Node }[];
	readonly lowered: readonly { readonly fn: { readonly node: t.Node }; readonly unit: Unit }[];
	readonly sink: Sink;
}

/** Reports PD3005 to PD3008, PD3010 and PD4001 to PD4007 where they are certain. */
export function checkSyntax({ file, scopes, durable, lowered, sink }: SyntaxInput): void {
	if (lowered.length === 0) return;
	const flows = traceFlows(file, scopes);
	const origins = new Origins({ scopes, flows, durable: new Set(durable.map(({ node }) => node)), types: null });
	const checker = new SyntaxChecker(origins, sink);
	for (const { unit } of lowered) checker.body(unit.graph, unit.closures);
	for (const { node } of durable) checker.awaited(node);
	checkHabits({ origins, facts: null, functions: lowered, sink });
}

class SyntaxChecker {
	readonly #origins: Origins;
	readonly #proof: Proof;
	readonly #sink: Sink;
	readonly #flows: Flows;
	/** Variables that something was told of. */
	readonly #told = new Set<Binding>();

	constructor(origins: Origins, sink: Sink) {
		this.#origins = origins;
		this.#proof = new Proof(origins, null);
		this.#sink = sink;
		this.#flows = origins.source.flows;
	}

	/** Promises that are waited for and were not made by durable code. */
	awaited(root: t.Node): void {
		const input = { origins: this.#origins, proof: this.#proof, facts: null, sink: this.#sink, told: this.#told };
		const isPlain = (closure: t.Node) => this.#isHandedOver(closure);
		checkAwaited({ ...input, isPlain }, root);
	}

	/** Without types it is not known whether what is called is an effect: then its closures are left alone. */
	#isHandedOver(closure: t.Node): boolean {
		const call = outOfTypes(closure, this.#flows.parentOf);
		if (call?.type !== 'CallExpression' && call?.type !== 'OptionalCallExpression') return false;
		const kind = unwrap(call.callee) === closure ? 'run' : calleeOf(call, this.#origins, null).callee?.kind;
		return kind !== 'run' && kind !== 'language';
	}

	/** One variable is told once in a function and its closures: by the first that is wrong with it. */
	body(graph: Graph | null, closures: readonly Closure[]): void {
		if (graph) this.#graph(graph, this.#told);
		for (const closure of closures) this.body(closure.body, closure.closures);
	}

	/** The points in the order of the source: first what the call there is made of, then what is kept meanwhile. */
	#graph(graph: Graph, told: Set<Binding>): void {
		const suspects = new Map<string, Unproven>();
		for (const variable of graph.variables.values()) {
			const refused = variable.reload === null ? this.#refused(variable) : null;
			if (refused) suspects.set(variable.name, refused);
		}
		// Liveness is only asked for where there is something that no frame may hold.
		const parked = suspects.size > 0 ? liveness(graph).parked : null;
		const ends = [...graph.blocks.values()].flatMap(({ id, end }) =>
			end.kind === 'suspend' || end.kind === 'tail' ? [{ id, end, at: startOf(end) }] : [],
		);
		ends.sort((a, b) => a.at - b.at);
		// A chain is one effect, or goes link by link where its first call is none.
		const chains = new Set(ends.flatMap(({ end: { op } }) => (op.kind === 'chain' ? [op.site.node] : [])));
		for (const { id, end } of ends) {
			if (end.op.kind === 'call' && !chains.has(end.op.site.node)) this.#callee(end.op.site, told, false);
			if (end.kind !== 'suspend') continue;
			for (const name of parked?.get(id) ?? []) {
				const refused = suspects.get(name);
				const variable = graph.variables.get(name)!;
				if (!refused || (variable.binding && told.has(variable.binding))) continue;
				suspects.delete(name);
				if (variable.binding) told.add(variable.binding);
				this.#report(variable, refused, placeOf(end.point));
			}
		}
		for (const site of graph.starts) this.#callee(site, told, true);
	}

	#refused({ binding, temporary, slot }: Variable): Unproven | null {
		const of = binding ? { binding } : temporary && { node: temporary };
		if (!of || (binding && (binding.kind === 'this' || binding.kind === 'arguments'))) return null;
		// What a loop keeps is an iterator of what is iterated.
		if (!binding && slot === 'iterator') return this.#proof.surelyIterated(temporary!) ?? this.#native(of);
		return this.#proof.surely(of) ?? this.#native(of);
	}

	/** A list of native promises, as it was made. */
	#native(of: Subject): Unproven | null {
		const node = 'node' in of ? of.node : this.#valueOf(of.binding);
		return node && this.#proof.surely({ node, path: [EACH] });
	}

	/** The one value that a binding has from its declaration on. */
	#valueOf(binding: Binding): t.Node | null {
		const [inflow, ...others] = this.#flows.inflows(binding);
		if (inflow?.kind !== 'value' || inflow.path.length > 0 || others.length > 0 || mayChange(binding)) return null;
		return inflow.node;
	}

	#report({ binding, temporary }: Variable, refused: Unproven, point: t.Node): void {
		const path = refused.path ?? binding?.name ?? (temporary ? calleeText(temporary) : '');
		const related: Related[] = [];
		if (binding) {
			related.push({ message: 'captured', node: binding.node });
			const again = this.#flows
				.uses(binding)
				.filter((use) => !this.#origins.source.scopes.references.get(use)?.write)
				.find((use) => use.start! >= point.end!);
			if (again) related.push({ message: 'read again here', node: again });
		}
		related.push({ message: 'the frame is saved here', node: point }, ...refused.related);
		const { code, what, help, fix } = refused;
		const held = { path, what, way: help, is: 'captured across an await' };
		this.#sink.report(code, point, held, related, fix ?? null);
	}

	/** An effect whose function only this process knows. */
	#callee(site: Site, told: Set<Binding>, elsewhere: boolean): void {
		if (site.reload !== null || site.key !== undefined) return;
		const call = site.node;
		if (call.type !== 'CallExpression' && call.type !== 'OptionalCallExpression') return;
		const callee = unwrap(call.callee) as t.Expression;
		const binding = this.#origins.source.scopes.references.get(callee)?.binding;
		if (binding && told.has(binding)) return;
		const found = this.#proof.lostCallees(callee);
		// Called elsewhere than in await position, only what gives a promise becomes an effect.
		if (!found?.sure || (elsewhere && !found.async)) return;
		if (binding) told.add(binding);
		const related = [
			...(binding ? [{ message: `'${binding.name}' is declared here`, node: binding.node }] : []),
			...found.related,
		];
		this.#sink.report('PD3010', callee, { path: calleeText(callee), what: found.what, way: found.help }, related);
	}
}

function startOf(end: Extract<Terminal, { kind: 'suspend' | 'tail' }>): number {
	const { loc, node } = end.kind === 'suspend' ? end.point : end.op.site;
	return loc?.start.index ?? node.start ?? 0;
}

/** The whole `await e`, of which a point keeps only the place. */
function placeOf({ node, loc }: { readonly node: t.Node; readonly loc: t.SourceLocation | null }): t.Node {
	if (!loc) return node;
	return { ...node, start: loc.start.index, end: loc.end.index, loc };
}

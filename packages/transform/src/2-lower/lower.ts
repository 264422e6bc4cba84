import type * as t from '@babel/types';
import { isFunctionNode, type Scopes } from '../1-parse/scope.ts';
import type { Suspensions } from '../1-parse/suspends.ts';
import type { Sink } from '../diagnostics/sink.ts';
import type { DurableFunction, Unit } from './cfg.ts';
import { checkFunction } from './check-function.ts';
import { Frame } from './frame.ts';
import { finishGraph } from './graph.ts';
import { lowerBody } from './lower-function.ts';
import { collectNames } from './names.ts';
import type { UnitState } from './unit.ts';

/** What the durable functions of one file share while they are lowered. */
export interface LowerInput {
	readonly scopes: Scopes;
	readonly sink: Sink;
	/** Memo, empty at first. */
	readonly memo: Suspensions;
}

/**
 * Lowers one durable function. Leaves the user's tree as it is. Null when it reported an error:
 * what cannot be lowered rightly is not lowered at all.
 */
export function lowerUnit(durable: DurableFunction, input: LowerInput): Unit | null {
	const { scopes, sink } = input;
	const root = scopes.functions.get(durable.node)!;
	const before = sink.diagnostics.length;
	const { names, free } = collectNames(scopes, durable.node);
	const unit: UnitState = {
		scopes,
		sink,
		memo: input.memo,
		root,
		names,
		numbers: new Map(),
		taken: new Set(),
		free,
		storages: new Map(),
		closures: new Map(),
		captures: new Map(),
		begins: new Set(),
		spent: new Set(),
		definitions: 0,
	};
	checkFunction(unit, durable.node);
	if (failedSince(sink, before)) return null;
	const frame = new Frame(unit, root, []);
	const parameters = lowerBody(frame, durable.node, []);
	const graph = finishGraph(frame, parameters);
	if (failedSince(sink, before)) return null;
	return { graph, closures: frame.closures, strict: saysStrict(scopes, durable), names: unit.names };
}

function failedSince(sink: Sink, count: number): boolean {
	return sink.diagnostics.slice(count).some((diagnostic) => diagnostic.severity === 'error');
}

function saysStrict(scopes: Scopes, { node }: DurableFunction): boolean {
	const program = scopes.module.node as t.Program;
	if (program.sourceType === 'module' || program.directives.some((each) => each.value.value === 'use strict'))
		return false;
	return isFunctionNode(node) && scopes.functions.get(node)!.strict;
}

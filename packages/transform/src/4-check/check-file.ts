/** One file with durable functions: everything that types tell of what is saved in them. */
import type * as t from '@babel/types';
import type { Scopes } from '../1-parse/scope.ts';

import type { DurableFunction, Unit } from '../2-lower/cfg.ts';
import type { Sink } from '../diagnostics/sink.ts';
import { createCallsInRuns } from './calls-in-runs.ts';
import { checkAwaited } from './check-awaited.ts';
import { checkOperation, checkStarted, isHandedToEffect } from './check-operands.ts';
import { checkResults } from './check-results.ts';
import { checkParameters, checkResult, wantSignature } from './check-signature.ts';
import { checkSlots } from './check-slots.ts';
import type { Checking } from './checking.ts';
import { traceFlows } from './flows.ts';
import { checkHabits } from './habits.ts';
import { type AnyOption, Judge } from './judge.ts';
import { createOriginFacts } from './origin-facts.ts';
import { Origins } from './origins.ts';
import { type HeldGraph, heldGraphs, pointsOf, startsOf } from './points.ts';
import type { ProgramFacts } from './program-facts.ts';
import { Proof } from './proof.ts';
import { Questions, wantCalls } from './questions.ts';
import { declaredAt, wantSlotTypes } from './slot-types.ts';
import type { Type } from './type-model.ts';

export interface LoweredFile {
	/** As the program names it. */
	readonly name: string;
	readonly file: t.File;
	readonly scopes: Scopes;
	/** All functions with the directive. */
	readonly durable: readonly DurableFunction[];
	/** Those that could be lowered. */
	readonly lowered: readonly { readonly fn: DurableFunction; readonly unit: Unit }[];
}

export function checkFile(
	{ name, file, scopes, durable, lowered }: LoweredFile,
	facts: ProgramFacts,
	sink: Sink,
	any: AnyOption,
): void {
	const { program, files, classes, verdicts } = facts;
	const types = new Questions((spans) => program.typesAt(name, spans));
	const symbols = new Questions((spans) => program.symbolsAt(name, spans));
	const flows = traceFlows(file, scopes);
	const nodes = new Set<t.Node>(durable.map(({ node }) => node));
	const typed = createOriginFacts({ program, types, symbols, files, classes });
	const origins = new Origins({ scopes, flows, durable: nodes, types: typed });
	const proof: Proof = new Proof(origins, {
		...typed,
		calledInRuns: createCallsInRuns({ program, name, origins }),
		held(node) {
			const type = types.at(node);
			const [wrong] = type ? judge.wrong([type], { node }) : [];
			return wrong && !wrong.warning ? wrong : null;
		},
		captured(binding) {
			// The name of a class has the type of its instances.
			if (binding.kind === 'class' || binding.kind === 'class-name') return proof.functions({ binding });
			const type = types.at(declaredAt(binding, flows));
			const [wrong] = type ? judge.wrong([type], { binding }) : [];
			return wrong ? { ...wrong, path: wrong.whole ?? binding.name + wrong.path } : null;
		},
	});
	const judge: Judge = new Judge({ verdicts, proof, any, classOf: classesIn(name, scopes) });
	const functions = lowered.map((each) => ({ ...each, graphs: heldGraphs(each.unit) }));
	for (const { fn, graphs } of functions) {
		if (program.distant) wantCalls(fn.node, types, symbols);
		wantSignature(fn.node, types);
		for (const { points } of graphs)
			for (const { held } of points) for (const each of held) wantSlotTypes(each, types, flows);
	}
	for (const { fn, unit, graphs } of functions) {
		const told: Checking['told'] = new Set();
		const shared = { scopes, flows, types, origins, facts: typed, proof, judge, sink };
		checkFunction({ ...shared, fn, unit, told }, graphs);
	}
	checkHabits({ origins, facts: typed, functions: lowered, sink });
}

/** The class of the file that a type is an instance of. */
function classesIn(name: string, scopes: Scopes): (type: Type) => t.Class | null {
	return (type) => {
		const declared = type
			.symbol()
			?.declarations()
			.find((each) => each.kind === 'class' && each.file === name);
		if (!declared) return null;
		for (const node of scopes.classes.keys()) if (node.end === declared.end) return node as t.Class;
		return null;
	};
}

function checkFunction(checking: Checking, graphs: readonly HeldGraph[]): void {
	const isPlain = (closure: t.Node) => isHandedToEffect(checking, closure);
	// Nothing is parked in a closure that runs as plain JavaScript, inside an effect.
	const parking = graphs.filter(({ closures }) => !closures.some(isPlain));
	checkParameters(checking);
	for (const point of pointsOf(parking)) {
		checkOperation(checking, point.op);
		checkSlots(checking, point);
	}
	for (const site of startsOf(parking)) checkStarted(checking, site);
	checkAwaited({ ...checking, isPlain }, checking.fn.node);
	checkResults(checking);
	checkResult(checking);
}

/** The pipeline: one call per pass, in order. */

import type * as t from '@babel/types';
import type { Diagnostic } from '@perdure/abi';
import { findDurableFunctions } from './1-parse/find-durable.ts';
import { analyzeScopes } from './1-parse/resolve.ts';
import type { Suspensions } from './1-parse/suspends.ts';
import { lowerUnit } from './2-lower/lower.ts';
import { assignIds } from './3-analyze/ids.ts';
import { assertWellFormed } from './3-analyze/well-formed.ts';
import { checkSyntax } from './4-check/syntax.ts';
import { applyEdits, type Edit } from './5-emit/edit.ts';
import type { SourceType } from './5-emit/helpers.ts';
import { emitProgram, type LoweredFunction } from './5-emit/program.ts';
import { createSink } from './diagnostics/sink.ts';
import { moduleId, packagePath } from './package-scope.ts';
import { type FunctionSchema, functionSchema } from './schema.ts';

/** What `compile` is given beside the tree. */
export interface CompileContext {
	/** Path of the file: function ids are made from it. */
	readonly filename: string;
	readonly sourceType: SourceType;
	/** Nodes of syntax in one emitted function: only tests set it, to split small functions too. */
	readonly nodesPerStep?: number;
}

/** What the passes made of a file. */
export interface Compiled {
	readonly diagnostics: readonly Diagnostic[];
	readonly functions: readonly FunctionSchema[];
}

/** Compiles a parsed file; the tree is left as it is. A function with an error is left as written. */
export function compileFile(file: t.File, context: CompileContext): Compiled & { readonly edits: readonly Edit[] } {
	const path = packagePath(context.filename);
	const { lowered: all, durable, sink, scopes } = lowerFile(file, context);
	checkSyntax({ file, scopes, durable, units: all.map(({ unit }) => unit), sink });
	const lowered = sink.failed ? all.filter(({ fn }) => !hasError(fn.node, sink.diagnostics)) : all;
	const parts = { path, module: scopes.module, moduleId: moduleId(context.filename) };
	const { edits, bodies } = emitProgram(file, lowered, parts, context.sourceType, context.nodesPerStep);
	const functions = lowered.map(({ fn }) => functionSchema(fn, path, bodies.get(fn)!));
	const diagnostics = [...sink.diagnostics].sort((a, b) => a.start - b.start);
	return { edits, diagnostics, functions };
}

/** The passes before emission. */
export function lowerFile(file: t.File, { filename }: CompileContext) {
	const sink = createSink(filename);
	const scopes = analyzeScopes(file);
	const durable = findDurableFunctions(file, scopes, sink);
	const memo: Suspensions = new WeakMap();
	const lowered = durable.flatMap((fn): LoweredFunction[] => {
		const unit = lowerUnit(fn, { scopes, sink, memo });
		if (!unit) return [];
		assertWellFormed(unit);
		const id = fn.as ?? `${moduleId(filename)}#${fn.path}`;
		return [{ fn, unit, ids: assignIds(id, fn.node, unit) }];
	});
	return { lowered, durable, sink, scopes };
}

function hasError(node: t.Node, diagnostics: readonly Diagnostic[]): boolean {
	return diagnostics.some(
		({ severity, start }) => severity === 'error' && start >= (node.start ?? 0) && start < (node.end ?? 0),
	);
}

/** Compiles a Babel `File` in place. Nothing is changed where there is no durable function. */
export function compileProgram(file: t.File, context: CompileContext): Compiled {
	const { edits, diagnostics, functions } = compileFile(file, context);
	applyEdits(file, edits);
	return { diagnostics, functions };
}

/** The pipeline: one call per pass, in order. */

import type * as t from '@babel/types';
import type { Diagnostic } from '@perdure/abi';
import { findDurableFunctions } from './1-parse/find-durable.ts';
import { analyzeScopes } from './1-parse/resolve.ts';
import type { Suspensions } from './1-parse/suspends.ts';
import type { DurableFunction } from './2-lower/cfg.ts';
import { lowerUnit } from './2-lower/lower.ts';
import { heldNamespaces } from './3-analyze/held-namespaces.ts';
import { assignIds } from './3-analyze/ids.ts';
import { assertWellFormed } from './3-analyze/well-formed.ts';
import { checkSyntax } from './4-check/syntax.ts';
import { applyEdits, type Edit } from './5-emit/edit.ts';
import type { SourceType } from './5-emit/helpers.ts';
import { namesIn } from './5-emit/names.ts';
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

/** What a file is before anything is emitted: of the functions, those without an error. */
export function prepareFile(file: t.File, context: CompileContext): Prepared {
	const { lowered, durable, sink, scopes } = lowerFile(file, context);
	checkSyntax({ file, scopes, durable, lowered, sink });
	const sound = sink.failed ? lowered.filter(({ fn }) => !hasError(fn.node, sink.diagnostics)) : lowered;
	return { file, lowered: sound, sink, scopes };
}

export interface Prepared extends Pick<ReturnType<typeof lowerFile>, 'lowered' | 'sink' | 'scopes'> {
	readonly file: t.File;
}

/** Compiles a parsed file; the tree is left as it is. A function with an error is left as written. */
export function compileFile(file: t.File, context: CompileContext): Compiled & { readonly edits: readonly Edit[] } {
	const path = packagePath(context.filename);
	const { lowered, sink, scopes } = prepareFile(file, context);
	const parts = {
		path,
		module: scopes.module,
		moduleId: moduleId(context.filename),
		namespaces: heldNamespaces(file.program, scopes),
		isModule: context.sourceType === 'module',
	};
	const { edits, bodies } = emitProgram(file, lowered, parts, context.sourceType, context.nodesPerStep);
	const functions = lowered.map(({ fn }) => functionSchema(fn, path, bodies.get(fn)!));
	const diagnostics = [...sink.diagnostics].sort((a, b) => a.start - b.start);
	return { edits, diagnostics, functions };
}

/**
 * Compiles a file whose text another compiler has printed: what is lowered, and what ids are made of, is the
 * source; what is emitted goes into the output, to where `standing` says that a function of the source is.
 */
export function compileInto(
	output: t.File,
	{ file, lowered, sink, scopes }: Prepared,
	standing: (fn: DurableFunction) => Pick<DurableFunction, 'node' | 'parents'>,
	{ filename, sourceType }: CompileContext,
): Compiled & { readonly edits: readonly Edit[] } {
	const path = packagePath(filename);
	const { module } = analyzeScopes(output);
	const parts = {
		path,
		module,
		moduleId: moduleId(filename),
		namespaces: heldNamespaces(file.program, scopes).filter(({ name }) => module.bindings.has(name)),
		isModule: file.program.sourceType === 'module',
		reserved: namesIn(file.program),
	};
	const moved = lowered.map((each) => ({ ...each, fn: { ...each.fn, ...standing(each.fn) } }));
	const { edits, bodies } = emitProgram(output, moved, parts, sourceType);
	const functions = moved.map(({ fn }) => functionSchema(fn, path, bodies.get(fn)!));
	return { edits, functions, diagnostics: [...sink.diagnostics].sort((a, b) => a.start - b.start) };
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

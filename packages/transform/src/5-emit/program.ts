/** Emits the durable functions of a file: what to change in the program, and what it then contains. */
import type * as t from '@babel/types';
import type { Binding, Scope } from '../1-parse/scope.ts';
import type { DurableFunction, Unit } from '../2-lower/cfg.ts';
import type { FunctionIds } from '../3-analyze/ids.ts';
import type { Edit } from './edit.ts';
import { type EmittedBody, emitFunction } from './function.ts';
import { createHelpers, type SourceType } from './helpers.ts';
import { moduleValues } from './module-values.ts';
import { createNames, namesIn } from './names.ts';

export interface LoweredFunction {
	readonly fn: DurableFunction;
	readonly unit: Unit;
	readonly ids: FunctionIds;
}

export interface EmittedProgram {
	readonly edits: readonly Edit[];
	readonly bodies: ReadonlyMap<DurableFunction, EmittedBody>;
}

export interface ProgramParts {
	/** Of the file within its package, for messages. */
	readonly path: string;
	readonly module: Scope;
	readonly moduleId: string;
	/** Of `import *`, used as values. */
	readonly namespaces?: readonly Binding[];
	/** Strict code, without a `this` at its top level. */
	readonly isModule: boolean;
	/** Names that emitted code must not declare, beside those in the program. */
	readonly reserved?: ReadonlySet<string>;
}

export function emitProgram(
	file: t.File,
	functions: readonly LoweredFunction[],
	{ path, module, moduleId, namespaces = [], isModule, reserved = new Set() }: ProgramParts,
	sourceType: SourceType,
	nodesPerStep?: number,
): EmittedProgram {
	const bodies = new Map<DurableFunction, EmittedBody>();
	if (functions.length === 0) return { edits: [], bodies };
	const taken = new Set([...namesIn(file.program), ...reserved]);
	for (const { unit } of functions) for (const name of unit.names) taken.add(name);
	const names = createNames(taken);
	const helpers = createHelpers(names);
	const stepNames = {
		frame: names.pick('f'),
		mode: names.pick('m'),
		value: names.pick('v'),
		pc: names.pick('pc'),
		saved: names.pick('s'),
		exception: names.pick('caught'),
		error: names.pick('e'),
		loop: names.pick('next'),
	};
	const edits: Edit[] = [];
	for (const { fn, unit, ids } of functions) {
		const emitted = emitFunction(fn, unit, ids, {
			names,
			helpers,
			stepNames,
			file: path,
			isModule,
			nodesPerStep,
		});
		edits.push(...emitted.edits);
		bodies.set(fn, emitted.body);
	}
	const durable = new Set<t.Node>(functions.map(({ fn }) => fn.node));
	const values = moduleValues(module, moduleId, durable, namespaces, helpers);
	if (values) edits.push({ kind: 'top', node: file.program, nodes: [values] });
	const statement = helpers.statement(sourceType);
	if (statement) edits.unshift({ kind: 'head', node: file.program, statement });
	return { edits, bodies };
}

/**
 * Which durable functions are called by durable code. A function among their parameters may then come from the
 * run, and whether it does is told where it is handed over; of those that only start runs it never does.
 */
import type * as t from '@babel/types';
import { mentionsDirective } from '../1-parse/directive.ts';
import type { FunctionNode } from '../1-parse/scope.ts';
import { nameOf } from './declared-names.ts';
import { calledBy, outOfTypes } from './flows.ts';
import type { Origins } from './origins.ts';
import type { TypeProgram } from './type-model.ts';

interface Where {
	readonly program: Pick<TypeProgram, 'files' | 'textOf'>;
	/** The file that the functions are in. */
	readonly name: string;
	readonly origins: Origins;
}

export function createCallsInRuns({ program, name, origins }: Where): (fn: FunctionNode) => boolean {
	const { flows, scopes } = origins.source;
	const known = new Map<t.Node, boolean>();

	const isCalledHere = (id: t.Node): boolean => {
		const binding = scopes.declared.get(id as t.Identifier);
		const uses = binding ? flows.uses(binding) : [];
		return uses.some((use) => calledBy(use, flows) !== null && isInAnotherRun(use, id));
	};
	/** A function that calls itself is none that others hand something. */
	const isInAnotherRun = (use: t.Node, id: t.Node) => {
		const around = origins.durableAround(use);
		return around !== null && around !== origins.durableAround(id);
	};
	/** By its name alone: one that is imported by another costs a diagnostic, and the runtime says it. */
	const isCalledElsewhere = (called: string): boolean => {
		const quoted = called.replaceAll('$', '\\$');
		const call = new RegExp(`\\bimport\\b[^;'"]*[{,]\\s*${quoted}\\b|\\.${quoted}\\s*[(<]`);
		return program.files.some((file) => {
			const text = file === name ? undefined : program.textOf(file);
			return text !== undefined && mentionsDirective(text) && call.test(text);
		});
	};
	const compute = (fn: FunctionNode): boolean => {
		const holder = fn.type === 'FunctionDeclaration' ? fn : outOfTypes(fn, flows.parentOf);
		const id =
			fn.type === 'FunctionDeclaration' || holder?.type === 'VariableDeclarator'
				? (holder as { id?: t.Node }).id
				: null;
		if (id && isCalledHere(id)) return true;
		const called = id ? nameOf({ id } as unknown as t.Node) : nameOf(fn);
		return called !== '' && isCalledElsewhere(called);
	};
	return (fn) => {
		const found = known.get(fn) ?? compute(fn);
		known.set(fn, found);
		return found;
	};
}

/** What the syntax of a project's files says of their functions and classes: which of them durable code can save, and how. */
import type * as t from '@babel/types';
import { mentionsDirective } from '../1-parse/directive.ts';
import { findDurableFunctions } from '../1-parse/find-durable.ts';
import { parse } from '../1-parse/parse.ts';
import { analyzeScopes } from '../1-parse/resolve.ts';
import { unwrap } from '../1-parse/scope.ts';
import { isModuleValue } from '../3-analyze/module-value.ts';
import { createSink } from '../diagnostics/sink.ts';
import type { Declaration, TypeProgram } from './type-model.ts';

export interface DurableFiles {
	/** Is the class declared at the top level of a file that will be compiled, under a name that stays its own? */
	isOfCompiledModule(declaration: Declaration): boolean;
	/** Is it made by durable code? */
	isMadeDurable(declaration: Declaration): boolean;
	/** A function with the directive, or one of a compiled module that is saved by its name there; null for others. */
	functionAt(declaration: Declaration): 'durable' | 'module' | null;
}

interface Facts {
	/** Ends of its top-level classes: what stands before one (`export`, decorators) the parsers divide differently. */
	readonly classes: ReadonlySet<number>;
	readonly durable: readonly t.Node[];
	/** By the end of their declaration. */
	readonly functions: ReadonlyMap<number, 'durable' | 'module'>;
}

const NOTHING: Facts = { classes: new Set(), durable: [], functions: new Map() };

export function createDurableFiles(program: Pick<TypeProgram, 'textOf'>): DurableFiles {
	const known = new Map<string, Facts>();
	const factsOf = (file: string): Facts => {
		let facts = known.get(file);
		if (facts === undefined) {
			facts = readFacts(file, program.textOf(file) ?? '');
			known.set(file, facts);
		}
		return facts;
	};
	return {
		isOfCompiledModule: ({ file, end }) => factsOf(file).classes.has(end),
		isMadeDurable: ({ file, start, end }) =>
			factsOf(file).durable.some((node) => node.start! < start && end <= node.end!),
		functionAt: ({ file, end }) => factsOf(file).functions.get(end) ?? null,
	};
}

function readFacts(filename: string, text: string): Facts {
	if (!mentionsDirective(text) || /\.d\.[cm]?ts$/.test(filename)) return NOTHING;
	let file: t.File;
	try {
		file = parse(text, { filename });
	} catch {
		// Its own check says so.
		return NOTHING;
	}
	const scopes = analyzeScopes(file);
	const functions = findDurableFunctions(file, scopes, createSink(filename));
	if (functions.length === 0) return NOTHING;
	const classes = new Set<number>();
	const values = new Map<number, 'durable' | 'module'>();
	const durable = new Set<t.Node>(functions.map(({ node }) => node));
	for (const binding of scopes.module.bindings.values()) {
		const { kind, declaration, reassigned } = binding;
		if (reassigned) continue;
		if (isModuleValue(binding, durable)) values.set(declaration.end!, 'module');
		if (kind === 'class') classes.add(declaration.end!);
		else if (kind === 'const' && declaration.type === 'VariableDeclarator' && declaration.init)
			classes.add(unwrap(declaration.init).end!);
	}
	for (const { node, parents } of functions) {
		values.set(node.end!, 'durable');
		// `const run = async () => { … }`, `{ run: async () => { … } }`
		const holder = parents.findLast((each) => unwrap(each) === each);
		if (holder && /^(VariableDeclarator|ObjectProperty|ClassProperty)$/.test(holder.type))
			values.set(holder.end!, 'durable');
	}
	return { classes, durable: [...durable], functions: values };
}

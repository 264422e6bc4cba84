/** What the syntax of a project's files says of their functions and classes: which of them durable code can save, and how. */
import type * as t from '@babel/types';
import { mentionsDirective } from '../1-parse/directive.ts';
import { findDurableFunctions } from '../1-parse/find-durable.ts';
import { parse } from '../1-parse/parse.ts';
import { analyzeScopes } from '../1-parse/resolve.ts';
import { type Scopes, unwrap } from '../1-parse/scope.ts';
import type { DurableFunction } from '../2-lower/cfg.ts';
import { isModuleValue } from '../3-analyze/module-value.ts';
import { createSink } from '../diagnostics/sink.ts';
import type { Declaration, Span, TypeProgram } from './type-model.ts';

export interface DurableFiles {
	/** Is the class declared at the top level of a file that will be compiled, under a name that stays its own? */
	isOfCompiledModule(declaration: Declaration): boolean;
	/** Is it made by durable code? */
	isMadeDurable(declaration: Declaration): boolean;
	/** A function with the directive, or one of a compiled module that is saved by its name there; null for others. */
	functionAt(declaration: Declaration): 'durable' | 'module' | null;
	/** A file that somebody has looked through already need not be read again. */
	learn(file: string, found: FoundInFile): void;
}

export interface FoundInFile {
	readonly scopes: Scopes;
	/** All functions with the directive. */
	readonly durable: readonly DurableFunction[];
}

interface Facts {
	/** Ends of its top-level classes: what stands before one (`export`, decorators) the parsers divide differently. */
	readonly classes: ReadonlySet<number>;
	/** Places only: a tree would be kept as long as the program. */
	readonly durable: readonly Span[];
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
			factsOf(file).durable.some((span) => span.start < start && end <= span.end),
		functionAt: ({ file, end }) => factsOf(file).functions.get(end) ?? null,
		learn(file, found) {
			if (!known.has(file)) known.set(file, factsIn(found));
		},
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
	return factsIn({ scopes, durable: findDurableFunctions(file, scopes, createSink(filename)) });
}

function factsIn({ scopes, durable: functions }: FoundInFile): Facts {
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
	return { classes, durable: functions.map(({ node }) => ({ start: node.start!, end: node.end! })), functions: values };
}

/** What the syntax of a project's files says of their classes: which are made durable without a word of registration. */
import type * as t from '@babel/types';
import { mentionsDirective } from '../1-parse/directive.ts';
import { findDurableFunctions } from '../1-parse/find-durable.ts';
import { parse } from '../1-parse/parse.ts';
import { analyzeScopes } from '../1-parse/resolve.ts';
import { unwrap } from '../1-parse/scope.ts';
import { createSink } from '../diagnostics/sink.ts';
import type { Declaration, TypeProgram } from './type-model.ts';

export interface DurableFiles {
	/** Is the class declared at the top level of a file that will be compiled, under a name that stays its own? */
	isOfCompiledModule(declaration: Declaration): boolean;
	/** Is it made by durable code? */
	isMadeDurable(declaration: Declaration): boolean;
}

interface Facts {
	/** Ends of its top-level classes: what stands before one (`export`, decorators) the parsers divide differently. */
	readonly classes: ReadonlySet<number>;
	readonly durable: readonly t.Node[];
}

const NOTHING: Facts = { classes: new Set(), durable: [] };

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
	for (const { kind, declaration, reassigned } of scopes.module.bindings.values()) {
		if (reassigned) continue;
		if (kind === 'class') classes.add(declaration.end!);
		else if (kind === 'const' && declaration.type === 'VariableDeclarator' && declaration.init)
			classes.add(unwrap(declaration.init).end!);
	}
	return { classes, durable: functions.map(({ node }) => node) };
}

/** What the emission of one step shares: its parts, which variables it uses, how its marks are replaced. */
import * as t from '@babel/types';
import type { Graph, Site } from '../2-lower/cfg.ts';
import type { Slots } from '../3-analyze/slots.ts';
import { id } from './build.ts';
import { type Marks, rewriteExpression, rewriteStatements } from './marks.ts';

/** Names of the parameters and locals that are not the user's; the same for a whole file. */
export interface StepNames {
	readonly frame: string;
	readonly mode: string;
	readonly value: string;
	readonly pc: string;
	readonly saved: string;
	readonly exception: string;
	readonly error: string;
	readonly loop: string;
}

export interface StepParts {
	readonly name: string;
	readonly graph: Graph;
	readonly slots: Slots;
	readonly names: StepNames;
	/** The expression for a mark `%name` that is not local to the step. */
	readonly mark: (name: string) => t.Expression;
	/** Index of a site in the definition. */
	readonly site: (site: Site) => number;
	readonly directives: readonly t.Directive[];
	/** A name like this one that nothing has. */
	readonly pick: (name: string) => string;
	/** Nodes of syntax in one function; tests split small ones. */
	readonly nodesPerStep?: number | undefined;
}

export class StepContext {
	readonly parts: StepParts;
	readonly names: StepNames;
	/** Names of variables and locals that must be declared. */
	readonly used = new Set<string>();
	private readonly marks: Marks;

	constructor(parts: StepParts, control: Pick<Marks, 'jump' | 'complete'>) {
		this.parts = parts;
		this.names = parts.names;
		this.marks = { ...control, mark: (name) => this.mark(name) };
	}

	/** A variable of the frame, or a local of the step. */
	variable(name: string): t.Identifier {
		this.used.add(name);
		return id(name);
	}

	expression<N extends t.Node>(node: N): N {
		this.note(node);
		return rewriteExpression(node, this.marks);
	}

	statements(list: readonly t.Statement[]): t.Statement[] {
		for (const statement of list) this.note(statement);
		return rewriteStatements(list, this.marks);
	}

	/** Evaluating it cannot throw. */
	isSimple(node: t.Expression): boolean {
		if (node.type === 'Identifier') return this.parts.graph.variables.has(node.name);
		return t.isLiteral(node) && node.type !== 'TemplateLiteral';
	}

	private note(node: t.Node): void {
		const { variables } = this.parts.graph;
		t.traverseFast(node, (inner) => {
			if (inner.type === 'Identifier' && variables.has(inner.name)) this.used.add(inner.name);
		});
	}

	private mark(name: string): t.Expression {
		if (name === 'exception') return this.variable(this.names.exception);
		if (name === 'frame') return id(this.names.frame);
		return this.parts.mark(name);
	}
}

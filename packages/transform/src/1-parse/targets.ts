import type * as t from '@babel/types';
import { Bindings } from './bindings.ts';
import { isFunctionNode, unwrap } from './scope.ts';

/** What gets a value: the names of declarations, the targets of assignments, in order of evaluation. */
export abstract class Targets extends Bindings {
	protected visitDeclarator(declaration: t.VariableDeclaration, node: t.VariableDeclarator): void {
		const lexical = declaration.kind !== 'var';
		if (node.id.type === 'Identifier' && node.init && lexical) {
			const value = unwrap(node.init);
			const binding = this.scope.bindings.get(node.id.name);
			if (isFunctionNode(value) && binding) this.states.get(binding)!.value = value;
		}
		if (node.init) this.visit(node.init);
		if (lexical) this.visitPattern(node.id, true);
		else if (node.init) this.visitVar(node);
	}

	/** `var x = …`: the names are assigned; a plain one directly in the body initialises. */
	protected visitVar(node: t.VariableDeclarator): void {
		this.visitPattern(node.id, false, (id) => {
			const binding = this.lookUp(id.name);
			const state = binding && this.states.get(binding);
			if (binding && state?.initialiser === node) {
				this.scopes.references.set(id, { binding, fn: this.fn, early: false, write: true });
				state.initialised = true;
			} else this.refer(id, binding, true);
		});
	}

	protected visitForEach(node: t.ForInStatement | t.ForOfStatement): void {
		this.open('for', node, () => {
			const left = node.left;
			if (left.type === 'VariableDeclaration') {
				this.declareLexical(left);
				// `var x = 1` in a for-in head (sloppy).
				const init = left.declarations[0]?.init;
				if (init) this.visit(init);
			}
			this.visit(node.right);
			if (left.type === 'VariableDeclaration') {
				const declarator = left.declarations[0]!;
				if (left.kind === 'var') this.visitPattern(declarator.id, false, (id) => this.referName(id, id.name, true));
				else this.visitPattern(declarator.id, true);
			} else this.visitTarget(left);
			this.visit(node.body);
		});
	}

	protected visitAssignment(node: t.AssignmentExpression): void {
		const left = unwrap(node.left as t.Node);
		if (left.type === 'Identifier') {
			this.visit(node.right);
			this.referName(left, left.name, true);
		} else if (left.type === 'ObjectPattern' || left.type === 'ArrayPattern') {
			this.visit(node.right);
			this.visitTarget(left);
		} else {
			this.visit(left);
			this.visit(node.right);
		}
	}

	/** The target of an assignment or of a for head that declares nothing. */
	protected visitTarget(node: t.Node): void {
		this.visitPattern(node, false, (id) => this.referName(id, id.name, true));
	}

	/** Walks a pattern in order of evaluation; `bind` initialises the lexical names that it declares. */
	protected visitPattern(node: t.Node, bind: boolean, assign?: (id: t.Identifier) => void): void {
		node = unwrap(node);
		switch (node.type) {
			case 'Identifier':
				if (bind) {
					const binding = this.scope.bindings.get(node.name);
					if (binding) this.initialise(binding);
				} else assign?.(node);
				return;
			case 'ObjectPattern':
				for (const property of node.properties) {
					if (property.type === 'RestElement') this.visitPattern(property.argument, bind, assign);
					else {
						if (property.computed) this.visit(property.key);
						this.visitPattern(property.value, bind, assign);
					}
				}
				return;
			case 'ArrayPattern':
				for (const element of node.elements) if (element) this.visitPattern(element, bind, assign);
				return;
			case 'AssignmentPattern':
				this.visit(node.right);
				this.visitPattern(node.left, bind, assign);
				return;
			case 'RestElement':
				this.visitPattern(node.argument, bind, assign);
				return;
			case 'TSParameterProperty':
				this.visitPattern(node.parameter, bind, assign);
				return;
			default:
				this.visit(node);
		}
	}
}

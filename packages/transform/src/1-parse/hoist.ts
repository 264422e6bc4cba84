import * as t from '@babel/types';
import { isType } from './scope.ts';

/** A `var` declarator's names and function declarations of sloppy blocks, found below a function body. */
export interface Hoisted {
	readonly vars: { readonly id: t.Identifier; readonly declaration: t.Node }[];
	/** Function declarations in blocks, with the blocks between them and the body (ECMA-262 B.3.3). */
	readonly inBlocks: { readonly node: t.FunctionDeclaration; readonly blocks: readonly t.Node[] }[];
}

/** ECMA-262 VarScopedDeclarations of a function body or a script. */
export function collectHoisted(body: readonly t.Node[]): Hoisted {
	const found: Hoisted = { vars: [], inBlocks: [] };
	for (const node of body) walk(node, [], found);
	return found;
}

function walk(node: t.Node, blocks: readonly t.Node[], found: Hoisted): void {
	switch (node.type) {
		case 'VariableDeclaration':
			if (node.kind === 'var' && !node.declare) {
				for (const declaration of node.declarations) {
					for (const id of boundIdentifiers(declaration.id)) found.vars.push({ id, declaration });
				}
			}
			return;
		case 'FunctionDeclaration':
			if (blocks.length > 0) found.inBlocks.push({ node, blocks });
			return;
		case 'ExportNamedDeclaration':
			if (node.declaration) walk(node.declaration, blocks, found);
			return;
		case 'BlockStatement':
			for (const child of node.body) walk(child, [...blocks, node], found);
			return;
		case 'IfStatement':
			walk(node.consequent, asBlock(node.consequent, blocks), found);
			if (node.alternate) walk(node.alternate, asBlock(node.alternate, blocks), found);
			return;
		case 'ForStatement':
			if (node.init?.type === 'VariableDeclaration') walk(node.init, blocks, found);
			walk(node.body, [...blocks, node], found);
			return;
		case 'ForInStatement':
		case 'ForOfStatement':
			if (node.left.type === 'VariableDeclaration') walk(node.left, blocks, found);
			walk(node.body, [...blocks, node], found);
			return;
		case 'WhileStatement':
		case 'DoWhileStatement':
		case 'LabeledStatement':
		case 'WithStatement':
			walk(node.body, blocks, found);
			return;
		case 'SwitchStatement':
			for (const clause of node.cases) {
				for (const child of clause.consequent) walk(child, [...blocks, node], found);
			}
			return;
		case 'TryStatement':
			walk(node.block, blocks, found);
			if (node.handler) walk(node.handler.body, [...blocks, node.handler], found);
			if (node.finalizer) walk(node.finalizer, blocks, found);
			return;
		default:
	}
}

/** `if (a) function f() {}` (sloppy) behaves as if in a block of its own. */
function asBlock(node: t.Node, blocks: readonly t.Node[]): readonly t.Node[] {
	return node.type === 'FunctionDeclaration' ? [...blocks, node] : blocks;
}

/** The identifiers that a pattern binds or assigns, in order; member targets are left out. */
export function boundIdentifiers(pattern: t.Node | null): t.Identifier[] {
	const found: t.Identifier[] = [];
	const visit = (node: t.Node | null): void => {
		if (node === null) return;
		switch (node.type) {
			case 'Identifier':
				found.push(node);
				return;
			case 'ObjectPattern':
				for (const property of node.properties)
					visit(property.type === 'RestElement' ? property.argument : property.value);
				return;
			case 'ArrayPattern':
				for (const element of node.elements) visit(element);
				return;
			case 'AssignmentPattern':
				visit(node.left);
				return;
			case 'RestElement':
				visit(node.argument);
				return;
			case 'TSParameterProperty':
				visit(node.parameter);
				return;
			case 'TSAsExpression':
			case 'TSSatisfiesExpression':
			case 'TSNonNullExpression':
			case 'TSTypeAssertion':
			case 'ParenthesizedExpression':
				visit(node.expression);
				return;
			default:
		}
	};
	visit(pattern);
	return found;
}

/** Child nodes in source order, without types and comments. */
export function childrenOf(node: t.Node): t.Node[] {
	const children: t.Node[] = [];
	for (const key of t.VISITOR_KEYS[node.type] ?? []) {
		const child = (node as unknown as Record<string, unknown>)[key];
		if (Array.isArray(child)) {
			for (const each of child) if (each && !isType(each)) children.push(each);
		} else if (child && !isType(child as t.Node)) children.push(child as t.Node);
	}
	return children;
}

/** ECMA-262 ContainsExpression of parameters: body variables then have a scope of their own. */
export function hasParameterExpressions(params: readonly t.Node[]): boolean {
	const contains = (node: t.Node): boolean => {
		switch (node.type) {
			case 'AssignmentPattern':
				return true;
			case 'ObjectPattern':
				return node.properties.some((p) =>
					p.type === 'RestElement' ? contains(p.argument) : p.computed || contains(p.value),
				);
			case 'ArrayPattern':
				return node.elements.some((element) => element !== null && contains(element));
			case 'RestElement':
				return contains(node.argument);
			case 'TSParameterProperty':
				return contains(node.parameter);
			default:
				return false;
		}
	};
	return params.some(contains);
}

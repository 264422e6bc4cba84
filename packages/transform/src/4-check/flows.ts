/**
 * Where the bindings of a file get their values, and where they are used: one walk over the tree, no
 * order of execution. A binding may hold whatever flows into it anywhere.
 */
import type * as t from '@babel/types';
import { childrenOf } from '../1-parse/hoist.ts';
import { type Binding, type FunctionNode, isFunctionNode, type Scopes, unwrap } from '../1-parse/scope.ts';
import { propertyName } from '../2-lower/nodes.ts';

/**
 * The way from a value to a part of it: names of properties, `[2]` for an element of an array literal or
 * pattern, and `EACH` for any element of an array, map, set or what is iterated.
 */
export type Path = readonly string[];
export const EACH = '[]';

export type Inflow =
	/** The part at `path` of the value of `node`. */
	| { readonly kind: 'value'; readonly node: t.Expression; readonly path: Path }
	| {
			readonly kind: 'parameter';
			readonly fn: FunctionNode;
			readonly index: number;
			/** It takes all arguments from there on. */
			readonly rest: boolean;
			readonly path: Path;
	  }
	/** A function or class by its declaration, or by its own name inside it. */
	| { readonly kind: 'declared'; readonly node: FunctionNode | t.Class }
	| {
			readonly kind: 'import';
			readonly node: t.ImportSpecifier | t.ImportDefaultSpecifier | t.ImportNamespaceSpecifier;
			readonly from: string;
	  }
	/** What was thrown. */
	| { readonly kind: 'caught' }
	/** Numbers, keys, members of enums: plain data. */
	| { readonly kind: 'data' };

export interface Flows {
	/** Null for the program. */
	readonly parentOf: (node: t.Node) => t.Node | null;
	readonly inflows: (binding: Binding) => readonly Inflow[];
	/** Everywhere that a binding is read or written, but for its declarations. */
	readonly uses: (binding: Binding) => readonly t.Node[];
	/** All `x.key = value` of the file, with any operator. */
	readonly stores: readonly t.AssignmentExpression[];
}

export function traceFlows(file: t.File, scopes: Scopes): Flows {
	const parents = new Map<t.Node, t.Node>();
	const stores: t.AssignmentExpression[] = [];
	const walk = (node: t.Node): void => {
		if (node.type === 'AssignmentExpression' && node.left.type === 'MemberExpression') stores.push(node);
		for (const child of childrenOf(node)) {
			parents.set(child, node);
			walk(child);
		}
	};
	walk(file.program);
	const parentOf = (node: t.Node) => parents.get(node) ?? null;

	const uses = new Map<Binding, t.Node[]>();
	const inflows = new Map<Binding, Inflow[]>();
	for (const [node, { binding, write }] of scopes.references) {
		if (binding === null) continue;
		listOf(uses, binding).push(node);
		if (write) listOf(inflows, binding).push(...inflowsAt(node, parentOf));
	}
	for (const [id, binding] of scopes.declared) {
		// A `var` with a value is a reference as well.
		if (binding.kind === 'var' && scopes.references.has(id)) continue;
		listOf(inflows, binding).push(...inflowsAt(id, parentOf));
	}
	for (const [node, info] of scopes.functions) {
		if (info.ownName && node.type === 'FunctionExpression') {
			listOf(inflows, info.ownName).push({ kind: 'declared', node });
		}
	}
	for (const [node, binding] of scopes.classes) {
		listOf(inflows, binding).push({ kind: 'declared', node: node as t.Class });
	}
	return {
		parentOf,
		inflows: (binding) => inflows.get(binding) ?? [],
		uses: (binding) => uses.get(binding) ?? [],
		stores,
	};
}

function listOf<K, V>(lists: Map<K, V[]>, key: K): V[] {
	const known = lists.get(key);
	if (known) return known;
	const made: V[] = [];
	lists.set(key, made);
	return made;
}

/** What an identifier that is declared or assigned gets: climbs out of the pattern that it stands in. */
function inflowsAt(id: t.Node, parentOf: Flows['parentOf']): Inflow[] {
	const defaults: Inflow[] = [];
	let path: string[] = [];
	let node = id;
	for (let parent = parentOf(node); parent !== null; node = parent, parent = parentOf(node)) {
		switch (parent.type) {
			case 'ObjectProperty':
				path = [propertyName(parent) ?? EACH, ...path];
				break;
			case 'ArrayPattern':
				// The rest has elements of what it is the rest of.
				if (node.type !== 'RestElement') path = [`[${parent.elements.indexOf(node as t.Identifier)}]`, ...path];
				break;
			case 'AssignmentPattern':
				if (node === parent.left) defaults.push({ kind: 'value', node: parent.right, path });
				break;
			case 'ObjectPattern':
			case 'RestElement':
			case 'TSParameterProperty':
			case 'ParenthesizedExpression':
			case 'TSAsExpression':
			case 'TSSatisfiesExpression':
			case 'TSNonNullExpression':
			case 'TSTypeAssertion':
				break;
			default:
				return [...defaults, ...inflowFrom(parent, node, path, parentOf)];
		}
	}
	return defaults;
}

function inflowFrom(parent: t.Node, node: t.Node, path: Path, parentOf: Flows['parentOf']): Inflow[] {
	switch (parent.type) {
		case 'VariableDeclarator': {
			if (parent.init) return [{ kind: 'value', node: parent.init, path }];
			const declaration = parentOf(parent)!;
			const loop = parentOf(declaration);
			if (loop?.type === 'ForOfStatement' && loop.left === declaration) return ofLoop(loop, path);
			return loop?.type === 'ForInStatement' && loop.left === declaration ? [{ kind: 'data' }] : [];
		}
		case 'AssignmentExpression':
			if (!/^(=|&&=|\|\|=|\?\?=)$/.test(parent.operator)) return [{ kind: 'data' }];
			return [{ kind: 'value', node: parent.right, path }];
		case 'ForOfStatement':
			return ofLoop(parent, path);
		case 'CatchClause':
			return [{ kind: 'caught' }];
		case 'ImportSpecifier':
		case 'ImportDefaultSpecifier':
		case 'ImportNamespaceSpecifier':
			return [{ kind: 'import', node: parent, from: (parentOf(parent) as t.ImportDeclaration).source.value }];
		case 'ClassDeclaration':
		case 'ClassExpression':
			return [{ kind: 'declared', node: parent }];
		default:
			if (!isFunctionNode(parent)) return [{ kind: 'data' }];
			if (parent.params.includes(node as never)) {
				const params = parent.params.filter((param) => !(param.type === 'Identifier' && param.name === 'this'));
				const index = params.indexOf(node as never);
				return [{ kind: 'parameter', fn: parent, index, rest: node.type === 'RestElement', path }];
			}
			return [{ kind: 'declared', node: parent }];
	}
}

function ofLoop(loop: t.ForOfStatement, path: Path): Inflow[] {
	return [{ kind: 'value', node: loop.right, path: [EACH, ...path] }];
}

/** The call or `new` that an expression is the callee of. */
export function calledBy(
	node: t.Node,
	{ parentOf }: Flows,
): t.CallExpression | t.OptionalCallExpression | t.NewExpression | null {
	const parent = outOfTypes(node, parentOf);
	if (
		parent?.type !== 'CallExpression' &&
		parent?.type !== 'OptionalCallExpression' &&
		parent?.type !== 'NewExpression'
	)
		return null;
	return unwrap(parent.callee) === unwrap(node) ? parent : null;
}

/** What stands around an expression, parentheses and type syntax left out. */
export function outOfTypes(node: t.Node, parentOf: Flows['parentOf']): t.Node | null {
	let parent = parentOf(node);
	while (parent !== null && unwrap(parent) !== parent) parent = parentOf(parent);
	return parent;
}

/** Other names of one object: what is stored through any of them is stored in it. */
import type * as t from '@babel/types';
import { type Binding, isFunctionNode, type Scopes, unwrap } from '../1-parse/scope.ts';
import { propertyName } from '../2-lower/nodes.ts';
import { EACH, type Flows, outOfTypes, type Path } from './flows.ts';
import { returnsIn } from './returns.ts';

/** Where the object that is asked about is found: at `path` of a variable's value, or of an expression's. */
export type Alias = ({ readonly binding: Binding } | { readonly node: t.Node }) & { readonly path: Path };

/**
 * What else the value of an expression is called, one step from there: a variable that it is assigned to, a
 * literal that it is put into, a parameter of a function of this file. `path` leads on from the value.
 */
export function aliasesOf(
	use: t.Node,
	path: Path,
	{ scopes, flows }: { readonly scopes: Scopes; readonly flows: Flows },
	enteredBy: (call: t.CallExpression | t.OptionalCallExpression) => readonly t.Node[],
): Alias[] {
	const around = outOfTypes(use, flows.parentOf);
	/** `(list) => list` */
	const isGivenBack = (fn: t.Node, param: t.Node): boolean => {
		if (!isFunctionNode(fn)) return false;
		const given = fn.body.type === 'BlockStatement' ? returnsIn(fn.body).map(({ argument }) => argument!) : [fn.body];
		const binding = scopes.declared.get(param as t.Identifier);
		return binding !== undefined && given.some((each) => scopes.references.get(unwrap(each))?.binding === binding);
	};
	const isUse = (node: t.Node | null | undefined) => node != null && unwrap(node) === unwrap(use);
	const named = (target: t.Node | undefined, at: Path = path): Alias[] => {
		switch (target?.type) {
			case 'Identifier': {
				const binding = scopes.declared.get(target) ?? scopes.references.get(target)?.binding;
				return binding ? [{ binding, path: at }] : [];
			}
			case 'AssignmentPattern':
				return named(target.left, at);
			case 'ArrayPattern':
				return at[0]?.startsWith('[') ? target.elements.flatMap((each) => named(each ?? undefined, at.slice(1))) : [];
			case 'ObjectPattern':
				return target.properties.flatMap((property) =>
					property.type === 'ObjectProperty' && propertyName(property) === at[0]
						? named(property.value, at.slice(1))
						: [],
				);
			default:
				return [];
		}
	};
	switch (around?.type) {
		case 'VariableDeclarator':
			return isUse(around.init) ? named(around.id) : [];
		case 'AssignmentExpression':
			return isUse(around.right) ? named(around.left) : [];
		case 'ObjectProperty': {
			const object = flows.parentOf(around);
			const key = propertyName(around) ?? EACH;
			return object?.type === 'ObjectExpression' && isUse(around.value) ? [{ node: object, path: [key, ...path] }] : [];
		}
		case 'ForOfStatement': {
			const { left } = around;
			const target = left.type === 'VariableDeclaration' ? left.declarations[0]!.id : left;
			return isUse(around.right) && path[0]?.startsWith('[') ? named(target, path.slice(1)) : [];
		}
		case 'ArrayExpression':
			return [{ node: around, path: [EACH, ...path] }];
		case 'CallExpression':
		case 'OptionalCallExpression': {
			const index = around.arguments.findIndex(isUse);
			return enteredBy(around).flatMap((fn) => {
				const param = isFunctionNode(fn) ? fn.params[index] : undefined;
				return [...named(param), ...(param && isGivenBack(fn, param) ? [{ node: around, path }] : [])];
			});
		}
		default:
			return [];
	}
}

import type * as t from '@babel/types';
import { type FunctionNode, unwrap } from './scope.ts';

/** How a function can be named from outside: the steps of its name path, or why there is none. */
export interface NamePath {
	/** `Checkout.run`; null when a step is computed or the function has no name. */
	readonly path: string | null;
	/** The function's `name` at run time; null when only running can tell. */
	readonly name: string | null;
}

/** Reads the name path of a function off the nodes around it (outermost first, its parent last). */
export function namePathOf(node: FunctionNode, parents: readonly t.Node[]): NamePath {
	const steps: (string | null)[] = [];
	let name: string | null | undefined;
	let child: t.Node = node;

	if (node.type === 'ObjectMethod' || node.type === 'ClassMethod' || node.type === 'ClassPrivateMethod') {
		const key = keyName(node);
		steps.push(key);
		name = key;
	} else if (node.type !== 'ArrowFunctionExpression' && node.id) {
		name = node.id.name;
		if (node.type === 'FunctionDeclaration') return { path: node.id.name, name };
	}

	for (let i = parents.length - 1; i >= 0; i--) {
		const parent = parents[i]!;
		switch (parent.type) {
			case 'ObjectExpression':
			case 'ClassBody':
				break;
			case 'ClassDeclaration':
			case 'ClassExpression':
				if (parent.id) return done(parent.id.name);
				break;
			case 'ObjectProperty':
			case 'ClassProperty':
			case 'ClassPrivateProperty':
			case 'ClassAccessorProperty': {
				if (parent.value !== child) return done(null);
				const key = keyName(parent);
				steps.push(key);
				if (name === undefined) name = key;
				break;
			}
			case 'VariableDeclarator':
				return done(parent.init === child && parent.id.type === 'Identifier' ? parent.id.name : null);
			case 'AssignmentExpression': {
				if (parent.right !== child || parent.operator !== '=') return done(null);
				const target = memberPath(parent.left);
				// An assignment to a member names nothing (ECMA-262 IsIdentifierRef).
				if (name === undefined) name = parent.left.type === 'Identifier' ? parent.left.name : '';
				return done(target);
			}
			case 'ExportDefaultDeclaration':
				return done('default');
			case 'TSExportAssignment':
				if (name === undefined) name = '';
				return done('module.exports');
			default:
				if (unwrap(parent) === unwrap(child)) break;
				// A named function expression somewhere has at least its own name.
				if (steps.length === 0 && name) return { path: name, name };
				return done(null);
		}
		child = parent;
	}
	return done(null);

	function done(root: string | null): NamePath {
		steps.push(root);
		const own = name === undefined ? root : name;
		if (steps.includes(null)) return { path: null, name: own ?? (name === undefined ? '' : null) };
		return { path: steps.reverse().join('.'), name: own };
	}
}

function keyName(node: { key: t.Node; computed?: boolean | null }): string | null {
	const key = node.key;
	switch (key.type) {
		case 'Identifier':
			return node.computed ? null : key.name;
		case 'StringLiteral':
			return key.value;
		case 'NumericLiteral':
			return String(key.value);
		case 'PrivateName':
			return `#${key.id.name}`;
		default:
			return null;
	}
}

function memberPath(node: t.Node): string | null {
	node = unwrap(node);
	if (node.type === 'Identifier') return node.name;
	if (node.type !== 'MemberExpression') return null;
	const object = memberPath(node.object);
	const key = keyName({ key: node.property, computed: node.computed });
	return object === null || key === null ? null : `${object}.${key}`;
}

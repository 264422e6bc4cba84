import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { at } from './build.ts';
import { isShorthand, shallow } from './nodes.ts';
import { rewriteNode } from './rewrite.ts';
import { rewriteNamed } from './rewrite-assignment.ts';
import { place, storageOf, targetReference } from './storage.ts';
import { type Code, isOfUnit } from './unit.ts';

/**
 * A pattern that does not suspend, as it is. `declare`: its names are declared by the statement it
 * stays in, or (variables of a frame, cells) assigned in their place.
 */
export function rewritePattern(code: Code, node: t.Node, mode: 'declare' | 'assign'): t.Node {
	node = unwrap(node);
	switch (node.type) {
		case 'Identifier':
			return mode === 'declare' ? declaredTarget(code, node) : assignedTarget(code, node);
		case 'ObjectPattern': {
			const result = shallow(node);
			result.properties = node.properties.map((property) => {
				const copied = shallow(property);
				if (property.type === 'RestElement') {
					(copied as t.RestElement).argument = rewritePattern(code, property.argument, mode) as t.Identifier;
					return copied;
				}
				const target = copied as t.ObjectProperty;
				target.key = property.computed ? (rewriteNode(code, property.key) as t.Expression) : shallow(property.key);
				target.value = rewritePattern(code, property.value, mode) as t.Expression;
				target.shorthand = isShorthand(target);
				return target;
			});
			return result;
		}
		case 'ArrayPattern': {
			const result = shallow(node);
			result.elements = node.elements.map(
				(element) => element && (rewritePattern(code, element, mode) as t.PatternLike),
			);
			return result;
		}
		case 'AssignmentPattern': {
			const result = shallow(node);
			result.left = rewritePattern(code, node.left, mode) as t.Identifier;
			result.right = rewriteNamed(code, node.right, targetName(node.left));
			return result;
		}
		case 'RestElement': {
			const result = shallow(node);
			result.argument = rewritePattern(code, node.argument, mode) as t.Identifier;
			return result;
		}
		case 'TSParameterProperty':
			return rewritePattern(code, node.parameter, mode);
		default:
			return rewriteNode(code, node);
	}
}

/** The name that an anonymous function takes as the default of a target. */
export function targetName(node: t.Node): string | null {
	return node.type === 'Identifier' ? node.name : null;
}

function assignedTarget(code: Code, node: t.Identifier): t.Node {
	const reference = code.unit.scopes.references.get(node);
	return reference ? targetReference(code, node, reference) : shallow(node);
}

function declaredTarget(code: Code, node: t.Identifier): t.Node {
	const binding = code.unit.scopes.declared.get(node) ?? null;
	return isOfUnit(code.unit, binding) ? at(place(storageOf(code.unit, binding)), node) : shallow(node);
}

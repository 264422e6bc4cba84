import type * as t from '@babel/types';
import { suspends } from '../1-parse/suspends.ts';
import { at, id, member } from './build.ts';
import { lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { shallow } from './nodes.ts';
import { holdNode, holdValue } from './operands.ts';
import { copy, rewriteNode } from './rewrite.ts';
import { isOfUnit } from './unit.ts';

/**
 * Types, attributes and children are evaluated in order; the elements themselves are made at the
 * end, which nothing can tell.
 */
export function lowerJsx(frame: Frame, node: t.JSXElement | t.JSXFragment): t.Expression {
	const parts: t.Node[] = [];
	collectParts(node, parts);
	const last = parts.findLastIndex((part) => isExpression(part) && suspends(part, frame.unit.memo));
	const values = new Map<t.Node, t.Expression>();
	parts.forEach((part, i) => {
		if (i > last) return;
		if (!isExpression(part)) {
			const type = holdType(frame, part);
			if (type) values.set(part, type);
		} else values.set(part, i < last ? holdNode(frame, part, 'element') : lowerValue(frame, part));
	});
	return write(frame, node, values) as t.Expression;
}

function isExpression(part: t.Node): part is t.Expression {
	return part.type !== 'JSXIdentifier' && part.type !== 'JSXMemberExpression';
}

/** What is evaluated, in order: the type of an element (by its name node), then what it is given. */
function collectParts(node: t.Node, parts: t.Node[]): void {
	switch (node.type) {
		case 'JSXExpressionContainer':
			if (node.expression.type !== 'JSXEmptyExpression') parts.push(node.expression);
			return;
		case 'JSXSpreadAttribute':
			parts.push(node.argument);
			return;
		case 'JSXSpreadChild':
			parts.push(node.expression);
			return;
		case 'JSXAttribute':
			if (node.value) collectParts(node.value, parts);
			return;
		case 'JSXElement':
			if (isComponent(node.openingElement.name)) parts.push(node.openingElement.name);
			for (const attribute of node.openingElement.attributes) collectParts(attribute, parts);
			for (const child of node.children) collectParts(child, parts);
			return;
		case 'JSXFragment':
			for (const child of node.children) collectParts(child, parts);
			return;
		default:
	}
}

function isComponent(name: t.Node): boolean {
	return name.type === 'JSXMemberExpression' || (name.type === 'JSXIdentifier' && !/^[a-z]|-/.test(name.name));
}

/** A component that may change meanwhile is kept. */
function holdType(frame: Frame, name: t.Node): t.Identifier | null {
	let root = name;
	while (root.type === 'JSXMemberExpression') root = root.object;
	const binding = frame.unit.scopes.references.get(root)?.binding ?? null;
	const ofUnit = isOfUnit(frame.unit, binding);
	if (ofUnit && root === name && !binding.reassigned && !binding.tdz) return null;
	const value = asExpression(rewriteNode(frame, name));
	return holdValue(frame, value, 'type', name, ofUnit ? null : asExpression(rewriteNode(frame, name)));
}

function asExpression(name: t.Node): t.Expression {
	if (name.type === 'JSXMemberExpression') return member(asExpression(name.object), name.property.name);
	if (name.type === 'JSXIdentifier' && name.name !== 'this') return at(id(name.name), name);
	return { type: 'ThisExpression' } as t.ThisExpression;
}

function write(frame: Frame, node: t.Node, values: ReadonlyMap<t.Node, t.Expression>): t.Node {
	const each = (child: t.Node) => write(frame, child, values);
	switch (node.type) {
		case 'JSXExpressionContainer':
		case 'JSXSpreadChild': {
			const value = values.get(node.expression);
			return value ? changed(node, { expression: value }) : copy(frame, node);
		}
		case 'JSXSpreadAttribute': {
			const value = values.get(node.argument);
			return value ? changed(node, { argument: value }) : copy(frame, node);
		}
		case 'JSXAttribute':
			return node.value ? changed(node, { value: each(node.value) }) : copy(frame, node);
		case 'JSXElement': {
			const { openingElement: opening, closingElement: closing } = node;
			const type = values.get(opening.name) as t.Identifier | undefined;
			const name = () =>
				type ? ({ type: 'JSXIdentifier', name: type.name } as t.JSXIdentifier) : rewriteNode(frame, opening.name);
			return changed(node, {
				openingElement: changed(opening, { name: name(), attributes: opening.attributes.map(each) }),
				closingElement: closing && changed(closing, { name: name() }),
				children: node.children.map(each),
			});
		}
		case 'JSXFragment':
			return changed(node, { children: node.children.map(each) });
		default:
			return copy(frame, node);
	}
}

function changed<N extends t.Node>(node: N, changes: Record<string, unknown>): N {
	return { ...shallow(node), ...changes };
}

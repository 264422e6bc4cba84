import * as t from '@babel/types';

const DROPPED = new Set([
	'leadingComments',
	'trailingComments',
	'innerComments',
	'extra',
	'typeAnnotation',
	'typeParameters',
	'typeArguments',
	'returnType',
	'superTypeArguments',
	'superTypeParameters',
	'implements',
	'accessibility',
	'override',
	'abstract',
	'definite',
	'declare',
	'readonly',
	'predicate',
]);

/** A copy of a node's own fields, children not yet; types, comments and parentheses are left behind. */
export function shallow<N extends t.Node>(node: N): N {
	const result: Record<string, unknown> = {};
	for (const key in node) if (!DROPPED.has(key)) result[key] = (node as unknown as Record<string, unknown>)[key];
	const raw = node.extra?.['raw'];
	if (raw !== undefined) result['extra'] = { raw, rawValue: node.extra?.['rawValue'] };
	if (node.type === 'Identifier' || t.isMethod(node) || t.isClassProperty(node)) delete result['optional'];
	return result as unknown as N;
}

export function propertyName(node: { key: t.Node; computed?: boolean | null }): string | null {
	if (node.computed) return node.key.type === 'StringLiteral' ? node.key.value : null;
	switch (node.key.type) {
		case 'Identifier':
			return node.key.name;
		case 'StringLiteral':
			return node.key.value;
		case 'NumericLiteral':
			return String(node.key.value);
		default:
			return null;
	}
}

export function isShorthand(node: t.ObjectProperty): boolean {
	if (node.computed || node.key.type !== 'Identifier') return false;
	const value = node.value.type === 'AssignmentPattern' ? node.value.left : node.value;
	return value.type === 'Identifier' && value.name === node.key.name;
}

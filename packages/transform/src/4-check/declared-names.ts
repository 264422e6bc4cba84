/** What functions and classes are called in messages, and what of them is shown. */
import type * as t from '@babel/types';

/** What is shown of a function or class: its name, if it has one. */
export function headOf(node: t.Node): t.Node {
	if ('id' in node && node.id) return node.id as t.Node;
	return 'key' in node ? (node.key as t.Node) : node;
}

/** As the user named it; the empty string for one that has no name. */
export function nameOf(node: t.Node): string {
	if ('id' in node && node.id && (node.id as t.Node).type === 'Identifier') return (node.id as t.Identifier).name;
	if ('key' in node && !('computed' in node && node.computed) && (node.key as t.Node).type === 'Identifier')
		return (node.key as t.Identifier).name;
	return '';
}

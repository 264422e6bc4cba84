/** How a function that the language calls is called by durable code instead. */
import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { calleeText } from '../2-lower/static-path.ts';
import type { LocalFix } from '../diagnostics/sink.ts';
import { methodOf } from './member-names.ts';
import type { Origin } from './origin.ts';

/** `ids.map(fetchUser)` as it should be written: `ids.map((id) => fetchUser(id))`. */
export function wrapped({ node, call }: Extract<Origin, { kind: 'callback' }>): { text: string; fix: LocalFix | null } {
	const plain = unwrap(node);
	const method = methodOf(call);
	const simple = plain.type === 'Identifier' || plain.type === 'MemberExpression';
	if (!simple || method === null) return { text: 'an arrow that calls it in durable code', fix: null };
	const name = singular(method.object);
	const callee = calleeText(plain);
	// Async: then the call is awaited, and issued only when the turn is durable.
	const text = `async (${name}) => ${callee}(${name})`;
	const certain = method.name === 'map' && !callee.includes('…') && name !== callee;
	const { start, end } = plain;
	return {
		text,
		fix: certain ? { title: `Write ${text}`, edits: [{ start: start!, length: end! - start!, text }] } : null,
	};
}

/** `users` -> `user`: what one of a list is called. */
function singular(list: t.Expression): string {
	const node = unwrap(list);
	const name =
		node.type === 'Identifier'
			? node.name
			: node.type === 'MemberExpression' && node.property.type === 'Identifier' && !node.computed
				? node.property.name
				: '';
	const one = /[a-z]s$/.test(name) && !/ss$/.test(name) ? name.slice(0, -1) : '';
	return /^(?:if|do|in|as|is|thi|clas|new|var|let|)$/.test(one) ? 'item' : one;
}

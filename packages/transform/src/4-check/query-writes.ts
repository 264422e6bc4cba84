/** What is put into a value after it was made: `x.key = v`, `x.push(v)`, by this name or another. */
import type * as t from '@babel/types';
import { type Binding, isFunctionNode, unwrap } from '../1-parse/scope.ts';
import { aliasesOf } from './aliases.ts';
import { addedBy, GIVES_ELEMENT, GIVES_ITSELF, VISITS_ELEMENTS } from './collections.ts';
import { EACH, outOfTypes, type Path } from './flows.ts';
import { isElement, keyOf, matches } from './member-names.ts';
import type { Query } from './origin.ts';

/** `x.key = v`, `x.push(v)`: what a use of the binding puts into what it holds, by this name or another. */
export function written(query: Query, use: t.Node, path: Path): void {
	if (path.length === 0 || !query.first(use, ['=', ...path])) return;
	const { source } = query.origins;
	const around = outOfTypes(use, source.flows.parentOf);
	if (around?.type === 'MemberExpression' || around?.type === 'OptionalMemberExpression') {
		if (unwrap(around.object) === unwrap(use)) writtenTo(query, around, path);
		return;
	}
	if (around?.type === 'CallExpression' && query.origins.globalName(around.callee) === 'Object.assign') {
		const [target, ...others] = around.arguments;
		if (unwrap(target!) === unwrap(use)) for (const each of others) query.expression(each, path);
	}
	const aliases = aliasesOf(use, path, source, (call) =>
		query.origins.ofCallee(call).flatMap((each) => (each.kind === 'function' ? [each.node] : [])),
	);
	for (const alias of aliases) {
		if ('node' in alias) written(query, alias.node, alias.path);
		else writtenThrough(query, alias.binding, alias.path);
	}
}

function writtenThrough(query: Query, binding: Binding, path: Path): void {
	for (const use of query.origins.source.flows.uses(binding)) written(query, use, path);
}

/** What callbacks call an element that they are handed. */
function parametersOf(query: Query, visitor: t.Node): Binding[] {
	const { scopes } = query.origins.source;
	return query.origins.of(visitor).flatMap((each) => {
		const first = each.kind === 'function' && isFunctionNode(each.node) ? each.node.params[0] : undefined;
		const binding = first && scopes.declared.get(first);
		return binding ? [binding] : [];
	});
}

function writtenTo(query: Query, member: t.MemberExpression | t.OptionalMemberExpression, [step, ...rest]: Path): void {
	const key = keyOf(member);
	const around = outOfTypes(member, query.origins.source.flows.parentOf);
	if (around?.type === 'AssignmentExpression' && unwrap(around.left) === member) {
		if (matches(key, step!)) query.expression(around.right, rest);
	} else if ((around?.type === 'CallExpression' || around?.type === 'OptionalCallExpression') && isElement(step)) {
		if (unwrap(around.callee) !== member) return;
		if (GIVES_ELEMENT.has(key)) written(query, around, rest);
		if (GIVES_ITSELF.has(key)) written(query, around, [step!, ...rest]);
		const [visitor] = VISITS_ELEMENTS.has(key) ? around.arguments : [];
		if (visitor) for (const each of parametersOf(query, visitor)) writtenThrough(query, each, rest);
		for (const each of addedBy(key, around.arguments)) {
			if (each.type === 'SpreadElement') query.expression(each.argument, [EACH, ...rest]);
			else query.expression(each, rest);
		}
	} else if (matches(key, step!)) written(query, member, rest);
}

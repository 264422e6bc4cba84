import type * as t from '@babel/types';
import { assign, id, member, statement } from './build.ts';
import { readBinding } from './storage.ts';
import type { Code } from './unit.ts';

/** `constructor(readonly x: number)`: the names that its parameters declare as fields. */
function namesOf(node: t.Node): t.Identifier[] {
	if (node.type !== 'ClassMethod' || node.kind !== 'constructor') return [];
	return node.params.flatMap((param) => {
		if (param.type !== 'TSParameterProperty') return [];
		const { parameter } = param;
		return [(parameter.type === 'AssignmentPattern' ? parameter.left : parameter) as t.Identifier];
	});
}

/** The fields, which come before the written ones, as TypeScript has it where fields are defined. */
export function parameterFields(node: t.Class): t.ClassProperty[] {
	return node.body.body
		.flatMap(namesOf)
		.map(({ name }) => ({ type: 'ClassProperty', key: id(name), value: null, computed: false }) as t.ClassProperty);
}

/** The body of a function, with the fields assigned behind `super(...)`, or first of all. */
export function withParameterFields(
	code: Code,
	node: t.Node,
	body: readonly t.Statement[],
	rewrite: (each: t.Statement) => t.Statement[],
): t.Statement[] {
	const scope = code.unit.scopes.byNode.get(node);
	const assigned = namesOf(node).map(({ name }) => {
		const self = { type: 'ThisExpression' } as t.ThisExpression;
		return statement(assign(member(self, name), readBinding(code, scope!.bindings.get(name)!, false)));
	});
	const made = body.findIndex(
		(each) =>
			each.type === 'ExpressionStatement' &&
			each.expression.type === 'CallExpression' &&
			each.expression.callee.type === 'Super',
	);
	return [...body.slice(0, made + 1).flatMap(rewrite), ...assigned, ...body.slice(made + 1).flatMap(rewrite)];
}

import type * as t from '@babel/types';

/**
 * Node builders without Babel's validation, which refuses the marks of `cfg.ts` (`%name`, `%12`)
 * and costs a third of the time of a build.
 */
export function id(name: string): t.Identifier {
	return { type: 'Identifier', name } as t.Identifier;
}

/** The runtime helper `name`. */
export function helper(name: string): t.Identifier {
	return id(`%${name}`);
}

export function text(value: string): t.StringLiteral {
	return { type: 'StringLiteral', value } as t.StringLiteral;
}

export function number(value: number): t.NumericLiteral {
	return { type: 'NumericLiteral', value } as t.NumericLiteral;
}

export function nullValue(): t.NullLiteral {
	return { type: 'NullLiteral' } as t.NullLiteral;
}

/** `undefined`, which no binding can shadow. */
export function nothing(): t.UnaryExpression {
	return unary('void', number(0));
}

export function unary(operator: t.UnaryExpression['operator'], argument: t.Expression): t.UnaryExpression {
	return { type: 'UnaryExpression', operator, prefix: true, argument } as t.UnaryExpression;
}

export function binary(
	operator: t.BinaryExpression['operator'],
	left: t.Expression,
	right: t.Expression,
): t.BinaryExpression {
	return { type: 'BinaryExpression', operator, left, right } as t.BinaryExpression;
}

export function logical(
	operator: t.LogicalExpression['operator'],
	left: t.Expression,
	right: t.Expression,
): t.LogicalExpression {
	return { type: 'LogicalExpression', operator, left, right } as t.LogicalExpression;
}

export function conditional(
	test: t.Expression,
	consequent: t.Expression,
	alternate: t.Expression,
): t.ConditionalExpression {
	return { type: 'ConditionalExpression', test, consequent, alternate } as t.ConditionalExpression;
}

export function assign(left: t.Node, right: t.Expression, operator = '='): t.AssignmentExpression {
	return { type: 'AssignmentExpression', operator, left, right } as t.AssignmentExpression;
}

/** One list, as it is read again from its text. */
export function sequence(...list: t.Expression[]): t.Expression {
	const expressions = list.flatMap((each) => (each.type === 'SequenceExpression' ? each.expressions : [each]));
	if (expressions.length === 1) return expressions[0]!;
	return { type: 'SequenceExpression', expressions } as t.SequenceExpression;
}

export function call(callee: t.Expression, args: readonly t.Node[]): t.CallExpression {
	return { type: 'CallExpression', callee, arguments: [...args] } as t.CallExpression;
}

export function construct(callee: t.Expression, args: readonly t.Node[]): t.NewExpression {
	return { type: 'NewExpression', callee, arguments: [...args] } as t.NewExpression;
}

/** `object.key`, or `object["key"]` where the key is no identifier. */
export function member(object: t.Expression, key: string): t.MemberExpression {
	const plain = /^[A-Za-z_$][\w$]*$/.test(key);
	return {
		type: 'MemberExpression',
		object,
		property: plain ? id(key) : text(key),
		computed: !plain,
	} as t.MemberExpression;
}

export function index(object: t.Expression, key: t.Expression): t.MemberExpression {
	return { type: 'MemberExpression', object, property: key, computed: true } as t.MemberExpression;
}

export function spread(argument: t.Expression): t.SpreadElement {
	return { type: 'SpreadElement', argument } as t.SpreadElement;
}

export function array(elements: readonly (t.Node | null)[]): t.ArrayExpression {
	return { type: 'ArrayExpression', elements: [...elements] } as t.ArrayExpression;
}

export function object(properties: readonly t.Node[]): t.ObjectExpression {
	return { type: 'ObjectExpression', properties: [...properties] } as t.ObjectExpression;
}

export function property(key: t.Expression, value: t.Node, computed: boolean): t.ObjectProperty {
	return { type: 'ObjectProperty', key, value, computed, shorthand: false } as t.ObjectProperty;
}

export function template(
	quasis: readonly { raw: string; cooked: string | null }[],
	expressions: readonly t.Expression[],
): t.TemplateLiteral {
	return {
		type: 'TemplateLiteral',
		quasis: quasis.map((value, i) => ({ type: 'TemplateElement', value, tail: i === quasis.length - 1 })),
		expressions: [...expressions],
	} as t.TemplateLiteral;
}

export function statement(expression: t.Expression): t.ExpressionStatement {
	return { type: 'ExpressionStatement', expression } as t.ExpressionStatement;
}

export function block(body: readonly t.Statement[]): t.BlockStatement {
	return { type: 'BlockStatement', body: [...body], directives: [] } as unknown as t.BlockStatement;
}

export function declare(kind: 'let' | 'const' | 'var', name: t.Node, init: t.Expression | null): t.VariableDeclaration {
	return {
		type: 'VariableDeclaration',
		kind,
		declarations: [{ type: 'VariableDeclarator', id: name, init }],
	} as t.VariableDeclaration;
}

export function returns(argument: t.Expression | null): t.ReturnStatement {
	return { type: 'ReturnStatement', argument } as t.ReturnStatement;
}

/** The mark of a jump to a block. */
export function jump(block: number): t.ContinueStatement {
	return { type: 'ContinueStatement', label: id(`%${block}`) } as t.ContinueStatement;
}

export function arrow(params: readonly t.Node[], body: t.Expression | t.BlockStatement): t.ArrowFunctionExpression {
	return {
		type: 'ArrowFunctionExpression',
		params: [...params],
		body,
		async: false,
		generator: false,
		expression: body.type !== 'BlockStatement',
	} as t.ArrowFunctionExpression;
}

/** Gives an anonymous function or class the `name` that it has where the user wrote it. */
export function named(value: t.Expression, name: string): t.Expression {
	// A computed key would set the name each time at run time; `__proto__: f` would set the prototype.
	return index(object([property(text(name), value, name === '__proto__')]), text(name));
}

/** Keeps the place of `from` for the source map. */
export function at<N extends t.Node>(node: N, from: t.Node): N {
	if (!node.loc && from.loc) {
		node.loc = from.loc;
		node.start = from.start ?? null;
		node.end = from.end ?? null;
	}
	return node;
}

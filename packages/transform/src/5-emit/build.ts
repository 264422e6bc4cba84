/** Makers of the nodes that emission needs. Plain objects: Babel's own builders validate each field, at ten times the cost. */
import type * as t from '@babel/types';

export type Data = string | number | boolean | null | readonly Data[];

export function id(name: string): t.Identifier {
	return { type: 'Identifier', name } as t.Identifier;
}

export function str(value: string): t.StringLiteral {
	return { type: 'StringLiteral', value } as t.StringLiteral;
}

export function num(value: number): t.Expression {
	if (value < 0)
		return { type: 'UnaryExpression', operator: '-', prefix: true, argument: num(-value) } as t.UnaryExpression;
	return { type: 'NumericLiteral', value } as t.NumericLiteral;
}

export function undefinedValue(): t.Expression {
	return { type: 'UnaryExpression', operator: 'void', prefix: true, argument: num(0) } as t.UnaryExpression;
}

export function thisValue(): t.Expression {
	return { type: 'ThisExpression' } as t.ThisExpression;
}

/** An expression that evaluates to `value`. */
export function data(value: Data): t.Expression {
	if (typeof value === 'string') return str(value);
	if (typeof value === 'number') return num(value);
	if (typeof value === 'boolean') return { type: 'BooleanLiteral', value } as t.BooleanLiteral;
	if (value === null) return { type: 'NullLiteral' } as t.NullLiteral;
	return array(value.map(data));
}

export function array(elements: readonly (t.Expression | t.SpreadElement | null)[]): t.ArrayExpression {
	return { type: 'ArrayExpression', elements: [...elements] } as t.ArrayExpression;
}

export function spread(argument: t.Expression): t.SpreadElement {
	return { type: 'SpreadElement', argument } as t.SpreadElement;
}

export function call(callee: t.Expression, args: readonly (t.Expression | t.SpreadElement)[]): t.CallExpression {
	return { type: 'CallExpression', callee, arguments: [...args], optional: false } as unknown as t.CallExpression;
}

export function member(object: t.Expression, name: string): t.MemberExpression {
	return isName(name)
		? ({ type: 'MemberExpression', object, property: id(name), computed: false } as t.MemberExpression)
		: at(object, str(name));
}

export function at(object: t.Expression, property: t.Expression): t.MemberExpression {
	return { type: 'MemberExpression', object, property, computed: true } as t.MemberExpression;
}

export function assign(left: t.LVal | t.MemberExpression, right: t.Expression, operator = '='): t.AssignmentExpression {
	return { type: 'AssignmentExpression', operator, left, right } as t.AssignmentExpression;
}

export function sequence(expressions: readonly t.Expression[]): t.Expression {
	if (expressions.length === 1) return expressions[0]!;
	return { type: 'SequenceExpression', expressions: [...expressions] } as t.SequenceExpression;
}

export function not(argument: t.Expression): t.Expression {
	if (argument.type === 'UnaryExpression' && argument.operator === '!') {
		const inner = argument.argument;
		// `!!x` as a test is `x`.
		return inner;
	}
	return { type: 'UnaryExpression', operator: '!', prefix: true, argument } as t.UnaryExpression;
}

export function property(name: string, value: t.Expression): t.ObjectProperty {
	return {
		type: 'ObjectProperty',
		key: isName(name) ? id(name) : str(name),
		value,
		computed: false,
		shorthand: false,
	} as t.ObjectProperty;
}

export function object(properties: readonly (t.ObjectProperty | t.ObjectMethod)[]): t.ObjectExpression {
	return { type: 'ObjectExpression', properties: [...properties] } as t.ObjectExpression;
}

export function arrow(
	params: readonly t.FunctionParameter[],
	body: t.Expression | t.BlockStatement,
): t.ArrowFunctionExpression {
	return {
		type: 'ArrowFunctionExpression',
		params: [...params],
		body,
		async: false,
		generator: false,
		expression: body.type !== 'BlockStatement',
	} as unknown as t.ArrowFunctionExpression;
}

export function functionDeclaration(
	name: string,
	params: readonly t.FunctionParameter[],
	body: t.BlockStatement,
): t.FunctionDeclaration {
	return {
		type: 'FunctionDeclaration',
		id: id(name),
		params: [...params],
		body,
		async: false,
		generator: false,
	} as t.FunctionDeclaration;
}

export function block(body: readonly t.Statement[], directives: readonly t.Directive[] = []): t.BlockStatement {
	return { type: 'BlockStatement', body: [...body], directives: [...directives] } as t.BlockStatement;
}

export function run(expression: t.Expression): t.ExpressionStatement {
	return { type: 'ExpressionStatement', expression } as t.ExpressionStatement;
}

export function give(argument: t.Expression | null): t.ReturnStatement {
	return { type: 'ReturnStatement', argument } as t.ReturnStatement;
}

export function throwStatement(argument: t.Expression): t.ThrowStatement {
	return { type: 'ThrowStatement', argument } as t.ThrowStatement;
}

export function binary(
	operator: t.BinaryExpression['operator'],
	left: t.Expression,
	right: t.Expression,
): t.BinaryExpression {
	return { type: 'BinaryExpression', operator, left, right } as t.BinaryExpression;
}

export function equals(left: t.Expression, right: t.Expression): t.BinaryExpression {
	return binary('===', left, right);
}

export function conditional(test: t.Expression, consequent: t.Expression, alternate: t.Expression): t.Expression {
	return { type: 'ConditionalExpression', test, consequent, alternate } as t.ConditionalExpression;
}

export function when(test: t.Expression, body: readonly t.Statement[]): t.IfStatement {
	const consequent = body.length === 1 && body[0]!.type !== 'IfStatement' ? body[0]! : block(body);
	return { type: 'IfStatement', test, consequent, alternate: null } as t.IfStatement;
}

export function declare(
	kind: 'var' | 'let' | 'const',
	names: readonly (readonly [t.LVal, t.Expression | null])[],
): t.VariableDeclaration {
	return {
		type: 'VariableDeclaration',
		kind,
		declarations: names.map(([target, init]) => ({ type: 'VariableDeclarator', id: target, init })),
	} as t.VariableDeclaration;
}

/** Marks a node to be printed on one line. */
export function compact<N extends t.Node>(node: N): N {
	node.extra = { ...node.extra, compact: true };
	return node;
}

/** The node with the position of `from`, so that maps and stack traces lead to the user's line. */
export function located<N extends t.Node>(node: N, from: t.SourceLocation | null | undefined): N {
	if (from) node.loc = from;
	return node;
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

/** Can it stand after a dot and as a bare property key? */
export function isName(name: string): boolean {
	return NAME.test(name);
}

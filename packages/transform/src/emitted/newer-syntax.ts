/**
 * Why TypeScript has printed something else than what was written: syntax that the `target` of a project
 * does not have, and what only other options keep.
 */
import * as t from '@babel/types';

export interface Replacement {
	readonly node: t.Node;
	readonly what: string;
	readonly way: string;
}

/** The first syntax in a function as written that there is none of in it as printed; `null` when all of it is there. */
export function replacedSyntax(written: t.Node, printed: t.Node): Replacement | null {
	const left = new Set<string>();
	t.traverseFast(printed, (node) => {
		const kind = kindOf(node);
		if (kind) left.add(kind.what);
	});
	let found: Replacement | null = null;
	t.traverseFast(written, (node) => {
		const kind = kindOf(node);
		if (kind && !left.has(kind.what)) found ??= { node, ...kind };
	});
	return found;
}

type Kind = Omit<Replacement, 'node'>;

const since = (target: string, what: string): Kind => ({
	what,
	way: `set "target": "${target}" or later in the compilerOptions of tsconfig.json, and run tsc again`,
});

const ASYNC = since('es2017', 'an async function');
const ASYNC_GENERATOR = since('es2018', 'an async generator');
const FOR_AWAIT = since('es2018', 'for await');
const SPREAD = since('es2018', 'a spread or rest property of an object');
const CHAIN = since('es2020', 'an optional chain');
const NULLISH = since('es2020', "the operator '??'");
const ASSIGN = since('es2021', 'a logical assignment');
const FIELD: Kind = {
	what: 'a field of a class',
	way: 'set "target": "es2022" or later in the compilerOptions of tsconfig.json, without "useDefineForClassFields": false, and run tsc again',
};
const PRIVATE = since('es2022', 'a private member');
const STATIC_BLOCK = since('es2022', 'a static block');
const USING = since('esnext', "'using'");
const ACCESSOR = since('esnext', 'an accessor field');
const DECORATOR: Kind = {
	what: 'a decorator',
	way: 'set "target": "esnext" in the compilerOptions of tsconfig.json, without "experimentalDecorators", and run tsc again',
};
const JSX: Kind = {
	what: 'JSX',
	way: 'set "jsx": "preserve" in the compilerOptions of tsconfig.json, or move it out, into a function that is not durable',
};
const PARAMETER: Kind = {
	what: 'a parameter that declares a property',
	way: 'declare the property in the class and assign it in the constructor, or move the class to the top level of the module',
};

function kindOf(node: t.Node): Kind | null {
	switch (node.type) {
		case 'FunctionDeclaration':
		case 'FunctionExpression':
		case 'ArrowFunctionExpression':
		case 'ObjectMethod':
		case 'ClassMethod':
		case 'ClassPrivateMethod':
			return node.async ? (node.generator ? ASYNC_GENERATOR : ASYNC) : null;
		case 'ForOfStatement':
			return node.await ? FOR_AWAIT : null;
		case 'ObjectExpression':
		case 'ObjectPattern':
			return node.properties.some(({ type }) => type === 'SpreadElement' || type === 'RestElement') ? SPREAD : null;
		case 'OptionalMemberExpression':
		case 'OptionalCallExpression':
			return CHAIN;
		case 'LogicalExpression':
			return node.operator === '??' ? NULLISH : null;
		case 'AssignmentExpression':
			return /^(&&|\|\||\?\?)=$/.test(node.operator) ? ASSIGN : null;
		case 'ClassProperty':
			return node.declare || node.abstract ? null : FIELD;
		case 'PrivateName':
			return PRIVATE;
		case 'StaticBlock':
			return STATIC_BLOCK;
		case 'VariableDeclaration':
			return node.kind === 'using' || node.kind === 'await using' ? USING : null;
		case 'ClassAccessorProperty':
			return ACCESSOR;
		case 'Decorator':
			return DECORATOR;
		case 'JSXElement':
		case 'JSXFragment':
			return JSX;
		case 'TSParameterProperty':
			return PARAMETER;
		default:
			return null;
	}
}

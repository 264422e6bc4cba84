import type * as t from '@babel/types';
import { type Scope, unwrap } from '../1-parse/scope.ts';

const RUNTIME = /^@perdure\/runtime(\/|$)/;
/** What the runtime as a whole is called here: the name of no export. */
const ALL = '*';

/**
 * Is it `effect(async () => ...)` or `transaction(...)`, by whatever name the module has them of the runtime: imported,
 * required, or as a compiler to CommonJS writes it, `(0, runtime_1.effect)(...)`?
 */
export function declaresEffect(value: t.Expression, module: Scope): boolean {
	if (value.type !== 'CallExpression') return false;
	let callee = unwrap(value.callee);
	if (callee.type === 'SequenceExpression') callee = unwrap(callee.expressions.at(-1)!);
	const name = nameOf(callee, module);
	return name === 'effect' || name === 'transaction';
}

/** By which name the runtime exports what an expression is. */
function nameOf(callee: t.Node, module: Scope): string | null {
	if (callee.type === 'Identifier') return exportedAs(callee.name, module);
	if (callee.type !== 'MemberExpression' || callee.computed || callee.object.type !== 'Identifier') return null;
	return exportedAs(callee.object.name, module) === ALL ? keyOf(callee.property) : null;
}

function exportedAs(name: string, { node: program, bindings }: Scope): string | null {
	const declaration = bindings.get(name)?.declaration;
	if (declaration === undefined) return null;
	if (declaration.type === 'VariableDeclarator') return requiredAs(name, declaration);
	const isOfRuntime = (program as t.Program).body.some((each) => {
		if (each.type !== 'ImportDeclaration' || !RUNTIME.test(each.source.value)) return false;
		return each.specifiers.some((specifier) => specifier === declaration);
	});
	if (!isOfRuntime) return null;
	if (declaration.type === 'ImportNamespaceSpecifier') return ALL;
	return declaration.type === 'ImportSpecifier' ? keyOf(declaration.imported) : null;
}

/** `const p = require('@perdure/runtime')`, `const { effect: e } = require('@perdure/runtime')` */
function requiredAs(name: string, { id, init }: t.VariableDeclarator): string | null {
	if (!init || !requiresRuntime(unwrap(init))) return null;
	if (id.type !== 'ObjectPattern') return ALL;
	for (const each of id.properties) {
		if (each.type === 'ObjectProperty' && each.value.type === 'Identifier' && each.value.name === name)
			return keyOf(each.key);
	}
	return null;
}

/** A helper of a compiler's may stand around it: `__importStar(require('@perdure/runtime'))`. */
function requiresRuntime(node: t.Node): boolean {
	if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier' || node.arguments.length !== 1) return false;
	const argument = node.arguments[0]!;
	if (node.callee.name !== 'require') return requiresRuntime(argument);
	return argument.type === 'StringLiteral' && RUNTIME.test(argument.value);
}

function keyOf(key: t.Node): string | null {
	if (key.type === 'Identifier') return key.name;
	return key.type === 'StringLiteral' ? key.value : null;
}

import type * as t from '@babel/types';
import { boundIdentifiers } from '../1-parse/hoist.ts';
import type { Binding } from '../1-parse/scope.ts';
import { assign, at, construct, declare, helper, id, nothing, statement } from './build.ts';
import { shallow } from './nodes.ts';
import { rewriteNamed } from './rewrite-assignment.ts';
import { rewritePattern } from './rewrite-pattern.ts';
import { markSpent } from './spent.ts';
import { initialise, storageOf, writeReference } from './storage.ts';
import { type Code, isOfUnit, uniqueName } from './unit.ts';

/** The bindings that a pattern declares. */
export function bindingsOf(code: Code, pattern: t.Node): Binding[] {
	return boundIdentifiers(pattern).flatMap((node) => {
		const binding = code.unit.scopes.declared.get(node) ?? null;
		return isOfUnit(code.unit, binding) ? [binding] : [];
	});
}

/** A declaration that does not suspend: native where its names are, else assignments. */
export function rewriteDeclaration(code: Code, node: t.VariableDeclaration): t.Statement[] {
	if (node.declare) return [];
	const statements: t.Statement[] = [];
	let native: t.VariableDeclaration | null = null;
	for (const declarator of node.declarations) {
		const bindings = bindingsOf(code, declarator.id);
		const shadowed = node.kind === 'var' && declarator.init ? shadowedVar(code, declarator.id) : false;
		const moved = bindings.some((binding) => {
			const storage = storageOf(code.unit, binding);
			return storage.frame || storage.cell;
		});
		if (shadowed && !moved && !code.plain) {
			// The variable is declared all the same; what is written is the parameter of a `catch`.
			native = null;
			for (const binding of bindings) statements.push(declare('var', id(storageOf(code.unit, binding).name), null));
			const value = rewriteNamed(code, declarator.init!, nameOf(declarator.id));
			statements.push(at(statement(assign(rewritePattern(code, declarator.id, 'assign'), value)), declarator));
			continue;
		}
		if (moved) {
			native = null;
			statements.push(...moveDeclarator(code, node, declarator, bindings));
			continue;
		}
		if (!native) {
			native = shallow(node);
			native.declarations = [];
			statements.push(native);
		}
		native.declarations.push(rewriteDeclarator(code, declarator));
	}
	return statements;
}

export function rewriteDeclarator(code: Code, node: t.VariableDeclarator): t.VariableDeclarator {
	const result = shallow(node);
	result.id = rewritePattern(code, node.id, 'declare') as t.Identifier;
	if (node.id.type === 'ArrayPattern' && node.init) markSpent(code, node.init);
	result.init = node.init ? rewriteNamed(code, node.init, nameOf(node.id)) : null;
	return result;
}

export function nameOf(pattern: t.Node): string | null {
	return pattern.type === 'Identifier' ? pattern.name : null;
}

function moveDeclarator(
	code: Code,
	declaration: t.VariableDeclaration,
	node: t.VariableDeclarator,
	bindings: readonly Binding[],
): t.Statement[] {
	const first = bindings[0];
	if (node.id.type === 'Identifier' && first) {
		if (declaration.kind === 'using' || declaration.kind === 'await using') {
			return moveUsing(code, declaration, node, first);
		}
		if (declaration.kind === 'var') {
			return node.init
				? [at(statement(assignVar(code, node.id, rewriteNamed(code, node.init, first.name))), node)]
				: [];
		}
		const value = node.init ? rewriteNamed(code, node.init, first.name) : nothing();
		const storage = storageOf(code.unit, first);
		if (!storage.frame && !storage.atEntry) {
			return [at(declare('const', at(id(storage.name), node.id), construct(helper('Cell'), [value])), node)];
		}
		return [at(statement(initialise(code, first, value)), node)];
	}
	const head: t.Statement[] = [];
	for (const binding of bindings) {
		const storage = storageOf(code.unit, binding);
		if (storage.frame && storage.cell && !storage.atEntry) {
			head.push(statement(assign(id(storage.name), construct(helper('Cell'), [nothing()]))));
		}
		if (!storage.frame && !storage.cell) head.push(declare('var', id(storage.name), null));
	}
	if (node.id.type === 'ArrayPattern' && node.init) markSpent(code, node.init);
	const value = rewriteNamed(code, node.init ?? nothing(), null);
	const mode = declaration.kind === 'var' ? 'assign' : 'declare';
	return [...head, at(statement(assign(rewritePattern(code, node.id, mode), value)), node)];
}

/** A captured resource lives in a cell; a name beside it is what the engine disposes of. */
function moveUsing(
	code: Code,
	declaration: t.VariableDeclaration,
	node: t.VariableDeclarator,
	binding: Binding,
): t.Statement[] {
	const resource = uniqueName(code.unit, `$${binding.name}`);
	const native = shallow(declaration);
	const declarator = shallow(node);
	declarator.id = id(resource);
	declarator.init = rewriteNamed(code, node.init!, binding.name);
	native.declarations = [declarator];
	const storage = storageOf(code.unit, binding);
	const first = initialise(code, binding, id(resource));
	if (storage.frame || storage.atEntry) return [native, at(statement(first), node)];
	return [native, at(declare('const', id(storage.name), construct(helper('Cell'), [id(resource)])), node)];
}

/** `catch (e) { var e = 1 }` writes the parameter (ECMA-262 B.3.4): the name is resolved like any other. */
export function assignVar(code: Code, node: t.Identifier, value: t.Expression): t.Expression {
	return writeReference(code, node, code.unit.scopes.references.get(node)!, value);
}

/** Does an initialiser of a `var` write something else than the variable? */
function shadowedVar(code: Code, pattern: t.Node): boolean {
	const { declared, references } = code.unit.scopes;
	return boundIdentifiers(pattern).some((node) => {
		const target = references.get(node)?.binding ?? null;
		return target !== declared.get(node) && isOfUnit(code.unit, target);
	});
}

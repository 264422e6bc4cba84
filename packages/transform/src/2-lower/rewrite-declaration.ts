import type * as t from '@babel/types';
import { boundIdentifiers } from '../1-parse/hoist.ts';
import type { Binding } from '../1-parse/scope.ts';
import { assign, at, construct, declare, helper, id, nothing, statement } from './build.ts';
import { shallow } from './nodes.ts';
import { rewriteNamed } from './rewrite-assignment.ts';
import { rewritePattern } from './rewrite-pattern.ts';
import { initialise, place, storageOf } from './storage.ts';
import { type Code, isOfUnit } from './unit.ts';

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
		const moved = bindings.some((binding) => {
			const storage = storageOf(code.unit, binding);
			return storage.frame || storage.cell;
		});
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
		if (declaration.kind === 'var') {
			if (!node.init) return [];
			const value = rewriteNamed(code, node.init, first.name);
			return [at(statement(assign(at(place(storageOf(code.unit, first)), node.id), value)), node)];
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
	const value = rewriteNamed(code, node.init ?? nothing(), null);
	return [...head, at(statement(assign(rewritePattern(code, node.id, 'declare'), value)), node)];
}

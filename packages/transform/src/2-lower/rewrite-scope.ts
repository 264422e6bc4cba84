import type * as t from '@babel/types';
import type { Binding, Scope } from '../1-parse/scope.ts';
import { assign, construct, declare, helper, id, nothing, statement } from './build.ts';
import { closureOf } from './closures.ts';
import { rewriteStatement } from './rewrite-statement.ts';
import { atEntry, parameterOfName, place, storageOf } from './storage.ts';
import { type Code, into } from './unit.ts';

/** The statements of a native scope, behind the cells and functions that its head makes. */
export function rewriteBody(code: Code, scope: Scope, body: readonly t.Statement[]): t.Statement[] {
	return [...makeNativeScope(code, scope), ...body.flatMap((node) => rewriteStatement(code, node))];
}

/** Cells of a native scope that must be there early, and its hoisted functions. */
export function makeNativeScope(code: Code, scope: Scope): t.Statement[] {
	if (code.plain) return [];
	const head: t.Statement[] = [];
	for (const binding of scope.bindings.values()) {
		if (binding.kind === 'param' || binding.kind === 'catch') continue;
		const storage = storageOf(code.unit, binding);
		// The `var` of ECMA-262 B.3.3 has no declaration of its own.
		const implied = binding.kind === 'var' && binding.declaration.type === 'FunctionDeclaration';
		if (implied && !storage.frame && !storage.cell) head.push(declare('var', id(storage.name), null));
		if (storage.frame || !storage.cell) continue;
		const parameter = parameterOfName(binding);
		const empty = parameter ? construct(helper('Cell'), [place(storageOf(code.unit, parameter))]) : atEntry(storage);
		if (empty) head.push(declare('const', id(storage.name), empty));
	}
	for (const node of scope.hoisted) {
		const binding = node.id && scope.bindings.get(node.id.name);
		if (binding) head.push(makeHoisted(code, scope, binding, node));
	}
	return head;
}

function makeHoisted(code: Code, scope: Scope, binding: Binding, node: t.FunctionDeclaration): t.Statement {
	const storage = storageOf(code.unit, binding);
	const value = closureOf(into(code, binding.name), node, binding.name);
	if (storage.cell) return statement(assign(place(storage), value));
	const functionLevel = scope.kind === 'function' || scope.kind === 'body';
	return declare(functionLevel ? 'var' : 'let', id(storage.name), value);
}

/** A fresh cell with the value of the last iteration (ECMA-262 CreatePerIterationEnvironment). */
export function renewCell(name: string): t.Expression {
	return assign(
		id(name),
		construct(helper('Cell'), [
			{ type: 'MemberExpression', object: id(name), property: id('v'), computed: false } as t.MemberExpression,
		]),
	);
}

/** Cells for the names of a head (a catch parameter, a for-of declaration), made before they are bound. */
export function emptyCells(code: Code, bindings: Iterable<Binding>): t.Statement[] {
	const cells: t.Statement[] = [];
	for (const binding of bindings) {
		const storage = storageOf(code.unit, binding);
		if (storage.cell) {
			const value = construct(helper('Cell'), [storage.tdz ? helper('TDZ') : nothing()]);
			cells.push(declare('const', id(storage.name), value));
		}
	}
	return cells;
}
